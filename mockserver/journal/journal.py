"""Record every call of every sandbox, within limits of number and size."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.journal.entry import Entry, build_entry, cut_bodies, is_silent
from mockserver.model import Answer, Call, Reply

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024

_MAX_VIOLATION = 1000
"""Limit of characters of a contract violation, which may quote whole items."""

Listener: TypeAlias = Callable[[Entry], None]
ConformanceCheck: TypeAlias = Callable[[Call, Reply], str]
"""Function that returns how a reply violates the spec, "" if it does not."""


@dataclass(slots=True)
class _SandboxJournal:
    """Entries of one sandbox; `dropped` counts those that were removed because of the limits."""

    entries: deque[Entry] = field(default_factory=deque)
    last: int = 0
    size_bytes: int = 0
    dropped: int = 0


class Journal:
    """The journals of all sandboxes; `listeners` are called with each new entry.

    `log` are listeners too; they are not called with the entries of sandboxes that are `unlogged`.
    If a sandbox exceeds `max_entries` or `max_bytes`, its oldest entries are dropped. Entries larger than
    half of `max_bytes` are truncated, so that no single call evicts all others. `conformance` checks only
    answers that a rule has changed.
    """

    def __init__(
        self,
        listeners: tuple[Listener, ...] = (),
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        conformance: ConformanceCheck | None = None,
        log: tuple[Listener, ...] = (),
    ) -> None:
        self._listeners, self._log, self._conformance = listeners, log, conformance
        self._unlogged: set[str] = set()
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._journals: defaultdict[str, _SandboxJournal] = defaultdict(_SandboxJournal)
        self._lock = Lock()

    def use_conformance(self, check: ConformanceCheck) -> None:
        """Check answers with `check` from now on: the specs were reloaded."""
        self._conformance = check

    def append(
        self, at: datetime, call: Call, answer: Answer, duration_ms: float, *, kept: bool = True
    ) -> int:
        """Record a call and return its number; a call that is not `kept` only reaches the listeners, as 0."""
        entry = build_entry(0, at, call, answer, duration_ms)
        if self._conformance is not None and entry.applied and not is_silent(entry.delivery):
            entry = replace(entry, off_contract=_short(self._conformance(call, answer.reply)))
        if entry.size_bytes > self._max_bytes // 2:
            entry = cut_bodies(entry, self._max_bytes // 8)
        if kept:
            with self._lock:
                journal = self._journals[call.sandbox]
                journal.last += 1
                entry = replace(entry, number=journal.last)
                self._append(journal, entry)
        log = () if call.sandbox in self._unlogged else self._log
        for listener in (*self._listeners, *log):
            listener(entry)
        return entry.number

    @contextmanager
    def unlogged(self, sandbox: str) -> Iterator[None]:
        """Leave the calls of a sandbox out of the log meanwhile: nobody but this server makes them."""
        self._unlogged.add(sandbox)
        try:
            yield
        finally:
            self._unlogged.discard(sandbox)

    def _append(self, journal: _SandboxJournal, entry: Entry) -> None:
        journal.entries.append(entry)
        journal.size_bytes += entry.size_bytes
        while len(journal.entries) > self._max_entries or (
            journal.size_bytes > self._max_bytes and len(journal.entries) > 1
        ):
            journal.size_bytes -= journal.entries.popleft().size_bytes
            journal.dropped += 1

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """Return the newest `last` entries of a sandbox (None: all), oldest first."""
        with self._lock:
            journal = self._journals.get(sandbox)
            entries = list(journal.entries) if journal else []
        return entries if last is None else entries[-last:] if last else []

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """Return one entry by its number; None if it does not exist or was dropped."""
        with self._lock:
            journal = self._journals.get(sandbox)
            if journal is None or not journal.entries:
                return None
            place = number - journal.entries[0].number
            return journal.entries[place] if 0 <= place < len(journal.entries) else None

    def last_number(self, sandbox: str) -> int:
        """Return the number of the newest entry, 0 if there was none."""
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.last if journal else 0

    def size(self) -> int:
        """Return the number of entries of all sandboxes."""
        with self._lock:
            return sum(len(journal.entries) for journal in self._journals.values())

    def dropped(self, sandbox: str) -> int:
        """Return how many entries of a sandbox were dropped since its journal was last cleared."""
        with self._lock:
            journal = self._journals.get(sandbox)
            return journal.dropped if journal else 0

    def clear(self, sandbox: str) -> None:
        """Delete a sandbox's entries; numbers continue."""
        with self._lock:
            if journal := self._journals.get(sandbox):
                journal.entries.clear()
                journal.size_bytes = journal.dropped = 0

    def forget(self, sandbox: str) -> None:
        """Delete a sandbox's entries and restart its numbers."""
        with self._lock:
            self._journals.pop(sandbox, None)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VIOLATION else f"{text[:_MAX_VIOLATION]}…"
