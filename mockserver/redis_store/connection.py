"""Connection to Redis or Valkey, with scripts, short retries and a circuit breaker."""

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
from mockserver.redis_store.keys import SandboxKeys, common_key, sandbox_keys

T = TypeVar("T")

CALL_S = 3.0
"""Maximum time of one wait; inside `waits(shared=True)`, of all waits together."""

PATIENCE_S = 0.5
"""Time since the first attempt during which a failed request is sent again."""

BREAK_S = 0.2
"""Time after a failure in which requests fail immediately, so that calls do not wait one after another."""

_PAUSE_S = 0.02
_CLOCK_S = 10.0
"""Time for which a measured difference between the clocks of worker and Redis is used."""

FAILURES = (RedisError, RedisClusterException)
"""All errors of Redis; each of them means that the store is unavailable."""


class _Waits(local):
    """The waits of the current thread."""

    left_s: float | None = None
    """Seconds that the current call may still wait; None if each wait has its own time."""
    until = 0.0
    """End of the newest wait, by `monotonic`."""


class RedisConnection:
    """The connection of one worker to the store; each request blocks for a short time only."""

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        self._scripts: dict[str, Any] = {}
        self._blocked_until, self._reason = 0.0, ""
        self._waits = _Waits()
        self._clocks: dict[Any, tuple[float, float]] = {}

    def key(self, name: str) -> str:
        return common_key(self.address.prefix, name)

    def sandbox_keys(self, sandbox: str) -> SandboxKeys:
        return sandbox_keys(self.address.prefix, sandbox)

    def script(self, name: str, keys: Sequence[str], *arguments: str | bytes | float) -> Any:
        """Run a script of this package. If an answer is lost, run the script again.

        Raises StoreUnavailableError if no answer comes in time; then the script does not run later either.
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
        """Return a context that limits waits to CALL_S: all waits together if `shared`, else each wait."""
        outer, self._waits.left_s = self._waits.left_s, CALL_S if shared else None
        try:
            yield
        finally:
            self._waits.left_s = outer

    def ask(self, work: Callable[[Any], T]) -> T:
        """Run `work` with the client, and again after a failure; so `work` must not increment counters.

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
        """Let `work` fill a pipeline, and send the pipeline once, so that `work` may increment counters.

        Raises StoreUnavailableError.
        """
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
        """Store the value unless another value is already stored; return the stored value."""
        key = self.key(name)
        self.ask(lambda client: client.set(key, value, nx=True))
        return self.ask(lambda client: client.get(key)) or value

    def close(self) -> None:
        self._client.close()

    @cached_property
    def _client(self) -> Any:
        """Return the client. It is created on first use, because creating a cluster's client calls Redis."""
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
        """Return the end of the wait by the clock of the Redis server that has the key, or slightly earlier.

        Redis reads its clock before its answer arrives, so the measured difference of clocks is too small.
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
        """Refuse all requests for BREAK_S, and return the reason."""
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
