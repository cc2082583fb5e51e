"""Counters per vendor since start-up, independent of journal retention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from threading import Lock

from mockserver.journal.entry import Entry
from mockserver.journal.query import WARNED
from mockserver.model import Value


class VendorCounts(Value, frozen=True):
    """Counts of one vendor: calls, calls with a transport fault, and items by outcome."""

    calls: int = 0
    faults: int = 0
    items: Mapping[str, int] = {}


class CallCounters:
    """Counts every call; a listener of the journal."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._items: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lock = Lock()

    def __call__(self, entry: Entry) -> None:
        """Count the call of an entry."""
        vendor, counts, warned = entry.call.vendor, entry.decided.counts, len(entry.decided.warnings)
        with self._lock:
            self._calls[vendor] += 1
            self._faults[vendor] += bool(entry.fault)
            items = self._items[vendor]
            for action, count in counts.items():
                items[action] += count
            items[WARNED] += warned

    def of(self, vendor: str) -> VendorCounts:
        """Return the counts of one vendor."""
        with self._lock:
            items = {
                str(action): count for action, count in self._items.get(vendor, Counter()).items() if count
            }
            return VendorCounts(self._calls[vendor], self._faults[vendor], items)
