"""Build the application from its options: vendors, control plane and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from starlette.types import Receive, Scope, Send

from mockserver.control.examples import ExampleSource, NoExamples
from mockserver.control.operations import Clients, control_operations
from mockserver.control.status import MetricSources
from mockserver.engine.admission import Admission
from mockserver.engine.conformance import ConformanceChecker
from mockserver.engine.envelope import MAX_ITEMS, EnvelopeReader
from mockserver.engine.executor import Executor
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.pipeline import Pipeline
from mockserver.engine.registry import LoadedVendor, check_assumption_values, discover_vendors
from mockserver.errors import VendorError
from mockserver.journal.counters import CallCounters
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Journal, Listener
from mockserver.sandbox.clock import Clock, normalize_clock_instant, system_clock
from mockserver.sandbox.idle import MAX_SANDBOXES, IdleTracker
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, Sandboxes, Settings
from mockserver.sandbox.store import Store, Tables
from mockserver.scenario.packaged import load_packaged
from mockserver.scenario.selection import ScenarioSelector
from mockserver.server.access_guard import AccessGuard
from mockserver.server.asgi import MAX_BODY_BYTES, MockServerApp, VendorMount
from mockserver.server.control_app import control_app
from mockserver.server.flask_bridge import FlaskBridge
from mockserver.server.in_flight import InFlightCalls
from mockserver.server.in_process import InProcessClient
from mockserver.server.misses import MissRecorder
from mockserver.server.pages import pages_app
from mockserver.server.recorder import Recorder
from mockserver.server.routing import build_connexion


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a server.

    `at_root` names the vendor that also answers at `/`. `hosts` are the host names accepted by control plane
    and pages besides loopback; None accepts any, for an application without a socket. `control_token` is
    required by the control plane unless it is "". Sandboxes that are idle for `sandbox_idle` seconds are
    deleted; None keeps them. With `scenarios` off, no scenario has an effect, whether armed, named by a
    header or written into an item. `examples` is what the control plane makes example batches from.
    """

    vendors: tuple[str, ...] = ()
    specs: tuple[Path, ...] = ()
    at_root: str = ""
    strict_auth: bool = False
    seed: int = 0
    freeze: str | None = None
    empty: bool = False
    max_body_bytes: int = MAX_BODY_BYTES
    max_items: int = MAX_ITEMS
    mock_headers: bool = True
    scenarios: bool = True
    assumptions: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] | None = None
    control_token: str = ""
    sandbox_idle: int | None = None
    max_sandboxes: int = MAX_SANDBOXES
    replay_hosts: tuple[str, ...] = ()
    examples: ExampleSource = field(default_factory=NoExamples)


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application with the objects it is built from, for programs that embed it."""

    asgi: MockServerApp
    served: tuple[LoadedVendor, ...]
    sandboxes: Sandboxes
    journal: Journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        await self.asgi(scope, receive, send)


def create_app(
    options: Options | None = None,
    store: Store | None = None,
    listeners: tuple[Listener, ...] = (),
    clock: Clock = system_clock,
) -> Application:
    """Build the application: vendors, control plane and pages; `clock` is the machine's clock.

    Raises:
        SpecError, VendorError: a vendor cannot be served.
        InvalidAssumptionError: `assumptions` has an unknown id or an invalid value.
        ValueError: `freeze` is not an instant supported by the clock.
    """
    options = options or Options()
    frozen = normalize_clock_instant(options.freeze) if options.freeze else None
    served = discover_vendors(options.specs, options.vendors)
    if options.at_root and options.at_root not in [vendor.name for vendor in served]:
        raise VendorError(f"at root: no vendor named {options.at_root} is served")
    fixtures: Tables = {scope: tables for vendor in served for scope, tables in vendor.fixtures.items()}
    kept_when_empty: Tables = {
        scope: tables for vendor in served for scope, tables in vendor.kept_when_empty.items()
    }
    check_assumption_values(served, options.assumptions)
    counters = CallCounters()
    store = store or MemoryStore(clock)
    journal = Journal(
        (counters, partial(_end_call, store), *listeners),
        conformance=ConformanceChecker.of(served).find_violation,
    )
    sandboxes = Sandboxes(
        store,
        fixtures,
        kept_when_empty,
        options.assumptions,
        IdleTracker(clock, options.sandbox_idle, options.max_sandboxes),
        on_end=journal.forget,
    )
    sandboxes.create(Settings(DEFAULT_SANDBOX, options.seed, frozen, options.empty))
    recorder = Recorder(
        journal, show_number=options.mock_headers, clock=clock, is_known=sandboxes.idle_tracker.is_present
    )
    return Application(_asgi_app(options, served, sandboxes, recorder, counters), served, sandboxes, journal)


def _end_call(store: Store, entry: Entry) -> None:
    """Tell the store that what was changed until now is this call's doing."""
    if entry.number:
        store.end_call(entry.call.sandbox, entry.number)


def _asgi_app(
    options: Options,
    served: tuple[LoadedVendor, ...],
    sandboxes: Sandboxes,
    recorder: Recorder,
    counters: CallCounters,
) -> MockServerApp:
    async def call_server(scope: Scope, receive: Receive, send: Send) -> None:
        await asgi(scope, receive, send)

    async def call_control(scope: Scope, receive: Receive, send: Send) -> None:
        await control(scope, receive, send)

    in_flight = InFlightCalls()
    clients = Clients(
        InProcessClient(call_server),
        InProcessClient(call_control),
        options.replay_hosts,
        options.strict_auth,
        options.examples,
    )
    metric_sources = MetricSources(counters, in_flight.by_vendor)
    control = control_app(
        control_operations(sandboxes, recorder.journal, served, clients, metric_sources),
        options.max_body_bytes,
    )
    directory = OperationDirectory.of({vendor.name: vendor.spec for vendor in served}, options.at_root)
    pages = AccessGuard(pages_app(served, recorder.journal), options.hosts)
    asgi = MockServerApp(
        vendors=_vendor_mounts(options, served, sandboxes, recorder, directory),
        control=AccessGuard(control, options.hosts, options.control_token),
        pages=MissRecorder(pages, sandboxes, directory, recorder, options.max_body_bytes),
        recorder=recorder,
        at_root=options.at_root,
        max_body_bytes=options.max_body_bytes,
        in_flight_calls=in_flight,
    )
    return asgi


def _vendor_mounts(
    options: Options,
    served: tuple[LoadedVendor, ...],
    sandboxes: Sandboxes,
    recorder: Recorder,
    directory: OperationDirectory,
) -> Mapping[str, VendorMount]:
    operations = {vendor.name: frozenset(vendor.spec.operations) for vendor in served}
    scenario_selector = ScenarioSelector(operations, load_packaged(operations)) if options.scenarios else None
    mounts = {}
    for vendor in served:
        envelope = EnvelopeReader(vendor.spec, vendor.plans, vendor.vendor.classify, options.max_items)
        admission = Admission(vendor, sandboxes, scenario_selector, options.strict_auth)
        pipeline = Pipeline(admission, Executor(vendor, envelope, options.strict_auth, directory))
        connexion = build_connexion(vendor, FlaskBridge(pipeline, recorder))
        mounts[vendor.name] = VendorMount(vendor, pipeline, connexion)
    return mounts
