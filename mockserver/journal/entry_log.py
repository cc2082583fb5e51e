"""Log of entries, and the one in memory: within limits of number and size of each sandbox and of all."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from msgspec.structs import replace

from mockserver.journal.entry import Entry
from mockserver.model import Value

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES_OF_ALL = 30_000
MAX_BYTES_OF_ALL = 128 * 1024 * 1024


class Limits(Value, frozen=True):
    """Limits of number and size, for the entries of each sandbox and for those of all sandboxes."""

    entries: int = MAX_ENTRIES
    size_bytes: int = MAX_BYTES
    entries_of_all: int = MAX_ENTRIES_OF_ALL
    size_bytes_of_all: int = MAX_BYTES_OF_ALL


DEFAULT_LIMITS = Limits()


class Kept(Value, frozen=True):
    """An entry with its number, 0 if it is not kept; `dropped` has the first number of what is still kept.

    It does so for each sandbox whose oldest entries had to go.
    """

    entry: Entry
    dropped: Mapping[str, int] = {}


class EntryLog(Protocol):
    """The newest entries of each sandbox, by number."""

    @property
    def limits(self) -> Limits:
        """How many entries are kept, and of what size."""
        ...

    def keep(self, entry: Entry, size_bytes: int) -> Kept:
        """Give the entry the next number of its sandbox, and keep it."""
        ...

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """Return the newest `last` entries of a sandbox (None: all), oldest first."""
        ...

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """Return one entry by its number; None if it does not exist or was dropped."""
        ...

    def last_number(self, sandbox: str) -> int:
        """Return the number of the newest entry, 0 if there was none."""
        ...

    def size(self) -> int:
        """Return the number of entries of all sandboxes."""
        ...

    def dropped(self, sandbox: str) -> int:
        """Return how many entries of a sandbox were dropped since it was last cleared."""
        ...

    def clear(self, sandbox: str) -> int:
        """Delete a sandbox's entries, and return the number that comes next."""
        ...

    def forget(self, sandbox: str) -> None:
        """Delete a sandbox's entries and restart its numbers."""
        ...


@dataclass(slots=True)
class _SandboxJournal:
    """Entries of one sandbox; `dropped` counts those that were removed because of the limits."""

    sandbox: str
    entries: deque[Entry] = field(default_factory=deque)
    last: int = 0
    size_bytes: int = 0
    dropped: int = 0

    @property
    def first(self) -> int:
        """The number of the oldest entry; of the next one if there is none."""
        return self.entries[0].number if self.entries else self.last + 1


class MemoryEntryLog:
    """The entries of one process.

    If a sandbox exceeds its limits, its oldest entries are dropped; if all sandboxes together exceed theirs,
    the oldest entries of any.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._journals: dict[str, _SandboxJournal] = {}
        self._arrivals: OrderedDict[tuple[str, int], _SandboxJournal] = OrderedDict()
        self._size_bytes = 0
        self._lock = Lock()

    def keep(self, entry: Entry, size_bytes: int) -> Kept:
        """See `EntryLog.keep`."""
        sandbox = entry.call.sandbox
        with self._lock:
            journal = self._journals.get(sandbox) or self._open(sandbox)
            journal.last += 1
            entry = replace(entry, number=journal.last)
            return Kept(entry, self._append(journal, entry, size_bytes))

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """See `EntryLog.entries`."""
        with self._lock:
            journal = self._journals.get(sandbox)
            entries = list(journal.entries) if journal else []
        return entries if last is None else entries[-last:] if last else []

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """See `EntryLog.entry`."""
        with self._lock:
            journal = self._journals.get(sandbox)
            if journal is None or not journal.entries:
                return None
            place = number - journal.entries[0].number
            return journal.entries[place] if 0 <= place < len(journal.entries) else None

    def last_number(self, sandbox: str) -> int:
        """See `EntryLog.last_number`."""
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.last if journal else 0

    def size(self) -> int:
        """See `EntryLog.size`."""
        with self._lock:
            return len(self._arrivals)

    def dropped(self, sandbox: str) -> int:
        """See `EntryLog.dropped`."""
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.dropped if journal else 0

    def clear(self, sandbox: str) -> int:
        """See `EntryLog.clear`."""
        with self._lock:
            journal = self._journals.get(sandbox)
            if journal is None:
                return 1
            self._drop_all(journal)
            return journal.first

    def forget(self, sandbox: str) -> None:
        """See `EntryLog.forget`."""
        with self._lock:
            if journal := self._journals.pop(sandbox, None):
                self._drop_all(journal)

    def _open(self, sandbox: str) -> _SandboxJournal:
        journal = self._journals[sandbox] = _SandboxJournal(sandbox)
        return journal

    def _append(self, journal: _SandboxJournal, entry: Entry, size_bytes: int) -> dict[str, int]:
        """Add the entry, and return the first number that is still kept in each sandbox that lost entries."""
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
