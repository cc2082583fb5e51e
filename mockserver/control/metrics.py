"""Numbers of the running server, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.journal import Journal
from mockserver.journal.query import WARNED
from mockserver.journal.tally import Tally
from mockserver.model import Action, Document
from mockserver.sandbox import Sandboxes
from mockserver.served import Served

_ENDS = (*(str(action) for action in Action), WARNED)


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is counted while the server runs; `open_calls` tells those that are on their way, by vendor."""

    tally: Tally
    open_calls: Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class MetricsOperations:
    """Counts alone: no time of the machine is in them."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]
    gauges: Gauges

    def show_metrics(self) -> Document:
        """What there is now, and by vendor what all calls since the server began come to."""
        calls = self.gauges.open_calls()
        return {
            "sandboxes": len(self.sandboxes.names()),
            "journalEntries": self.journal.size(),
            "vendors": {vendor.name: self._vendor(vendor.name, calls) for vendor in self.served},
        }

    def _vendor(self, name: str, open_calls: Mapping[str, int]) -> Document:
        count = self.gauges.tally.of(name)
        return {
            "calls": count.calls,
            "openCalls": open_calls.get(name, 0),
            "faults": count.faults,
            "items": {end: count.items.get(end, 0) for end in _ENDS},
        }
