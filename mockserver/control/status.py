"""Health, vendors and metrics of the running server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver import __version__
from mockserver.control.effective_settings import EffectiveSetting
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.counters import Counters
from mockserver.journal.journal import Journal
from mockserver.journal.query import WARNED
from mockserver.model import Action, Document, Json
from mockserver.sandbox.sandboxes import Sandboxes


def _be_ready() -> None:
    """Be ready at all times."""


@dataclass(frozen=True, slots=True)
class ServerOperations:
    """Operations that concern no sandbox."""

    served: tuple[LoadedVendor, ...]
    strict_auth: bool
    uptime_seconds: Callable[[], int]
    settings: tuple[EffectiveSetting, ...] = ()
    check_store: Callable[[], None] = _be_ready

    def health(self) -> Document:
        """Return the server's status, version, vendors and for how long it has been up.

        Raises:
            StoreUnavailableError: nothing can be stored, so that no call can be served.
        """
        self.check_store()
        return {
            "status": "ok",
            "version": __version__,
            "auth": "strict" if self.strict_auth else "lenient",
            "vendors": [one.name for one in self.served],
            "uptimeSeconds": self.uptime_seconds(),
        }

    def list_settings(self) -> Json:
        """Return the settings in effect with their sources; none if a program started the server."""
        return [one.document() for one in self.settings]

    def list_vendors(self) -> Json:
        """Return the vendors with their mounts and operations."""
        return [
            {
                "name": vendor.name,
                "title": vendor.spec.document["info"]["title"],
                "mount": f"/{vendor.name}",
                "operations": list(vendor.spec.operations),
                "batches": [one.id for one in vendor.spec.operations.values() if one.batch],
            }
            for vendor in self.served
        ]


_OUTCOMES = (*(str(action) for action in Action), WARNED)


@dataclass(frozen=True, slots=True)
class MetricSources:
    """Counters of the running server.

    `open_calls` returns the calls in flight by vendor, `uptime_seconds` for how long the server has been up.
    `check_store` raises `StoreUnavailableError` while nothing can be stored.
    """

    counters: Counters
    open_calls: Callable[[], Mapping[str, int]]
    uptime_seconds: Callable[[], int]
    check_store: Callable[[], None] = _be_ready


@dataclass(frozen=True, slots=True)
class MetricsOperations:
    """Metrics, all of them counts."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    sources: MetricSources

    def show_metrics(self) -> Document:
        """Return current totals, and per vendor all calls since start-up."""
        calls = self.sources.open_calls()
        return {
            "sandboxes": len(self.sandboxes.names()),
            "journalEntries": self.journal.size(),
            "vendors": {vendor.name: self._vendor(vendor.name, calls) for vendor in self.served},
        }

    def _vendor(self, name: str, open_calls: Mapping[str, int]) -> Document:
        count = self.sources.counters.of(name)
        return {
            "calls": count.calls,
            "openCalls": open_calls.get(name, 0),
            "faults": count.faults,
            "items": {end: count.items.get(end, 0) for end in _OUTCOMES},
        }
