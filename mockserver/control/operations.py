"""All operations of the control plane: one class per subject, one method per operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mockserver.control.cases.catalogue import CaseOperations
from mockserver.control.cases.runs import CaseRuns, MemoryCaseRuns
from mockserver.control.clock import ClockOperations
from mockserver.control.drill import DrillOperations
from mockserver.control.examples import ExampleOperations, ExampleSource, NoExamples
from mockserver.control.http_client import HttpClient
from mockserver.control.journal import JournalOperations
from mockserver.control.replay import RemoteClient, ReplayOperations
from mockserver.control.reports import ReportOperations
from mockserver.control.sandboxes import SandboxOperations
from mockserver.control.scenarios import PackagedScenarios, ScenarioOperations
from mockserver.control.state import StateOperations
from mockserver.control.status import EffectiveSetting, MetricSources, ServerOperations
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.journal import Journal
from mockserver.sandbox.sandboxes import Sandboxes


@dataclass(frozen=True, slots=True)
class Clients:
    """HTTP clients of this server, and settings that operations need."""

    inside: HttpClient
    """Client of the whole server."""
    unprotected: HttpClient
    """Client of the control plane without its access guard."""
    replay_hosts: tuple[str, ...] = ()
    """Hosts to which calls may be replayed, in addition to loopback."""
    strict_auth: bool = False
    """Whether vendors require known credentials."""
    examples: ExampleSource = field(default_factory=NoExamples)
    settings: tuple[EffectiveSetting, ...] = ()
    """Settings with which the server was started."""
    reports: Path | None = None
    """Folder of the reports that can be read."""
    case_runs: CaseRuns = field(default_factory=MemoryCaseRuns)


def control_operations(
    sandboxes: Sandboxes,
    journal: Journal,
    served: tuple[LoadedVendor, ...],
    clients: Clients,
    metric_sources: MetricSources,
) -> tuple[object, ...]:
    """Build the objects whose methods are the operations.

    No operation creates a missing sandbox just because a call names it.
    """
    packaged = PackagedScenarios(served)
    return (
        ServerOperations(sandboxes, journal, served, clients.strict_auth, metric_sources, clients.settings),
        ReportOperations(clients.reports),
        SandboxOperations(sandboxes, journal, served, packaged),
        ClockOperations(sandboxes, served),
        JournalOperations(sandboxes, journal, served, packaged, clients.inside),
        CaseOperations(sandboxes, served, clients.inside, clients.unprotected, journal, clients.case_runs),
        DrillOperations(sandboxes, journal, served, packaged),
        ExampleOperations(sandboxes, journal, served, clients.inside, clients.examples),
        ReplayOperations(sandboxes, journal, served, clients.inside, RemoteClient(clients.replay_hosts)),
        ScenarioOperations(sandboxes, served, packaged),
        StateOperations(sandboxes, served),
    )
