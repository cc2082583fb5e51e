"""Connection to Redis or Valkey: scripts with short retries, and a breaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from threading import local
from time import monotonic, sleep
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.addresses import StoreAddress
from mockserver.redis_store.keys import common_key

T = TypeVar("T")

CALL_S = 3.0
"""For how long one wait may last, or those of a call together: none begins later."""

PATIENCE_S = 0.5
"""For how long is sent again what Redis cannot take, or loses."""

BREAK_S = 0.2
"""For how long nobody asks after that, so that calls that wait do not wait for one another."""

_PAUSE_S = 0.02
_CLOCK_S = 10.0
"""For how long the difference between the clocks of a worker and of Redis counts as known."""

FAILURES = (RedisError, RedisClusterException)
"""Whatever Redis answers instead of doing what it was asked: a call can be served by nobody else."""


class _Waits(local):
    """The remaining wait of this thread's call, None for no call; and the end of the last wait."""

    left_s: float | None = None
    until = 0.0


class RedisConnection:
    """The connection of one worker to the store; calls block for a short time at most."""

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        self._scripts: dict[str, Any] = {}
        self._blocked_until, self._reason = 0.0, ""
        self._waits = _Waits()
        self._clocks: dict[Any, tuple[float, float]] = {}

    def key(self, name: str) -> str:
        return common_key(self.address.prefix, name)

    def script(self, name: str, keys: Sequence[str], *arguments: str | bytes | float) -> Any:
        """Run a script of this package; it may run twice, if the first answer is lost.

        Raises StoreUnavailableError: without an answer the script does not run any more.
        """

        def run(client: Any) -> Any:
            script = self._scripts.get(name)
            if script is None:
                folder = files(__package__) / "scripts"
                text = "".join((folder / f"{part}.lua").read_text("utf-8") for part in ("deadline", name))
                script = self._scripts[name] = client.register_script(text)
            return script(list(keys), [*arguments, self._deadline(keys[0])])

        return self.ask(run)

    @contextmanager
    def waits(self, *, shared: bool) -> Iterator[None]:
        """Share the waiting time of one call among all waits in this context; without it each has its own."""
        outer, self._waits.left_s = self._waits.left_s, CALL_S if shared else None
        try:
            yield
        finally:
            self._waits.left_s = outer

    def ask(self, work: Callable[[Any], T]) -> T:
        """Run `work` with the client; it may run twice, so it must not count.

        Raises StoreUnavailableError.
        """
        self._refuse_while_blocked()
        waits, began = self._waits, monotonic()
        left_s = CALL_S if waits.left_s is None else waits.left_s
        if left_s <= 0:
            raise StoreUnavailableError(f"{self.address.shown} has taken {CALL_S:.0f} s to answer one call")
        waits.until = began + left_s
        try:
            return self._send_again(work, min(began + PATIENCE_S, waits.until))
        finally:
            if waits.left_s is not None:
                waits.left_s -= monotonic() - began

    def once(self, work: Callable[[Any], object]) -> list[Any]:
        """Let `work` fill a pipeline, and send it once, so it may count. Raises StoreUnavailableError."""
        self._refuse_while_blocked()
        try:
            pipeline = self._client.pipeline(transaction=False)
            work(pipeline)
            answers: list[Any] = pipeline.execute()
        except FAILURES as error:
            raise StoreUnavailableError(self._block(error)) from None
        return answers

    @contextmanager
    def subscribed(self, channel: str) -> Iterator[Any]:
        messages = self._client.pubsub()
        try:
            messages.subscribe(channel)
            yield messages
        finally:
            messages.close()

    def check(self) -> None:
        self.ask(lambda client: client.set(self.key("probe"), 1, px=60_000))

    def keep_first(self, name: str, value: bytes) -> bytes:
        """Store a value unless there is one; return the stored one."""
        key = self.key(name)
        self.ask(lambda client: client.set(key, value, nx=True))
        return self.ask(lambda client: client.get(key)) or value

    def close(self) -> None:
        self._client.close()

    @cached_property
    def _client(self) -> Any:
        """The client, made at first use: that of a cluster calls it at once."""
        return _open(self.address)

    def _send_again(self, work: Callable[[Any], T], until: float) -> T:
        while True:
            try:
                return work(self._client)
            except FAILURES as error:
                self._clocks.clear()
                if monotonic() >= until:
                    raise StoreUnavailableError(self._block(error)) from None
            sleep(_PAUSE_S)

    def _deadline(self, key: str) -> float:
        """End of the wait, by the clock of the Redis with the key, or a little sooner.

        Redis has read its clock before its answer came, so the difference is rather too small.
        """
        node = self._client.get_node_from_key(key) if self.address.is_cluster else None
        ahead_s, read = self._clocks.get(node, (0.0, float("-inf")))
        if monotonic() - read > _CLOCK_S:
            seconds, microseconds = self._client.time(**({"target_nodes": node} if node else {}))
            read = monotonic()
            ahead_s = seconds + microseconds / 1_000_000 - read
            self._clocks[node] = ahead_s, read
        return self._waits.until + ahead_s

    def _refuse_while_blocked(self) -> None:
        if monotonic() < self._blocked_until:
            raise StoreUnavailableError(self._reason)

    def _block(self, error: Exception) -> str:
        """Block all requests for a while, and return the reason."""
        self._reason = f"{self.address.shown} does not answer: {str(error) or type(error).__name__}"
        self._blocked_until = monotonic() + BREAK_S
        return self._reason


def _open(address: StoreAddress) -> Any:
    never_again: Any = Retry(NoBackoff(), 0)
    settings: dict[str, Any] = {
        "retry": never_again,
        "socket_timeout": CALL_S,
        "socket_connect_timeout": PATIENCE_S,
        "protocol": 2,
    }
    if address.is_cluster:
        return RedisCluster.from_url(address.url, **settings)
    if address.sentinels:
        alone = Redis.from_url(address.url, **settings)
        wanted = alone.connection_pool.connection_kwargs
        known = {name: wanted[name] for name in ("username", "password", "db") if wanted.get(name)}
        behind: Any = Sentinel
        return behind(address.sentinels, sentinel_kwargs=settings, **settings, **known).master_for(
            address.master
        )
    return Redis.from_url(address.url, **settings)
