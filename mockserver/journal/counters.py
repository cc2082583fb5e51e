"""Counters per vendor since start-up, independent of journal retention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from mockserver.journal.entry import Entry
from mockserver.journal.query import WARNED
from mockserver.model import Value


class VendorCounts(Value, frozen=True):
    """Counts of one vendor: calls, calls with a transport fault, items by outcome, calls by rule that hit.

    A rule is named `scenario/rule`.
    """

    calls: int = 0
    faults: int = 0
    items: Mapping[str, int] = {}
    rules: Mapping[str, int] = {}


class StoreCounts(Value, frozen=True):
    """What became of transactions in a shared store, and how many seconds they took in all.

    `conflicts` were run again, because another worker had changed their sandbox.
    """

    transactions: int = 0
    conflicts: int = 0
    seconds: float = 0


@dataclass(slots=True)
class _Tally:
    """The counts of one vendor so far."""

    calls: int = 0
    faults: int = 0
    items: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


class Counters(Protocol):
    """Counts every call; a listener of the journal."""

    def __call__(self, entry: Entry) -> None:
        """Count the call of an entry."""
        ...

    def of(self, vendor: str) -> VendorCounts:
        """Return the counts of one vendor."""
        ...

    def of_store(self) -> StoreCounts | None:
        """Return the counts of the shared store, None if there is none."""
        ...


def counts_of(entry: Entry) -> VendorCounts:
    """Return what one call adds to the counts of its vendor."""
    decided = entry.decided
    items = dict(decided.counts)
    if decided.warnings:
        items[WARNED] = len(decided.warnings)
    return VendorCounts(1, int(bool(entry.fault)), items, dict.fromkeys(entry.applied, 1))


class CallCounters:
    """The counts of one process."""

    def __init__(self) -> None:
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
        self._lock = Lock()

    def __call__(self, entry: Entry) -> None:
        """Count the call of an entry."""
        added = counts_of(entry)
        with self._lock:
            tally = self._tallies[entry.call.vendor]
            tally.calls += added.calls
            tally.faults += added.faults
            tally.items.update(added.items)
            tally.rules.update(added.rules)

    def of(self, vendor: str) -> VendorCounts:
        """Return the counts of one vendor."""
        with self._lock:
            tally = self._tallies.get(vendor, _Tally())
            return VendorCounts(tally.calls, tally.faults, dict(tally.items), dict(tally.rules))

    def of_store(self) -> StoreCounts | None:
        """Return None: the memory of this process has nothing to count."""
        return None
