"""Build the application from its options: vendors, control plane and pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import MAX_ITEMS
from mockserver.codec.deferred import MadeOnDemand
from mockserver.console.contract_run import ContractRun
from mockserver.console.live import LiveCalls
from mockserver.control.examples import ExampleSource, NoExamples
from mockserver.control.status import EffectiveSetting
from mockserver.engine.admission import Admission
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.call import Pipeline
from mockserver.engine.conformance import conformance_check
from mockserver.engine.drawn_values import prepare_drawing
from mockserver.engine.first_world import with_first_records
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.registry import LoadedVendor, check_assumption_values, discover_vendors
from mockserver.errors import SpecError, StoreUnavailableError, UnknownSandboxError, VendorError
from mockserver.journal.access_log import Note, ignore_note
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Journal, Listener
from mockserver.model import Value
from mockserver.outgoing import Door
from mockserver.redis_store.addresses import StoreAddress
from mockserver.sandbox.clock import Clock, normalize_clock_instant, system_clock
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, MAX_SANDBOXES, IdleTracker, Sandboxes, Settings
from mockserver.sandbox.scenarios import changed_scenarios, replace_scenarios
from mockserver.sandbox.snapshots import LOADED
from mockserver.sandbox.store import SANDBOX_SCOPE, Store, Tables
from mockserver.scenario.parser import load_packaged
from mockserver.scenario.selection import ScenarioSelector
from mockserver.server.access import AccessGuard, allow_origins
from mockserver.server.asgi import MAX_BODY_BYTES, MissRecorder, MockServerApp
from mockserver.server.backend import Backend, check_settings, memory_backend, shared_backend
from mockserver.server.exchange import Recorder
from mockserver.server.files import read_fixtures, read_scenarios
from mockserver.server.in_process import InProcessClient
from mockserver.server.listening import StartupError
from mockserver.server.routing import VendorApp
from mockserver.server.sending import DeliverySender
from mockserver.server.work_threads import CallThread
from mockserver.spec.loading import vendor_name

if TYPE_CHECKING:
    from mockserver.server.forwarding import Forwarder, ForwardRules


@dataclass(frozen=True, slots=True)
class Options:
    vendors: tuple[str, ...] = ()
    specs: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    overlays: tuple[Path, ...] = ()
    strict_specs: bool = False
    at_root: str = ""
    """Name of the vendor that also answers at `/`."""
    strict_auth: bool = False
    seed: int = 0
    freeze: str | None = None
    empty: bool = False
    max_body_bytes: int = MAX_BODY_BYTES
    max_items: int = MAX_ITEMS
    mock_headers: bool = True
    scenarios: bool = True
    """If False, no scenario has an effect, whether armed, named by a header or written into an item."""
    assumptions: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] | None = None
    """Hosts that control plane and pages accept besides loopback; None accepts any Host."""
    control_token: str = ""
    """Token that the control plane requires; "" requires no token."""
    foreign_token: str = ""
    """If `control_token` is "", the control plane requires this token of calls from outside loopback."""
    sandbox_idle: int | None = None
    """Seconds without a call after which a sandbox is deleted; None means never."""
    max_sandboxes: int = MAX_SANDBOXES
    remote_hosts: tuple[str, ...] = ()
    """Hosts that this server may call besides loopback."""
    listens_at: tuple[tuple[str, int], ...] = ()
    """Where this server listens, as far as it is known before the start; it never calls these places."""
    forward: ForwardRules | None = None
    """Which calls a real server answers; None if the mock answers all."""
    examples: Callable[[], ExampleSource] = NoExamples
    """Function that returns the source of example batches."""
    scenario_files: tuple[Path, ...] = ()
    """Files of scenarios that are armed in every sandbox."""
    fixtures_file: Path | None = None
    """Dump that replaces the packaged fixtures of each vendor that the dump has."""
    records: int | None = None
    """Number of records of each kind that own APIs begin with; None means their `x-records`."""
    cors: tuple[str, ...] = ()
    """Origins whose pages may call the vendors from a browser."""
    console: bool = True
    """If False, `/_console` has no screens, only files of other pages and the control plane's API page."""
    reports: Path | None = None
    """Folder with the reports that the console shows."""
    settings: tuple[EffectiveSetting, ...] = field(default=(), compare=False)
    """Settings that the console shows."""
    store: StoreAddress | None = None
    """Store that all workers share; None stores everything in this process."""

    @property
    def start_files(self) -> tuple[Path, ...]:
        return (
            *self.specs,
            *self.files,
            *self.overlays,
            *self.scenario_files,
            *([self.fixtures_file] if self.fixtures_file else []),
        )


class Lasting(Value, frozen=True):
    backend: Backend
    idle_tracker: IdleTracker
    live: LiveCalls
    contract: ContractRun
    journal: Journal
    clock: Clock
    started: datetime
    sender: DeliverySender
    note: Note = ignore_note

    def uptime_seconds(self) -> int:
        return max(0, int((self.clock() - self.started).total_seconds()))


class Application(Value, frozen=True):
    """The ASGI application, and the objects that it is built from, for programs that embed it."""

    asgi: MockServerApp
    served: tuple[LoadedVendor, ...]
    sandboxes: Sandboxes
    journal: Journal
    lasting: Lasting
    entry: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.entry(scope, receive, send)

    @property
    def loaded_at_start(self) -> list[LoadedVendor]:
        return [vendor for vendor in self.served if not vendor.is_packaged]


def create_app(
    options: Options | None = None,
    backend: Backend | None = None,
    listeners: tuple[Listener, ...] = (),
    clock: Clock = system_clock,
    note: Note = ignore_note,
) -> Application:
    """Build the application: vendors, control plane and pages; `clock` is the machine's clock.

    `listeners` receive each journal entry, except those of trial sandboxes; `note` receives refusals
    that have no journal entry. Raises SpecError or VendorError if a vendor cannot be served;
    InvalidAssumptionError; StartupError if a file cannot be used, or if the store has other settings;
    ValueError if `options.freeze` is no instant that a clock supports.
    """
    options = options or Options()
    backend = backend or (shared_backend(options.store, clock) if options.store else memory_backend(clock))
    lasting = _lasting(options, backend, listeners, clock, note)
    backend.follow(lasting.live.tell)
    app = _assemble(options, lasting)
    default = app.sandboxes.default_settings
    with suppress(StoreUnavailableError):  # a worker may start before its store is back
        check_settings(default, backend.keep_first, strict_auth=options.strict_auth)
        app.sandboxes.create(default)
    return app


def _lasting(
    options: Options, backend: Backend, listeners: tuple[Listener, ...], clock: Clock, note: Note
) -> Lasting:
    started, store = clock(), backend.store
    # Workers would not see each other's run, and the suite could not delete its sandboxes without the token.
    can_run = not options.store and not options.control_token
    live = LiveCalls(started.isoformat())
    return Lasting(
        backend,
        IdleTracker(clock, options.sandbox_idle, options.max_sandboxes, backend.use_times),
        live,
        ContractRun(options.reports if can_run else None),
        Journal(
            (backend.counters, partial(_end_call, store)),
            log=(*listeners, live),
            on_drop=store.forget_calls_before,
            kept=backend.entries,
            adds_headers=options.mock_headers,
        ),
        clock,
        started,
        DeliverySender(store, Door(options.remote_hosts, [*options.listens_at]), clock),
        note,
    )


def reload_app(options: Options, running: Application) -> Application:
    """Build the application again from its files, with the sandboxes, journal and call counts of `running`.

    Replace each changed scenario in every sandbox, and delete the scenario's counters and states.
    Raises SpecError, VendorError or StartupError before anything is changed.
    """
    app = _assemble(options, running.lasting)
    changes = changed_scenarios(running.sandboxes.default_scenarios, app.sandboxes.default_scenarios)
    for name in app.sandboxes.names() if changes else ():
        with suppress(UnknownSandboxError):  # it was deleted meanwhile
            app.sandboxes.store.control(name, partial(replace_scenarios, changes=changes))
    return app


def _refuse_notes(served: Iterable[LoadedVendor]) -> None:
    """Raise SpecError if a spec has notes. A note names a part that is not read as it is written."""
    for vendor in served:
        if notes := not vendor.is_packaged and vendor.spec.notes:
            more = f" (and {len(notes) - 1:,} more)" if notes[1:] else ""
            raise SpecError(f"{notes[0].message}{more}", notes[0].path, file=vendor.name, cure=notes[0].cure)


def _assemble(options: Options, lasting: Lasting) -> Application:
    served = _with_fixtures(
        options.fixtures_file,
        discover_vendors(options.specs, options.vendors, options.files, options.overlays),
    )
    served = tuple(with_first_records(one, options.records, options.seed, lasting.clock) for one in served)
    if any(one.spec.is_own for one in served if not one.is_packaged):
        prepare_drawing()  # else the first call would wait for the imports
    if options.strict_specs:
        _refuse_notes(served)
    if options.at_root and options.at_root not in [vendor.name for vendor in served]:
        raise VendorError(f"at root: no vendor named {options.at_root} is served")
    given: Tables = {}
    if options.fixtures_file:
        given = {SANDBOX_SCOPE: {LOADED: {"last": {"places": [str(options.fixtures_file)]}}}}
    owners = {scope: vendor for vendor in served for scope in vendor.fixtures}
    fixtures = {**given, **{scope: vendor.fixtures[scope] for scope, vendor in owners.items()}}
    if options.assumptions:
        check_assumption_values(served, options.assumptions)
    frozen = normalize_clock_instant(options.freeze) if options.freeze else None
    sandboxes = Sandboxes(
        lasting.backend.store,
        fixtures,
        MadeOnDemand(fixtures, lambda scope: given.get(scope) or owners[scope].kept_when_empty[scope]),
        options.assumptions,
        lasting.idle_tracker,
        on_end=lasting.journal.kept.forget,
        on_owed=lasting.sender.send_due,
        default_scenarios=read_scenarios(options.scenario_files, served),
        default_settings=Settings(DEFAULT_SANDBOX, options.seed, frozen, options.empty),
    )
    app = _application(options, served, sandboxes, lasting)
    app.journal.use_conformance(conformance_check(served))
    return app


def _with_fixtures(file: Path | None, served: tuple[LoadedVendor, ...]) -> tuple[LoadedVendor, ...]:
    """Return the vendors with the fixtures of the file; a vendor that the file lacks keeps its fixtures."""
    if file is None:
        return served
    fixtures = read_fixtures(file, served)
    return tuple(
        dataclasses.replace(vendor, fixtures=fixtures.get(vendor.name, vendor.fixtures)) for vendor in served
    )


def _end_call(store: Store, entry: Entry) -> None:
    """End the call in the store, which assigns the changes since the previous call to this call."""
    if entry.number:
        store.end_call(entry.call.sandbox, entry.number)


def _application(
    options: Options, served: tuple[LoadedVendor, ...], sandboxes: Sandboxes, lasting: Lasting
) -> Application:
    recorder = Recorder(
        lasting.journal,
        clock=lasting.clock,
        is_known=lasting.idle_tracker.is_present,
    )
    control = BuiltAtFirstCall(lambda: _control_plane(options, app, control))
    by_name = {vendor.name: vendor for vendor in served}
    directory = OperationDirectory(MadeOnDemand(by_name, lambda name: by_name[name].spec), options.at_root)
    site = BuiltAtFirstCall(lambda: _pages(options, app, control, directory))
    tokens = options.control_token, options.foreign_token
    guarded = AccessGuard(site, options.hosts, *tokens, takes_password=True)
    pages, thread = AccessGuard(site, options.hosts), CallThread(sandboxes.store)
    asgi = MockServerApp(
        vendors=_vendor_apps(options, by_name, sandboxes, (recorder, thread, lasting.sender), directory),
        control=AccessGuard(control, options.hosts, *tokens),
        console=guarded if options.console else pages,
        pages=MissRecorder(pages, sandboxes, directory, recorder, options.max_body_bytes),
        recorder=recorder,
        thread=thread,
        in_flight_calls=lasting.backend.in_flight,
        at_root=options.at_root,
        cors=options.cors,
        max_body_bytes=options.max_body_bytes,
    )
    entry = allow_origins(asgi, options.cors, lasting.note)
    app = Application(asgi, served, sandboxes, lasting.journal, lasting, entry)
    return app


def _control_plane(options: Options, app: Application, control: ASGIApp) -> ASGIApp:
    """Return the control plane. It can call the vendors of `app` and, through `control`, itself."""
    # Imported here, so that a server starts without the control plane, which takes a fifth of the time.
    from mockserver.control.operations import control_operations  # noqa: PLC0415
    from mockserver.control.status import MetricSources  # noqa: PLC0415
    from mockserver.server.control_app import control_app  # noqa: PLC0415

    backend = app.lasting.backend
    names = [vendor.name for vendor in app.served]
    open_calls = partial(backend.in_flight.by_vendor, names)
    operations = control_operations(
        app.sandboxes,
        app.journal,
        app.served,
        inside=InProcessClient(app.asgi),
        unprotected=InProcessClient(control),
        metric_sources=MetricSources(backend.counters, open_calls, app.lasting.uptime_seconds, backend.check),
        case_runs=backend.case_runs,
        examples=options.examples(),
        door=app.lasting.sender.door,
        reports=options.reports,
        settings=options.settings,
        strict_auth=options.strict_auth,
    )
    return control_app(operations, options.max_body_bytes)


def _pages(options: Options, app: Application, control: ASGIApp, directory: OperationDirectory) -> ASGIApp:
    """Return the pages for people; the console reads its data from `control`, the control plane."""
    # Imported here, so that a server starts without the pages.
    from mockserver.console.application import PagesApp, flask_app  # noqa: PLC0415
    from mockserver.console.pages import Shared  # noqa: PLC0415
    from mockserver.console.screen import ConsoleControl  # noqa: PLC0415
    from mockserver.console.site import Site  # noqa: PLC0415

    client, lasting = ConsoleControl(InProcessClient(control)), app.lasting
    known = (tuple(app.asgi.vendors), directory, options.forward is not None)
    shared = Shared(client, InProcessClient(app.asgi), lasting.contract, *known)
    flask = flask_app(shared, Site.of(app.served, client), lasting.live.server, has_console=options.console)
    return PagesApp(flask, lasting.live if options.console else None)


def _vendor_apps(
    options: Options,
    served: Mapping[str, LoadedVendor],
    sandboxes: Sandboxes,
    tools: tuple[Recorder, CallThread, DeliverySender],
    directory: OperationDirectory,
) -> Mapping[str, VendorApp]:
    operations = MadeOnDemand(served, lambda name: frozenset(directory.specs[name].operations))
    scenario_selector = ScenarioSelector(operations, load_packaged(operations)) if options.scenarios else None
    forwarded = _forwarded(options, tuple(served.values()))

    def make(name: str) -> VendorApp:
        vendor = served[name]
        envelope = EnvelopeReader(vendor.spec, vendor.plans, vendor.vendor.classify, options.max_items)
        admission = Admission(vendor, sandboxes, scenario_selector, options.strict_auth)
        pipeline = Pipeline(admission, envelope, directory)
        forwarder = _forwarder(options, pipeline, *tools) if vendor is forwarded else None
        return VendorApp(pipeline, *tools, forwarder)

    apps = MadeOnDemand(served, make)
    for vendor in served.values():
        if vendor is forwarded or not vendor.is_packaged:
            apps[vendor.name]  # now, so that what is wrong with it stops the start
    return apps


def _forwarder(
    options: Options, pipeline: Pipeline, recorder: Recorder, thread: CallThread, sender: DeliverySender
) -> Forwarder:
    # Imported here, so that a server that forwards nothing starts without it.
    from mockserver.engine.passage import Passage  # noqa: PLC0415
    from mockserver.server.forwarding import Forwarder  # noqa: PLC0415
    from mockserver.server.shadow import Shadow  # noqa: PLC0415

    rules = options.forward
    if rules is None:
        raise AssertionError("no vendor is forwarded without rules")
    rules.check(pipeline.served, sender.door)
    passage = Passage(pipeline, rules.to, options.max_body_bytes)
    shadow = Shadow(pipeline, recorder.clock, options.max_body_bytes) if rules.is_shadowed else None
    return Forwarder(passage, rules, sender.door, recorder, thread, shadow)


def _forwarded(options: Options, served: tuple[LoadedVendor, ...]) -> LoadedVendor | None:
    """Return the only vendor that is named, or the only file; None if the mock answers all calls.

    Raises StartupError if there are several.
    """
    if options.forward is None:
        return None
    names = [vendor_name(file) for file in options.files] or options.vendors
    found = [vendor for vendor in served if vendor.name in names]
    if len(found) != 1:
        what = f"a real server answers for one vendor or FILE; {len(found) or 'none'} are named"
        raise StartupError(what, "--forward", f"mockserver run --vendor {served[0].name} --forward URL")
    return found[0]


class BuiltAtFirstCall(Struct):
    """Application that `build` returns, built only once, at the first request.

    Lifespan events are confirmed; they do not build the application, and are not passed to it.
    """

    build: Callable[[], ASGIApp]
    _built: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
            return
        if self._built is None:
            self._built = self.build()
        await self._built(scope, receive, send)
