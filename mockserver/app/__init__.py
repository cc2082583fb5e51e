"""HTTP: the only package that imports Connexion, Flask or Starlette. HTTP → `Call`, `Reply` → HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import Receive, Scope, Send

from mockserver.app.bridge import Bridge
from mockserver.app.control import control_app
from mockserver.app.desk import Desk
from mockserver.app.door import Door, VendorDoor
from mockserver.app.pages import pages_app
from mockserver.app.routing import routed
from mockserver.clock import parse_instant, print_instant
from mockserver.control import Control
from mockserver.envelope import MAX_ITEMS, Envelope
from mockserver.errors import VendorError
from mockserver.journal import Journal, Listener
from mockserver.pipeline import Pipeline
from mockserver.sandbox import DEFAULT, Sandboxes, Settings
from mockserver.served import Served, discover
from mockserver.store import Store, Tables
from mockserver.store.memory import MemoryStore
from mockserver.switches import check_positions

MAX_BODY_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is started with; `at_root` names the vendor that answers at `/` as well."""

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
    assumptions: Mapping[str, str] = field(default_factory=dict)


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
    options: Options | None = None, store: Store | None = None, listeners: tuple[Listener, ...] = ()
) -> Application:
    """Everything put together: vendors, control plane and pages behind one door.

    Raises:
        SpecError, VendorError: a vendor cannot be served.
        UnknownPosition: `assumptions` turn a switch that is not there, or cannot be turned so.
        ValueError: `freeze` is no instant.
    """
    options = options or Options()
    frozen = print_instant(parse_instant(options.freeze)) if options.freeze else None
    served = discover(options.specs, options.vendors)
    if options.at_root and options.at_root not in [vendor.name for vendor in served]:
        raise VendorError(f"at root: no vendor named {options.at_root} is served")
    fixtures: Tables = {scope: tables for vendor in served for scope, tables in vendor.fixtures.items()}
    standing: Tables = {scope: tables for vendor in served for scope, tables in vendor.standing.items()}
    check_positions(served, options.assumptions)
    sandboxes = Sandboxes(store or MemoryStore(), fixtures, standing, options.assumptions)
    sandboxes.create(Settings(DEFAULT, options.seed, frozen, options.empty))
    journal = Journal(listeners)
    desk = Desk(journal, show_number=options.mock_headers)
    doors = _vendor_doors(options, served, sandboxes, desk)
    door = Door(
        vendors=doors,
        control=control_app(Control(sandboxes, journal, served)),
        pages=pages_app(served),
        desk=desk,
        at_root=options.at_root,
    )
    return Application(door, served, sandboxes, journal)


def _vendor_doors(
    options: Options, served: tuple[Served, ...], sandboxes: Sandboxes, desk: Desk
) -> Mapping[str, VendorDoor]:
    pipelines = {
        vendor.name: Pipeline(
            vendor,
            Envelope(vendor.spec, vendor.plans, vendor.vendor.grade, options.max_items),
            sandboxes,
            options.strict_auth,
        )
        for vendor in served
    }
    bridge = Bridge(pipelines, desk, options.max_body_bytes)
    connexion = routed(served, bridge, sandboxes, strict=options.strict_auth)
    return {vendor.name: VendorDoor(vendor, pipelines[vendor.name], connexion) for vendor in served}
