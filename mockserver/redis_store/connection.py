"""Connection to Redis or Valkey: scripts that are sent again within a short patience, and a breaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from time import monotonic, sleep
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import (
    ClusterDownError,
    ClusterError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import TimeoutError as NoAnswerError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.addresses import StoreAddress
from mockserver.redis_store.keys import common_key

T = TypeVar("T")

PATIENCE_S = 0.5
"""For how long a call is sent again before it counts as unanswered."""

BREAK_S = 0.2
"""For how long nobody asks after that, so that calls that wait do not wait for one another."""

_PAUSE_S = 0.02
_ANSWER_S = 1.0
_PASSING = (
    LostConnectionError,
    NoAnswerError,
    ReadOnlyError,
    OutOfMemoryError,
    ClusterDownError,
    ClusterError,
    TryAgainError,
    MasterNotFoundError,
)
_PASSING_WORDS = ("OOM", "MISCONF", "MASTERDOWN", "LOADING", "READONLY", "NOREPLICAS", "BUSY")
"""How answers begin that say the server can do nothing now; redis-py has no class for some of them."""


class RedisConnection:
    """The connection of one worker to the store; calls block, and never for long."""

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        self._client = _open(address)
        self._scripts: dict[str, Any] = {}
        self._blocked_until, self._reason = 0.0, ""

    def key(self, name: str) -> str:
        """Return the key of something that belongs to no sandbox."""
        return common_key(self.address.prefix, name)

    def script(self, name: str, keys: Sequence[str], *arguments: str | bytes | float) -> Any:
        """Run a script of this package; it may run twice, if the first answer is lost.

        Raises:
            StoreUnavailableError: there is no answer.
        """
        script = self._scripts.get(name)
        if script is None:
            text = (files(__package__) / "scripts" / f"{name}.lua").read_text("utf-8")
            script = self._scripts[name] = self._client.register_script(text)
        return self.ask(lambda _client: script(keys=list(keys), args=list(arguments)))

    def ask(self, work: Callable[[Any], T]) -> T:
        """Run `work` with the client; it may run twice, so it must not count anything.

        Raises:
            StoreUnavailableError: there is no answer.
        """
        self._refuse_while_blocked()
        began = monotonic()
        while True:
            try:
                return work(self._client)
            except RedisError as error:
                if not _is_passing(error):
                    raise
                if monotonic() - began >= PATIENCE_S:
                    raise StoreUnavailableError(self._block(error)) from None
            sleep(_PAUSE_S)

    def once(self, work: Callable[[Any], object]) -> list[Any]:
        """Let `work` fill a pipeline, and send it; it is not sent again, so it may count.

        Raises:
            StoreUnavailableError: there is no answer.
        """
        self._refuse_while_blocked()
        pipeline = self._client.pipeline(transaction=False)
        work(pipeline)
        try:
            answers: list[Any] = pipeline.execute()
        except RedisError as error:
            if not _is_passing(error):
                raise
            raise StoreUnavailableError(self._block(error)) from None
        return answers

    @contextmanager
    def subscribed(self, channel: str) -> Iterator[Any]:
        """Open a subscription of its own to a channel."""
        messages = self._client.pubsub()
        try:
            messages.subscribe(channel)
            yield messages
        finally:
            messages.close()

    def check(self) -> None:
        """See whether the store can be written to.

        Raises:
            StoreUnavailableError: it cannot.
        """
        self.ask(lambda client: client.set(self.key("probe"), 1, px=60_000))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _refuse_while_blocked(self) -> None:
        if monotonic() < self._blocked_until:
            raise StoreUnavailableError(self._reason)

    def _block(self, error: RedisError) -> str:
        """Let nobody ask for a while, and return why."""
        self._reason = f"{self.address.shown} does not answer: {str(error) or type(error).__name__}"
        self._blocked_until = monotonic() + BREAK_S
        return self._reason


def _is_passing(error: RedisError) -> bool:
    """Whether the server may answer a little later."""
    return isinstance(error, _PASSING) or (
        isinstance(error, ResponseError) and str(error).startswith(_PASSING_WORDS)
    )


def _open(address: StoreAddress) -> Any:
    never_again: Any = Retry(NoBackoff(), 0)
    settings: dict[str, Any] = {
        "retry": never_again,
        "socket_timeout": _ANSWER_S,
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
