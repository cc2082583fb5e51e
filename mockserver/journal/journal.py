"""The journals of all sandboxes, a log of entries in memory, and counters per vendor."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Protocol, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.journal.entry import Entry, build_entry, cut_bodies, is_silent
from mockserver.model import WARNED, Answer, Call, Reply, Value

_MAX_VIOLATION = 1000
"""Maximum number of characters of a contract violation, which may quote whole items."""

Listener: TypeAlias = Callable[[Entry], None]
ConformanceCheck: TypeAlias = Callable[[Call, Reply], str]
"""Function that returns how a reply violates the spec, or "" if the reply conforms."""
DropListener: TypeAlias = Callable[[str, int], None]
"""Function that is called with a sandbox and the lowest number that its journal still has."""

_ITEMS, _RULES = "items:", "rules:"
MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES_OF_ALL = 30_000
MAX_BYTES_OF_ALL = 128 * 1024 * 1024


class Journal:
    """The journals of all sandboxes, stored in `kept`.

    Each new entry is passed to `listeners` and, unless its sandbox is `unlogged`, also to `log`.
    `on_drop` is called for each sandbox that lost entries. Entries larger than half of a sandbox's limit are
    truncated, so that one call cannot evict all other calls. `conformance` checks only answers that a rule
    has changed, and answers of a real server. `adds_headers` tells whether replies are sent with Mock-*
    headers.
    """

    def __init__(  # noqa: PLR0913 - set once, by name
        self,
        listeners: tuple[Listener, ...] = (),
        conformance: ConformanceCheck | None = None,
        log: tuple[Listener, ...] = (),
        on_drop: DropListener = lambda _sandbox, _first: None,
        kept: EntryLog | None = None,
        *,
        adds_headers: bool = True,
    ) -> None:
        self._listeners, self._log, self._conformance = listeners, log, conformance
        self._unlogged: set[str] = set()
        self._on_drop = on_drop
        self.kept = kept or MemoryEntryLog()
        self.adds_headers = adds_headers

    def use_conformance(self, check: ConformanceCheck) -> None:
        """Check answers with `check` from now on. Called after specs were loaded."""
        self._conformance = check

    def append(
        self, at: datetime, call: Call, answer: Answer, duration_ms: float, *, kept: bool = True
    ) -> int:
        """Record a call and return its number. If not `kept`, only call the listeners, and return 0."""
        entry = build_entry(0, at, call, answer, duration_ms)
        is_judged = bool(entry.applied or entry.forwarded_to) and not is_silent(entry.delivery)
        if self._conformance is not None and is_judged:
            entry = replace(entry, off_contract=_short(self._conformance(call, answer.reply)))
        size_bytes = entry.size_bytes
        most = self.kept.limits.size_bytes
        if size_bytes > most // 2:
            entry = cut_bodies(entry, most // 8)
            size_bytes = entry.size_bytes
        dropped: Mapping[str, int] = {}
        if kept:
            recorded = self.kept.keep(entry, size_bytes)
            entry, dropped = recorded.entry, recorded.dropped
        log = () if call.sandbox in self._unlogged else self._log
        for listener in (*self._listeners, *log):
            listener(entry)
        for sandbox, first in dropped.items():
            self._on_drop(sandbox, first)
        return entry.number

    @contextmanager
    def unlogged(self, sandbox: str) -> Iterator[None]:
        """Return a context in which the calls to `sandbox`, sent by this server itself, are not logged."""
        self._unlogged.add(sandbox)
        try:
            yield
        finally:
            self._unlogged.discard(sandbox)

    def clear(self, sandbox: str) -> None:
        self._on_drop(sandbox, self.kept.clear(sandbox))


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VIOLATION else f"{text[:_MAX_VIOLATION]}…"


class Limits(Value, frozen=True):
    """Maximum number and size of the entries, in one sandbox and in all sandboxes together."""

    entries: int = MAX_ENTRIES
    size_bytes: int = MAX_BYTES
    entries_of_all: int = MAX_ENTRIES_OF_ALL
    size_bytes_of_all: int = MAX_BYTES_OF_ALL


DEFAULT_LIMITS = Limits()


class Kept(Value, frozen=True):
    """Result of storing an entry."""

    entry: Entry
    """The entry with its number, or with number 0 if it is not stored."""
    dropped: Mapping[str, int] = {}
    """For each sandbox that lost entries, the lowest number that is still stored."""


class EntryLog(Protocol):
    """The newest entries of each sandbox, by number."""

    @property
    def limits(self) -> Limits: ...

    def keep(self, entry: Entry, size_bytes: int) -> Kept:
        """Give the entry the next number of its sandbox, and store the entry."""
        ...

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """Return the newest `last` entries of a sandbox, or all if `last` is None; oldest first."""
        ...

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """Return one entry by its number; None if the entry does not exist or was dropped."""
        ...

    def last_number(self, sandbox: str) -> int:
        """Return the number of the newest entry, even if it was deleted; 0 if there never was an entry."""
        ...

    def size(self) -> int: ...

    def dropped(self, sandbox: str) -> int:
        """Return how many entries of a sandbox were dropped since it was last cleared."""
        ...

    def clear(self, sandbox: str) -> int:
        """Delete a sandbox's entries, and return the number that the next entry will have."""
        ...

    def forget(self, sandbox: str) -> None:
        """Delete a sandbox's entries and restart its numbers."""
        ...


class _SandboxJournal(Struct):
    sandbox: str
    entries: deque[Entry] = field(default_factory=deque)
    last: int = 0
    size_bytes: int = 0
    dropped: int = 0

    @property
    def first(self) -> int:
        """Return the number of the oldest entry, or the next number if there is no entry."""
        return self.entries[0].number if self.entries else self.last + 1


class MemoryEntryLog:
    """The entries of one process.

    If a sandbox exceeds its limits, its oldest entries are dropped. If all sandboxes together exceed their
    limits, the oldest entries of all are dropped.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._journals: dict[str, _SandboxJournal] = {}
        self._arrivals: OrderedDict[tuple[str, int], _SandboxJournal] = OrderedDict()
        self._size_bytes = 0
        self._lock = Lock()

    def keep(self, entry: Entry, size_bytes: int) -> Kept:
        sandbox = entry.call.sandbox
        with self._lock:
            journal = self._journals.get(sandbox) or self._open(sandbox)
            journal.last += 1
            entry = replace(entry, number=journal.last)
            return Kept(entry, self._append(journal, entry, size_bytes))

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        with self._lock:
            journal = self._journals.get(sandbox)
            entries = list(journal.entries) if journal else []
        return entries if last is None else entries[-last:] if last else []

    def entry(self, sandbox: str, number: int) -> Entry | None:
        with self._lock:
            journal = self._journals.get(sandbox)
            if journal is None or not journal.entries:
                return None
            place = number - journal.entries[0].number
            return journal.entries[place] if 0 <= place < len(journal.entries) else None

    def last_number(self, sandbox: str) -> int:
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.last if journal else 0

    def size(self) -> int:
        with self._lock:
            return len(self._arrivals)

    def dropped(self, sandbox: str) -> int:
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.dropped if journal else 0

    def clear(self, sandbox: str) -> int:
        with self._lock:
            journal = self._journals.get(sandbox)
            if journal is None:
                return 1
            self._drop_all(journal)
            return journal.first

    def forget(self, sandbox: str) -> None:
        with self._lock:
            if journal := self._journals.pop(sandbox, None):
                self._drop_all(journal)

    def _open(self, sandbox: str) -> _SandboxJournal:
        journal = self._journals[sandbox] = _SandboxJournal(sandbox)
        return journal

    def _append(self, journal: _SandboxJournal, entry: Entry, size_bytes: int) -> dict[str, int]:
        """Add the entry. Return for each sandbox that lost entries the lowest number that is still stored."""
        journal.entries.append(entry)
        journal.size_bytes += size_bytes
        self._size_bytes += size_bytes
        self._arrivals[journal.sandbox, entry.number] = journal
        limits = self.limits
        dropped: dict[str, int] = {}
        while len(journal.entries) > limits.entries or (
            journal.size_bytes > limits.size_bytes and len(journal.entries) > 1
        ):
            dropped[journal.sandbox] = self._drop_first(journal)
        while len(self._arrivals) > limits.entries_of_all or (
            self._size_bytes > limits.size_bytes_of_all and len(self._arrivals) > 1
        ):
            oldest = next(iter(self._arrivals.values()))
            dropped[oldest.sandbox] = self._drop_first(oldest)
        return dropped

    def _drop_first(self, journal: _SandboxJournal) -> int:
        entry = journal.entries.popleft()
        size_bytes = entry.size_bytes
        journal.size_bytes -= size_bytes
        self._size_bytes -= size_bytes
        journal.dropped += 1
        del self._arrivals[journal.sandbox, entry.number]
        return journal.first

    def _drop_all(self, journal: _SandboxJournal) -> None:
        for entry in journal.entries:
            del self._arrivals[journal.sandbox, entry.number]
        self._size_bytes -= journal.size_bytes
        journal.entries.clear()
        journal.size_bytes = journal.dropped = 0


class VendorCounts(Value, frozen=True):
    """Counts of one vendor."""

    calls: int = 0
    faults: int = 0
    """Number of calls with a transport fault."""
    items: Mapping[str, int] = {}
    """Number of items by outcome."""
    rules: Mapping[str, int] = {}
    """Number of calls by the rule that hit, `scenario/rule`."""

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> VendorCounts:
        """Return an object with the sums in `counts`, which has the names that `counts_of` returns."""
        items, rules = (
            {name.removeprefix(kind): count for name, count in counts.items() if name.startswith(kind)}
            for kind in (_ITEMS, _RULES)
        )
        return cls(counts.get("calls", 0), counts.get("faults", 0), items, rules)


class StoreCounts(Value, frozen=True):
    """Counts of the transactions in a shared store."""

    transactions: int = 0
    conflicts: int = 0
    """How often a transaction was repeated because another worker had changed the sandbox."""
    seconds: float = 0
    """Sum of the times of all transactions."""


class Counters(Protocol):
    """Listener of the journal that counts every call."""

    def __call__(self, entry: Entry) -> None: ...

    def of(self, vendor: str) -> VendorCounts: ...

    def of_store(self) -> StoreCounts | None: ...


def counts_of(entry: Entry) -> dict[str, int]:
    """Return the counts of one call: `calls`, `faults`, `items:OUTCOME` and `rules:SCENARIO/RULE`."""
    decided = entry.decided
    counts = {"calls": 1, "faults": int(entry.fault != "")}
    for outcome, count in decided.counts.items():
        counts[_ITEMS + outcome] = count
    if decided.warnings:
        counts[_ITEMS + WARNED] = len(decided.warnings)
    for rule in entry.applied:
        counts[_RULES + rule] = 1
    return counts


class CallCounters:
    """The counts of one process."""

    def __init__(self) -> None:
        self._counts = defaultdict[str, Counter[str]](Counter)
        self._lock = Lock()

    def __call__(self, entry: Entry) -> None:
        with self._lock:
            known = self._counts[entry.call.vendor]
            for name, count in counts_of(entry).items():
                known[name] += count

    def of(self, vendor: str) -> VendorCounts:
        with self._lock:
            return VendorCounts.of(self._counts[vendor])

    def of_store(self) -> StoreCounts | None:
        return None
