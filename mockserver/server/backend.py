"""What a server remembers, and where: in this process, or in a store that several workers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mockserver.control.cases.runs import CaseRuns, MemoryCaseRuns
from mockserver.journal.counters import CallCounters, Counters
from mockserver.journal.entry_log import EntryLog, MemoryEntryLog
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.sandbox.idle import MemoryUseTimes, UseTimes
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import Store
from mockserver.server.in_flight import InFlight, InFlightCalls
from mockserver.server.shared_in_flight import SharedInFlightCalls
from mockserver.server.startup_error import StartupError

if TYPE_CHECKING:
    from mockserver.redis_store.addresses import StoreAddress

CallListener = Callable[[str, int], None]
"""Function of a sandbox and the number of its newest entry."""


def _be_ready() -> None:
    """Be ready at all times."""


def _follow_nobody(_listener: CallListener) -> None:
    """Tell of nothing: there are no other workers."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything that a server remembers.

    `use_times` are those of the sandboxes by name, `case_runs` the runs of cases. `check` raises
    `StoreUnavailableError` while nothing can be stored. `follow` calls a function with the calls that other
    workers record. `keep_first` returns the settings of the first server on the store, or keeps what it gets.
    """

    store: Store
    use_times: UseTimes = field(default_factory=MemoryUseTimes)
    entries: EntryLog = field(default_factory=MemoryEntryLog)
    counters: Counters = field(default_factory=CallCounters)
    in_flight: InFlight = field(default_factory=InFlightCalls)
    check: Callable[[], None] = _be_ready
    follow: Callable[[CallListener], None] = _follow_nobody
    case_runs: CaseRuns = field(default_factory=MemoryCaseRuns)
    keep_first: Callable[[bytes], bytes] = bytes


def memory_backend(clock: Clock = system_clock) -> Backend:
    """Return a backend in the memory of this process."""
    return Backend(MemoryStore(clock))


def shared_backend(address: StoreAddress, clock: Clock = system_clock) -> Backend:
    """Return a backend in Redis or Valkey.

    Raises:
        StartupError: the extra `redis` is not installed.
        StoreUnavailableError: the store does not answer.
    """
    if find_spec("redis") is None:
        what = "--store needs the package redis, which speaks to Redis and Valkey"
        raise StartupError(what, "--store", "pip install '.[redis]' in the folder of the checkout")
    # Here, because redis-py is an extra, and takes a tenth of a second to import.
    from mockserver.redis_store.call_news import CallNews  # noqa: PLC0415
    from mockserver.redis_store.case_runs import RedisCaseRuns  # noqa: PLC0415
    from mockserver.redis_store.connection import RedisConnection  # noqa: PLC0415
    from mockserver.redis_store.counters import RedisCounters  # noqa: PLC0415
    from mockserver.redis_store.entry_log import RedisEntryLog  # noqa: PLC0415
    from mockserver.redis_store.open_calls import OpenCalls  # noqa: PLC0415
    from mockserver.redis_store.store import RedisStore  # noqa: PLC0415
    from mockserver.redis_store.use_times import RedisUseTimes  # noqa: PLC0415

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
