"""All operations of the control plane: one class per subject, one method per operation."""

from __future__ import annotations

from pathlib import Path

from mockserver.control.cases.catalogue import CaseOperations
from mockserver.control.cases.runs import CaseRuns
from mockserver.control.clock import ClockOperations
from mockserver.control.drill import DrillOperations
from mockserver.control.examples import ExampleOperations, ExampleSource
from mockserver.control.http_client import HttpClient
from mockserver.control.journal import JournalOperations
from mockserver.control.replay import ReplayOperations
from mockserver.control.reports import ReportOperations
from mockserver.control.sandboxes import SandboxOperations
from mockserver.control.scenarios import PackagedScenarios, ScenarioOperations
from mockserver.control.state import StateOperations
from mockserver.control.status import EffectiveSetting, MetricSources, ServerOperations
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.journal import Journal
from mockserver.outgoing import Door
from mockserver.sandbox.sandboxes import Sandboxes


def control_operations(  # noqa: PLR0913 - all that operations need
    sandboxes: Sandboxes,
    journal: Journal,
    served: tuple[LoadedVendor, ...],
    *,
    inside: HttpClient,
    unprotected: HttpClient,
    metric_sources: MetricSources,
    case_runs: CaseRuns,
    examples: ExampleSource,
    door: Door,
    reports: Path | None,
    settings: tuple[EffectiveSetting, ...],
    strict_auth: bool,
) -> tuple[object, ...]:
    """Build the objects whose methods are the operations.

    `inside` is a client of the whole server; `unprotected` is a client of the control plane without its
    access guard. `door` makes calls to other servers. `reports` is the folder of the
    reports that can be read, `settings` are the settings with which the server was started, and `strict_auth`
    tells whether vendors require known credentials. No operation creates a missing sandbox just because a
    call names it.
    """
    packaged = PackagedScenarios(served)
    return (
        ServerOperations(sandboxes, journal, served, strict_auth, metric_sources, settings),
        ReportOperations(reports),
        SandboxOperations(sandboxes, journal, served, packaged, metric_sources.open_calls, door),
        ClockOperations(sandboxes, served),
        JournalOperations(sandboxes, journal, served, packaged, inside),
        CaseOperations(sandboxes, served, inside, unprotected, journal, case_runs),
        DrillOperations(sandboxes, journal, served, packaged),
        ExampleOperations(sandboxes, journal, served, inside, examples),
        ReplayOperations(sandboxes, journal, served, inside, door),
        ScenarioOperations(sandboxes, served, packaged),
        StateOperations(sandboxes, served),
    )
