"""HTTP: the only package that imports Connexion, Flask or Starlette. HTTP → `Call`, `Reply` → HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import Receive, Scope, Send

from mockserver.admission import Admission
from mockserver.app.bridge import Bridge
from mockserver.app.control import control_app
from mockserver.app.desk import Desk
from mockserver.app.door import MAX_BODY_BYTES, Door, VendorDoor
from mockserver.app.inside import Inside
from mockserver.app.pages import pages_app
from mockserver.app.protection import Protected
from mockserver.app.routing import routed
from mockserver.app.traffic import Traffic
from mockserver.clock import Clock, clock_instant, system_clock
from mockserver.control import Reach, themes
from mockserver.control.metrics import Gauges
from mockserver.envelope import MAX_ITEMS, Envelope
from mockserver.errors import VendorError
from mockserver.journal import Journal, Listener
from mockserver.journal.tally import Tally
from mockserver.pipeline import Pipeline
from mockserver.presence import MAX_SANDBOXES, Presence
from mockserver.published import Contracts
from mockserver.sandbox import DEFAULT, Sandboxes, Settings
from mockserver.scenario.director import Director
from mockserver.scenario.ready import packaged
from mockserver.served import Served, discover
from mockserver.store import Store, Tables
from mockserver.store.memory import MemoryStore
from mockserver.switches import check_positions
from mockserver.work import Work


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is started with; `at_root` names the vendor that answers at `/` as well.

    `hosts` are the names that control plane and pages answer to beside loopback's, None: to any, as for one
    that listens nowhere; `control_token` is what the control plane asks for, "" for nothing. A sandbox that
    is idle for `sandbox_idle` seconds ends, None: none does. Without `scenarios` the engine is off, whatever
    is armed, named or written into an item.
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


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application and, for those who embed it, what it is made of."""

    door: Door
    served: tuple[Served, ...]
    sandboxes: Sandboxes
    journal: Journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI event scope."""
        await self.door(scope, receive, send)


def create_app(
    options: Options | None = None,
    store: Store | None = None,
    listeners: tuple[Listener, ...] = (),
    clock: Clock = system_clock,
) -> Application:
    """Everything put together: vendors, control plane and pages behind one door; `clock` is the machine's.

    Raises:
        SpecError, VendorError: a vendor cannot be served.
        UnknownPosition: `assumptions` turn a switch that is not there, or cannot be turned so.
        ValueError: `freeze` is no instant at which a clock may stand.
    """
    options = options or Options()
    frozen = clock_instant(options.freeze) if options.freeze else None
    served = discover(options.specs, options.vendors)
    if options.at_root and options.at_root not in [vendor.name for vendor in served]:
        raise VendorError(f"at root: no vendor named {options.at_root} is served")
    fixtures: Tables = {scope: tables for vendor in served for scope, tables in vendor.fixtures.items()}
    standing: Tables = {scope: tables for vendor in served for scope, tables in vendor.standing.items()}
    check_positions(served, options.assumptions)
    tally = Tally()
    journal = Journal((tally, *listeners), judge=Contracts.of(served).complaint)
    sandboxes = Sandboxes(
        store or MemoryStore(clock),
        fixtures,
        standing,
        options.assumptions,
        Presence(clock, options.sandbox_idle, options.max_sandboxes),
        ended=journal.forget,
    )
    sandboxes.create(Settings(DEFAULT, options.seed, frozen, options.empty))
    desk = Desk(journal, show_number=options.mock_headers, clock=clock, knows=sandboxes.presence.is_here)
    return Application(_door(options, served, sandboxes, desk, tally), served, sandboxes, journal)


def _door(
    options: Options, served: tuple[Served, ...], sandboxes: Sandboxes, desk: Desk, tally: Tally
) -> Door:
    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await door(scope, receive, send)

    async def unprotected(scope: Scope, receive: Receive, send: Send) -> None:
        await control(scope, receive, send)

    traffic = Traffic()
    reach = Reach(Inside(inside), Inside(unprotected), options.replay_hosts, options.strict_auth)
    gauges = Gauges(tally, traffic.by_vendor)
    control = control_app(themes(sandboxes, desk.journal, served, reach, gauges), options.max_body_bytes)
    door = Door(
        vendors=_vendor_doors(options, served, sandboxes, desk),
        control=Protected(control, options.hosts, options.control_token),
        pages=Protected(pages_app(served), options.hosts),
        desk=desk,
        at_root=options.at_root,
        max_body_bytes=options.max_body_bytes,
        traffic=traffic,
    )
    return door


def _vendor_doors(
    options: Options, served: tuple[Served, ...], sandboxes: Sandboxes, desk: Desk
) -> Mapping[str, VendorDoor]:
    operations = {vendor.name: frozenset(vendor.spec.operations) for vendor in served}
    director = Director(operations, packaged(operations)) if options.scenarios else None
    pipelines = {}
    for vendor in served:
        envelope = Envelope(vendor.spec, vendor.plans, vendor.vendor.grade, options.max_items)
        admission = Admission(vendor, sandboxes, director, options.strict_auth)
        pipelines[vendor.name] = Pipeline(admission, Work(vendor, envelope, options.strict_auth))
    connexion = routed(served, Bridge(pipelines, desk))
    return {vendor.name: VendorDoor(vendor, pipelines[vendor.name], connexion) for vendor in served}
