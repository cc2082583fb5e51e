"""Record every call of every sandbox, and tell those who listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.journal.entry import Entry, build_entry, cut_bodies, is_silent
from mockserver.journal.entry_log import EntryLog, MemoryEntryLog
from mockserver.model import Answer, Call, Reply

_MAX_VIOLATION = 1000
"""Limit of characters of a contract violation, which may quote whole items."""

Listener: TypeAlias = Callable[[Entry], None]
ConformanceCheck: TypeAlias = Callable[[Call, Reply], str]
"""Function that returns how a reply violates the spec, "" if it does not."""
DropListener: TypeAlias = Callable[[str, int], None]
"""Function of a sandbox and a number: the entries before it are no longer kept."""


def _ignore_drop(_sandbox: str, _first: int) -> None:
    """Ignore that entries were dropped."""


class Journal:
    """The journals of all sandboxes, kept in `kept`; `listeners` are called with each new entry.

    `log` are listeners too; they are not called with the entries of sandboxes that are `unlogged`.
    `on_drop` is called with each sandbox that lost entries because of the limits. Entries larger than
    half of a sandbox's limit are truncated, so that no single call evicts all others. `conformance` checks
    only answers that a rule has changed.
    """

    def __init__(
        self,
        listeners: tuple[Listener, ...] = (),
        conformance: ConformanceCheck | None = None,
        log: tuple[Listener, ...] = (),
        on_drop: DropListener = _ignore_drop,
        kept: EntryLog | None = None,
    ) -> None:
        self._listeners, self._log, self._conformance = listeners, log, conformance
        self._unlogged: set[str] = set()
        self._on_drop = on_drop
        self.kept = kept or MemoryEntryLog()

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
        """Leave the calls of a sandbox out of the log meanwhile: nobody but this server makes them."""
        self._unlogged.add(sandbox)
        try:
            yield
        finally:
            self._unlogged.discard(sandbox)

    def entries(self, sandbox: str, last: int | None = None) -> list[Entry]:
        """Return the newest `last` entries of a sandbox (None: all), oldest first."""
        return self.kept.entries(sandbox, last)

    def entry(self, sandbox: str, number: int) -> Entry | None:
        """Return one entry by its number; None if it does not exist or was dropped."""
        return self.kept.entry(sandbox, number)

    def last_number(self, sandbox: str) -> int:
        """Return the number of the newest entry, 0 if there was none."""
        return self.kept.last_number(sandbox)

    def size(self) -> int:
        """Return the number of entries of all sandboxes."""
        return self.kept.size()

    def dropped(self, sandbox: str) -> int:
        """Return how many entries of a sandbox were dropped since its journal was last cleared."""
        return self.kept.dropped(sandbox)

    def clear(self, sandbox: str) -> None:
        """Delete a sandbox's entries; numbers continue."""
        self._on_drop(sandbox, self.kept.clear(sandbox))

    def forget(self, sandbox: str) -> None:
        """Delete a sandbox's entries and restart its numbers."""
        self.kept.forget(sandbox)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VIOLATION else f"{text[:_MAX_VIOLATION]}…"
