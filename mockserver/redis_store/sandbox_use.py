"""Use of sandboxes by all workers: the time of the last call, and calls that are open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from threading import Lock, Thread
from time import sleep
from typing import Any, TypeAlias

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store.connection import RedisConnection

_FRESH = timedelta(seconds=1)
"""Time in which a worker reports the use of a sandbox only once."""

LEASE_MS = 2000
"""Time after which a call counts as ended if its worker does not renew the lease."""

RENEW_S = 0.5
"""Time between two renewals. A worker may miss three renewals before its calls count as ended."""


class RedisUseTimes:
    """`UseTimes` in Redis, in the lists of sandboxes; `names` returns the names of all sandboxes.

    `RedisStore` adds sandboxes to the lists and removes them, so `add` and `remove` do not change Redis. A
    worker remembers when it last reported the use of a sandbox, so that not every call asks Redis.
    """

    def __init__(self, connection: RedisConnection, names: Callable[[], list[str]]) -> None:
        self._connection, self.names = connection, names
        self._told: dict[str, datetime] = {}

    def add(self, name: str, used: datetime) -> bool:
        self._told[name] = used
        return True

    def touch(self, name: str, used: datetime) -> None:
        told = self._told.get(name)
        if told is not None and used - told < _FRESH:
            return
        if self._connection.script(
            "sandbox", self._connection.sandbox_keys(name), "touch", name, used.isoformat()
        ):
            self._told[name] = used
        else:
            self.remove(name)

    def remove(self, name: str) -> None:
        self._told.pop(name, None)

    def find(self, name: str) -> datetime | None:
        key = self._connection.sandbox_keys(name).sandboxes
        found = self._connection.ask(lambda client: client.hget(key, name))
        return None if found is None else datetime.fromisoformat(found.decode())

    def has(self, name: str) -> bool:
        """Return whether this worker remembers a use of the sandbox, or Redis answers and has the sandbox."""
        if name in self._told:
            return True
        try:
            return self.find(name) is not None
        except StoreUnavailableError:
            return False


Group: TypeAlias = tuple[str, ...]
"""Values that all calls of a group share, in one of three forms.

The forms are (vendor), (sandbox, vendor, tenant), and (sandbox, vendor, tenant, idempotency key, credentials,
method and path).
"""


class OpenCalls:
    """The open calls of all workers; `names` returns the names of the sandboxes.

    While Redis does not answer, each call counts as the only open call. A thread renews the leases, so that
    no lease ends because the event loop is busy. Leases only show which calls run at the same time. Two calls
    with the same idempotency key are stored once even without leases: the transaction looks up the key.
    """

    def __init__(self, connection: RedisConnection, names: Callable[[], list[str]]) -> None:
        self._connection, self._names = connection, names
        self._open: dict[str, str] = {}
        self._ended: dict[str, str] = {}
        self._lock = Lock()
        self._is_renewing = False

    def enter(self, sandbox: str, groups: Sequence[Group]) -> tuple[str, Sequence[int]]:
        """Count a call in each group. Return the call's name and each group's new number of open calls."""
        key, words = self._connection.sandbox_keys(sandbox).open, [_word(group) for group in groups]
        call = " ".join((token_hex(8), *words, ""))
        try:
            counts = self._connection.script("open_calls", [key], "enter", call, LEASE_MS, *words)
        except StoreUnavailableError:
            return call, [1 for _ in groups]
        with self._lock:
            self._open[call] = key
            if not self._is_renewing:
                self._is_renewing = True
                Thread(target=self._renew_while_open, name="open-calls", daemon=True).start()
        return call, counts

    def leave(self, call: str) -> None:
        """End a call. If Redis does not answer now, report the end later."""
        with self._lock:
            if call in self._open:
                self._ended[call] = self._open.pop(call)
        self._tell_ends()

    def count(self, group: Group, sandbox: str = "") -> int:
        """Return the number of open calls of a group in the sandbox, or for "" in all sandboxes."""
        names, word = [sandbox] if sandbox else self._names(), _word(group)
        keys = map(self._connection.sandbox_keys, names)
        return sum(self._connection.script("open_calls", [key.open], "count", word)[0] for key in keys)

    def renew(self) -> None:
        """Report the ends of calls that Redis does not know yet, and renew the leases of the open calls.

        Raises StoreUnavailableError.
        """
        self._tell_ends()
        with self._lock:
            open_calls = list(self._open.items())
        for key in {key for _, key in open_calls}:
            own = [call for call, of in open_calls if of == key]
            self._connection.script("open_calls", [key], "renew", LEASE_MS, *own)

    def _renew_while_open(self) -> None:
        goes_on = True
        while goes_on:
            sleep(RENEW_S)
            with suppress(StoreUnavailableError):
                self.renew()
            with self._lock:
                goes_on = self._is_renewing = bool(self._open or self._ended)

    def _tell_ends(self) -> None:
        with self._lock:
            ended = list(self._ended.items())

        def end(pipeline: Any) -> None:
            for call, key in ended:
                pipeline.zrem(key, call)

        with suppress(StoreUnavailableError):
            self._connection.once(end)
            with self._lock:
                for call, _ in ended:
                    self._ended.pop(call, None)


def _word(group: Group) -> str:
    return sha256("\0".join(group).encode("utf-8", "surrogateescape")).hexdigest()[:32]
