"""Turns of workers that write to the same sandbox, handed from one to the next in the order of waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from secrets import token_hex
from time import monotonic
from types import TracebackType
from typing import Any, Self

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import SandboxKeys

LEASE_MS = 2000
"""For how long a turn lasts at most; it ends sooner, but for a worker that was killed."""

WAIT_MS = 80
"""For how long a worker waits before it asks again whether the turn is free."""

PATIENCE_S = 5.0

_BUSY = b"busy"


class Turn:
    """A worker's turn to write to a sandbox, once it has taken it; it ends with the context.

    If Redis is lost, it stays this worker's for the rest of its time, and the next context begins with it.
    """

    def __init__(self, connection: RedisConnection, keys: SandboxKeys) -> None:
        self._connection, self._keys = connection, keys
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.token and not isinstance(error, StoreUnavailableError):
            with self._connection.waits(shared=False):
                self._connection.script("sandbox", self._keys, "release", self.token, token_hex(8))
            self.hand_over()

    def take(self, begin: Callable[[str, str], Sequence[Any]]) -> Sequence[Any]:
        """Wait for the turn, or keep it for longer, and return what `begin` says of the sandbox then.

        `begin` gets the token of the turn, and the one that was waited with; it begins its answer with `busy`
        if the turn is over already.

        Raises:
            StoreUnavailableError: others had it all the time, or the store does not answer.
        """
        began, answer = monotonic(), (begin(self.token, "") if self.token else [_BUSY])
        while answer[0] == _BUSY and monotonic() - began < PATIENCE_S:
            asked = self.token = token_hex(8)
            if not self._connection.script("sandbox", self._keys, "acquire", asked, WAIT_MS, LEASE_MS):
                given = self._connection.ask(lambda client: client.blpop(self._keys.wake, WAIT_MS / 1000))
                self.token = given[1].decode() if given else ""
            answer = begin(self.token, asked)
        if answer[0] != _BUSY:
            return answer
        raise StoreUnavailableError(f"other workers have been writing to the sandbox for {PATIENCE_S:.0f} s")

    def hand_over(self) -> None:
        """Note that the turn is over."""
        self.token = ""
