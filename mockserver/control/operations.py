"""All operations of the control plane: one class per subject, one method per operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mockserver.control.cases.catalogue import CaseOperations
from mockserver.control.cases.runs import CaseRuns, MemoryCaseRuns
from mockserver.control.clock import ClockOperations, ExpirationOperations
from mockserver.control.drill import DrillOperations
from mockserver.control.examples import ExampleOperations, ExampleSource, NoExamples
from mockserver.control.http_client import HttpClient
from mockserver.control.journal import JournalOperations
from mockserver.control.replay import RemoteClient, ReplayOperations
from mockserver.control.reports import ReportOperations
from mockserver.control.sandboxes import AssumptionOperations, SandboxOperations, SnapshotOperations
from mockserver.control.scenarios import PackagedScenarios, ScenarioOperations
from mockserver.control.state import RecordOperations, StateOperations
from mockserver.control.status import EffectiveSetting, MetricsOperations, MetricSources, ServerOperations
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.journal import Journal
from mockserver.sandbox.sandboxes import Sandboxes


@dataclass(frozen=True, slots=True)
class Clients:
    """HTTP clients: `inside` for this whole server, `unprotected` for its control plane without access guard.

    Replays may also go to `replay_hosts`, besides loopback. `strict_auth` is the server's credential mode.
    `examples` is the source of example batches, `settings` those of the server's start, `reports` the folder
    of readable reports, `case_runs` the runs of cases.
    """

    inside: HttpClient
    unprotected: HttpClient
    replay_hosts: tuple[str, ...] = ()
    strict_auth: bool = False
    examples: ExampleSource = field(default_factory=NoExamples)
    settings: tuple[EffectiveSetting, ...] = ()
    reports: Path | None = None
    case_runs: CaseRuns = field(default_factory=MemoryCaseRuns)


def control_operations(
    sandboxes: Sandboxes,
    journal: Journal,
    served: tuple[LoadedVendor, ...],
    clients: Clients,
    metric_sources: MetricSources,
) -> tuple[object, ...]:
    """Build the objects whose methods are the operations.

    No operation creates a sandbox that it merely names.
    """
    packaged = PackagedScenarios(served)
    return (
        ServerOperations(
            served,
            clients.strict_auth,
            metric_sources.uptime_seconds,
            metric_sources.check_store,
            clients.settings,
        ),
        ReportOperations(clients.reports),
        MetricsOperations(sandboxes, journal, served, metric_sources),
        SandboxOperations(sandboxes, journal, served, packaged),
        ClockOperations(sandboxes),
        AssumptionOperations(sandboxes, served),
        JournalOperations(sandboxes, journal, served, packaged, clients.inside),
        CaseOperations(sandboxes, served, clients.inside, clients.unprotected, journal, clients.case_runs),
        DrillOperations(sandboxes, journal, served, packaged),
        ExampleOperations(sandboxes, journal, served, clients.inside, clients.examples),
        ReplayOperations(sandboxes, journal, served, clients.inside, RemoteClient(clients.replay_hosts)),
        ScenarioOperations(sandboxes, served, packaged),
        SnapshotOperations(sandboxes),
        StateOperations(sandboxes, served),
        RecordOperations(sandboxes),
        ExpirationOperations(sandboxes, served),
    )
