"""Health, settings, vendors and metrics of the running server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from mockserver import __version__
from mockserver.control.control_call import ControlCall
from mockserver.engine.negotiation import choose
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.journal import Counters, Journal, VendorCounts
from mockserver.model import WARNED, Action, Document, Json, Reply, Value
from mockserver.sandbox.sandboxes import Sandboxes

if TYPE_CHECKING:
    from prometheus_client import Metric

_OUTCOMES = (*(str(action) for action in Action), WARNED)
_JSON = "application/json"
_TEXTS = ("text/plain", "application/openmetrics-text")


class EffectiveSetting(Value, frozen=True):
    """Setting in effect."""

    name: str
    value: str
    source: str
    """`default`, `command line`, the name of an environment variable, or `file:line`."""

    def document(self) -> Document:
        return {"setting": self.name, "value": self.value, "source": self.source}


class MetricSources(Value, frozen=True):
    """Sources of metrics, and of the server's health."""

    counters: Counters
    open_calls: Callable[[str], Mapping[str, int]]
    """Function that returns the number of calls in flight by vendor: in a sandbox, or for "" in all."""
    uptime_seconds: Callable[[], int]
    check_store: Callable[[], None]
    """Function that raises StoreUnavailableError if no call can be served."""


class ServerOperations(Value, frozen=True, eq=False):
    """Operations on the whole server. If several workers share a store, metrics include all workers."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    strict_auth: bool
    sources: MetricSources
    settings: tuple[EffectiveSetting, ...]

    def health(self) -> Document:
        """Return status, version, vendors, uptime. Raises StoreUnavailableError if no call can be served."""
        self.sources.check_store()
        return {
            "status": "ok",
            "version": __version__,
            "auth": "strict" if self.strict_auth else "lenient",
            "vendors": [one.name for one in self.served],
            "uptimeSeconds": self.sources.uptime_seconds(),
        }

    def list_settings(self) -> Json:
        """Return the effective settings with their sources; [] if Python code started the server directly."""
        return [setting.document() for setting in self.settings]

    def list_vendors(self) -> Json:
        return [
            {
                "name": vendor.name,
                "title": vendor.spec.document["info"]["title"],
                "mount": f"/{vendor.name}",
                "base": f"/{vendor.name}{vendor.spec.paths.base}",
                "operations": list(vendor.spec.operations),
                "batches": [operation.id for operation in vendor.spec.operations.values() if operation.batch],
            }
            for vendor in self.served
        ]

    def show_metrics(self, call: ControlCall) -> Document | Reply:
        """Return current totals and each vendor's counts since start-up, as text if the call prefers text."""
        if choose(call.accept, (_JSON, *_TEXTS)) in _TEXTS:
            return self._text()
        calls = self.sources.open_calls("")
        return {
            "sandboxes": len(self.sandboxes.names()),
            "journalEntries": self.journal.kept.size(),
            "vendors": {name: _vendor(counts, calls.get(name, 0)) for name, counts in self._counts()},
        }

    def _text(self) -> Reply:
        from prometheus_client import CollectorRegistry  # noqa: PLC0415 - few servers are scraped
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest  # noqa: PLC0415

        registry = CollectorRegistry()
        registry.register(self)
        return Reply(200, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - as above

        for name, text, value in (
            ("sandboxes", "Sandboxes that exist", len(self.sandboxes.names())),
            ("journal_entries", "Entries of all journals", self.journal.kept.size()),
            ("uptime_seconds", "For how long this worker has been up", self.sources.uptime_seconds()),
        ):
            yield GaugeMetricFamily(f"mockserver_{name}", text, value)
        open_calls = GaugeMetricFamily("mockserver_open_calls", "Calls in flight", labels=["vendor"])
        for vendor, count in self.sources.open_calls("").items():
            open_calls.add_metric([vendor], count)
        yield open_calls
        yield from self._by_vendor()
        yield from self._of_store()

    def _by_vendor(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - as above

        calls = CounterMetricFamily("mockserver_calls", "Calls", labels=["vendor"])
        faults = CounterMetricFamily("mockserver_transport_faults", "Calls with one", labels=["vendor"])
        items = CounterMetricFamily("mockserver_items", "Items by outcome", labels=["vendor", "outcome"])
        rules = CounterMetricFamily("mockserver_rules_hit", "Calls by rule", labels=["vendor", "rule"])
        for vendor, counts in self._counts():
            calls.add_metric([vendor], counts.calls)
            faults.add_metric([vendor], counts.faults)
            for outcome in _OUTCOMES:
                items.add_metric([vendor, outcome], counts.items.get(outcome, 0))
            for rule, count in sorted(counts.rules.items()):
                rules.add_metric([vendor, rule], count)
        yield from (calls, faults, items, rules)

    def _of_store(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, SummaryMetricFamily  # noqa: PLC0415 - as above

        counts = self.sources.counters.of_store()
        if counts is None:
            return
        yield SummaryMetricFamily(
            "mockserver_store_seconds", "Transactions", counts.transactions, counts.seconds
        )
        text = "Transactions that were run again"
        yield CounterMetricFamily("mockserver_store_conflicts", text, counts.conflicts)

    def _counts(self) -> Iterator[tuple[str, VendorCounts]]:
        for vendor in self.served:
            yield vendor.name, self.sources.counters.of(vendor.name)


def _vendor(counts: VendorCounts, open_calls: int) -> Document:
    return {
        "calls": counts.calls,
        "openCalls": open_calls,
        "faults": counts.faults,
        "items": {end: counts.items.get(end, 0) for end in _OUTCOMES},
    }
