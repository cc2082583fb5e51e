"""Vendors as they are served: a spec, its package if there is one, fixtures, and plans, found by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path

from mockserver import generic, reader
from mockserver.assumption import COMMON, Assumption, defaults
from mockserver.auth import CREDENTIALS, Scheme
from mockserver.codec import yaml
from mockserver.errors import Refusal, SpecError, VendorError
from mockserver.idempotency import SWITCHES, Keys
from mockserver.model import Call, Document, Reply
from mockserver.plan import Plan, compile_plans
from mockserver.reply import JSON, told_what_is_read
from mockserver.spec import Operation, Spec
from mockserver.store import State, Tables
from mockserver.vendor import BatchRoom, Handler, Refuse, Room, Vendor

PACKAGE = "mockserver.vendors"
_BARE = Vendor()


@dataclass(frozen=True, slots=True)
class Served:
    """One vendor, complete: every operation of its spec has a handler or a room."""

    name: str
    spec: Spec
    vendor: Vendor
    plans: Mapping[str, Plan]
    rooms: Mapping[str, Room]
    handlers: Mapping[str, Handler]
    refuse: Refuse
    schemes: Mapping[str, Scheme]
    fixtures: Tables
    assumptions: Mapping[str, str]
    keys: Keys | None

    @property
    def switches(self) -> tuple[Assumption, ...]:
        """The vendor's switches, then those that every vendor has, then those of an extension."""
        return _switches(self.vendor)

    def memory(self, call: Call) -> Keys | Vendor:
        """Whose `replay` and `remember` the call is for: the extension's where it is on, or the vendor's."""
        return self.keys if self.keys is not None and self.keys.wanted(call) else self.vendor

    @property
    def standing(self) -> Tables:
        """The fixtures that an empty sandbox begins with as well."""
        kept = (CREDENTIALS, *self.vendor.standing)
        return {
            scope: {name: documents for name, documents in collections.items() if name in kept}
            for scope, collections in self.fixtures.items()
        }

    @property
    def tenant_header(self) -> str:
        """The header that names the tenant; "" when the body or nothing does."""
        places = self.spec.scope
        return str(places[0]["name"]) if places and places[0]["in"] == "header" else ""


def specs_folder() -> Path:
    """Where the specs are: beside the package in a checkout, inside it when installed."""
    here = Path(__file__).parent
    inside = here / "specs"
    return inside if inside.is_dir() else here.parent / "specs"


def discover(folders: Iterable[Path] = (), only: Iterable[str] = ()) -> tuple[Served, ...]:
    """Every vendor with a spec in our folder or one of `folders`, sorted by name; `only` picks by name.

    Raises:
        SpecError: a spec cannot be served, or two folders have one of the same name.
        VendorError: a package does not fit its spec, or `only` names none.
    """
    files: dict[str, Path] = {}
    for folder in (specs_folder(), *folders):
        for file in sorted(folder.glob("*.yaml")):
            if file.stem.startswith("_"):
                continue
            if file.stem in files:
                raise SpecError(f"{file}: a vendor named {file.stem} is there already")
            files[file.stem] = file
    wanted = tuple(only) or tuple(files)
    if unknown := [name for name in wanted if name not in files]:
        raise VendorError(f"no vendor named {unknown[0]}; there are {', '.join(sorted(files))}")
    return tuple(serve(files[name]) for name in sorted(set(wanted)))


def serve(file: Path) -> Served:
    """The vendor whose spec is `file`, with the package of the same name if there is one.

    Raises:
        SpecError, VendorError: see `discover`.
    """
    contract = reader.load(file)
    vendor, fixtures = _package(contract.name)
    _check_names(contract, vendor)
    schemes = contract.document.get("components", {}).get("securitySchemes", {})
    return Served(
        name=contract.name,
        spec=contract,
        vendor=vendor,
        plans=compile_plans(contract, vendor.formats),
        rooms={
            operation.id: _room(contract, operation, vendor.batches.get(operation.id, BatchRoom()))
            for operation in contract.operations.values()
            if operation.batch
        },
        handlers={
            operation.id: _handler(contract, operation, vendor)
            for operation in contract.operations.values()
            if not operation.batch
        },
        refuse=_refusing(vendor.refuse or generic.refuse),
        schemes={name: Scheme(name, node) for name, node in schemes.items()},
        fixtures=fixtures,
        assumptions=defaults(_switches(vendor)),
        keys=None if _has_keys(vendor) else Keys(contract),
    )


def _refusing(refuse: Refuse) -> Refuse:
    """As the vendor refuses; what it cannot read is told what it could, which is no matter of its words."""

    def refused(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        return told_what_is_read(refuse(refusal, call, operation, state), refusal)

    return refused


def _switches(vendor: Vendor) -> tuple[Assumption, ...]:
    return (*vendor.assumptions, *COMMON, *(() if _has_keys(vendor) else SWITCHES))


def _has_keys(vendor: Vendor) -> bool:
    """Whether the vendor knows of itself what becomes of the same call twice."""
    return vendor.replay is not None or vendor.remember is not None


def packages() -> tuple[str, ...]:
    """The names of all vendor packages."""
    module = importlib.import_module(PACKAGE)
    return tuple(sorted(found.name for found in pkgutil.iter_modules(module.__path__)))


def _package(name: str) -> tuple[Vendor, Tables]:
    if find_spec(f"{PACKAGE}.{name}") is None:
        return _BARE, {}
    module = importlib.import_module(f"{PACKAGE}.{name}")
    vendor = getattr(module, "VENDOR", None)
    if not isinstance(vendor, Vendor):
        raise VendorError(f"{module.__name__}: VENDOR is missing")
    file = Path(str(module.__file__)).parent / "fixtures.yaml"
    fixtures: Mapping[str, Mapping[str, Mapping[str, Document]]] = (
        yaml.load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    )
    return vendor, {f"{name}/{tenant}": collections for tenant, collections in fixtures.items()}


def _check_names(contract: Spec, vendor: Vendor) -> None:
    for operation in (*vendor.batches, *vendor.operations):
        if operation not in contract.operations:
            raise VendorError(f"{contract.name}: {operation} is not an operation of its spec")


def _room(contract: Spec, operation: Operation, room: BatchRoom) -> Room:
    batch = operation.batch
    where = f"{contract.name}: {operation.id}"
    if batch is None:
        raise VendorError(f"{where}: has no x-batch")
    if room.apply is None and not (batch.collection and batch.key):
        raise SpecError(
            f"{where}: add to its x-batch: collection: <where accepted items live>, key: [<member>]"
        )
    if room.render is None and "list" not in batch.outcome:
        raise SpecError(
            f"{where}: add to its x-batch: "
            "outcome: {list: /data, status: /status, message: /body, key: /id}"
        )
    status = next((int(code) for code in operation.responses if code.startswith("2") and code.isdigit()), 207)
    media_types = operation.responses.get(str(status), ())
    media_type = next((name for name in media_types if name.endswith("json")), JSON)
    parts = {part.name: getattr(room, part.name) for part in fields(room)}
    parts["apply"] = room.apply or generic.upsert(batch)
    parts["render"] = room.render or generic.multi_status(batch, status, media_type)
    return Room(**parts)


def _handler(contract: Spec, operation: Operation, vendor: Vendor) -> Handler:
    found = vendor.operations.get(operation.id) or generic.handler(operation)
    if found is None:
        raise SpecError(
            f"{contract.name}: {operation.id}: nothing answers it; a GET needs x-collection: <name>, "
            "any other operation a vendor package"
        )
    return found
