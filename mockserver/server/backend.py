"""The server's memory: in this process, or in a store that several workers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from msgspec import field

from mockserver.codec import json
from mockserver.control.cases.runs import CaseRuns, MemoryCaseRuns
from mockserver.engine.registry import LoadedVendor
from mockserver.installation import extra_command
from mockserver.journal.journal import CallCounters, Counters, EntryLog, MemoryEntryLog
from mockserver.model import Json, Value
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import MemoryUseTimes, Settings, UseTimes
from mockserver.sandbox.store import Store
from mockserver.server.listening import StartupError

if TYPE_CHECKING:
    from mockserver.redis_store.addresses import StoreAddress
    from mockserver.redis_store.sandbox_use import Group, OpenCalls


class InFlightCounts(Value, frozen=True):
    """Calls in flight at the beginning of a call."""

    in_flight: int
    """Number of calls of the tenant, including this call."""
    same_key_in_flight: int
    """Number of other calls with this call's idempotency key."""


class InFlight(Protocol):
    def track(self, groups: Sequence[Group]) -> AbstractContextManager[InFlightCounts]:
        """Return a context in which a call counts as in flight; `groups` is what `groups_of` returns."""
        ...

    def by_vendor(self, names: Iterable[str], sandbox: str = "") -> Mapping[str, int]:
        """Return the number of calls in flight of each vendor in the sandbox, or for "" in all sandboxes."""
        ...


class _Tracked:
    """Context of one call in flight. A generator as context would take twice as long for each call."""

    __slots__ = ("_groups", "_lock", "_open")

    def __init__(self, counts: dict[Group, int], lock: Lock, groups: Sequence[Group]) -> None:
        self._open, self._lock, self._groups = counts, lock, groups

    def __enter__(self) -> InFlightCounts:
        with self._lock:
            for group in self._groups:
                self._open[group] = self._open.get(group, 0) + 1
            same_key = self._open[self._groups[1]] - 1 if len(self._groups) > 1 else 0
            return InFlightCounts(self._open[self._groups[0]], same_key)

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            for group in self._groups:
                self._open[group] -= 1
                if not self._open[group]:
                    del self._open[group]


class InFlightCalls:
    """Counter of the calls in flight of each tenant and, within a tenant, of each idempotency key.

    The application may be called by several threads, each with an event loop of its own.
    """

    def __init__(self) -> None:
        self._open: dict[Group, int] = {}
        self._lock = Lock()

    def track(self, groups: Sequence[Group]) -> AbstractContextManager[InFlightCounts]:
        return _Tracked(self._open, self._lock, groups)

    def by_vendor(self, names: Iterable[str], sandbox: str = "") -> Mapping[str, int]:
        counts = Counter(dict.fromkeys(names, 0))
        with self._lock:
            open_calls = list(self._open.items())
        for (place, vendor, _, *key), count in open_calls:
            counts[vendor] += count if not key and sandbox in ("", place) else 0
        return counts


def groups_of(sandbox: str, served: LoadedVendor, headers: Mapping[str, str], target: str) -> list[Group]:
    """Return the groups that a call counts in: its tenant and, if it has an idempotency key, that key.

    Two calls have the same idempotency key only if their credentials and `target` (method and path) are equal
    too. A tenant in the query or the body is ignored.
    """
    group = (sandbox, served.name, headers.get(served.spec.tenant_key, ""))
    key = headers.get(served.spec.idempotency_header.lower())
    if not key:
        return [group]
    return [group, (*group, key, headers.get("authorization", ""), target)]


CallListener = Callable[[str, int], None]
"""Function that is called with a sandbox and the number of its newest entry."""


class Backend(Value, frozen=True):
    """The objects in which a server stores everything: in this process, or shared by several workers."""

    store: Store
    use_times: UseTimes = field(default_factory=MemoryUseTimes)
    entries: EntryLog = field(default_factory=MemoryEntryLog)
    counters: Counters = field(default_factory=CallCounters)
    in_flight: InFlight = field(default_factory=InFlightCalls)
    check: Callable[[], None] = lambda: None
    """Function that raises StoreUnavailableError while nothing can be stored; memory is always available."""
    follow: Callable[[CallListener], None] = lambda _listener: None
    """Function that adds a listener, called for each call that a worker of a shared store records."""
    case_runs: CaseRuns = field(default_factory=MemoryCaseRuns)
    keep_first: Callable[[bytes], bytes] = bytes
    """Function that stores the given settings if the store has none, and returns the stored settings."""


def memory_backend(clock: Clock = system_clock) -> Backend:
    return Backend(MemoryStore(clock))


def shared_backend(address: StoreAddress, clock: Clock = system_clock) -> Backend:
    """Return a backend in Redis or Valkey. Raises StartupError if the package redis is missing."""
    if find_spec("redis") is None:
        what = "--store needs the package redis, which speaks to Redis and Valkey"
        raise StartupError(what, "--store", extra_command("redis"))
    # Imported here, because redis-py is an extra, and takes a tenth of a second to import.
    from mockserver.redis_store.connection import RedisConnection  # noqa: PLC0415
    from mockserver.redis_store.journal import CallNews, RedisCaseRuns, RedisCounters, RedisEntryLog  # noqa: PLC0415
    from mockserver.redis_store.sandbox_use import OpenCalls, RedisUseTimes  # noqa: PLC0415
    from mockserver.redis_store.store import RedisStore  # noqa: PLC0415

    connection = RedisConnection(address)
    store = RedisStore(connection, clock)
    entries = RedisEntryLog(connection, store.names)
    return Backend(
        store,
        RedisUseTimes(connection, store.names),
        entries,
        RedisCounters(connection, store),
        SharedInFlightCalls(OpenCalls(connection, store.names)),
        connection.check,
        lambda listener: CallNews(connection, entries.channel, listener).start(),
        RedisCaseRuns(connection),
        partial(connection.keep_first, "settings"),
    )


class SharedInFlightCalls:
    def __init__(self, open_calls: OpenCalls) -> None:
        self._open_calls = open_calls

    @contextmanager
    def track(self, groups: Sequence[Group]) -> Iterator[InFlightCounts]:
        sandbox, vendor, _ = groups[0]
        call, (_of_vendor, in_flight, *same_key) = self._open_calls.enter(sandbox, [(vendor,), *groups])
        try:
            yield InFlightCounts(in_flight, same_key[0] - 1 if same_key else 0)
        finally:
            self._open_calls.leave(call)

    def by_vendor(self, names: Iterable[str], sandbox: str = "") -> Mapping[str, int]:
        return {name: self._open_calls.count((name,), sandbox) for name in names}


def check_settings(default: Settings, keep_first: Callable[[bytes], bytes], *, strict_auth: bool) -> None:
    """Compare own settings with the settings of the store's first server, which `keep_first` returns.

    Raises StartupError if the settings differ, because the answer to a call would depend on its worker.
    """
    own: Mapping[str, Json] = {
        "auth": "strict" if strict_auth else "lenient",
        "seed": default.seed,
        "freeze": default.frozen,
        "empty": "" if default.empty else None,
    }
    first: Mapping[str, Json] = json.decode(keep_first(json.encode(own)))
    names = [name for name in own if own[name] != first[name]]
    if names:
        what = f"the store was set up with {_flags(first, names)}; this server has {_flags(own, names)}"
        same = f"mockserver run {_flags(first, [name for name in own if first[name] is not None])}"
        other = "\n   or: mockserver run --store '…?prefix=NAME', for a state of its own"
        raise StartupError(f"{what}: servers that share a store have the same", "--store", same + other)


def _flags(settings: Mapping[str, Json], names: Iterable[str]) -> str:
    given = ((name, settings[name]) for name in names)
    return " ".join(f"no --{name}" if one is None else f"--{name} {one}".rstrip() for name, one in given)
