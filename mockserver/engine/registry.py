"""Find and load vendors (spec, package, fixtures); list assumptions, and check values for them."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from typing import Any

from msgspec.structs import replace

from mockserver.codec import yaml
from mockserver.engine import declared_answers
from mockserver.engine.auth import CREDENTIALS, SecurityScheme
from mockserver.engine.callbacks import CallbackWriter, callback_writers
from mockserver.engine.declared_outcomes import render_batch
from mockserver.engine.declared_refusals import DeclaredRefusals
from mockserver.engine.example_answers import Examples
from mockserver.engine.idempotency import IdempotencyExtension, idempotency_assumptions
from mockserver.engine.jobs import BatchJobs, find_jobs, job_handlers
from mockserver.engine.negotiation import Negotiation, read_negotiation
from mockserver.engine.plan import CompiledOperation, compile_operations
from mockserver.engine.rate_limit import RateLimit, read_rate_limit
from mockserver.engine.refusals import CallRefuser
from mockserver.engine.resources import Resource, batch_resource, find_resources
from mockserver.engine.stored_answers import store_items, stored_handler
from mockserver.engine.whole_requests import render_responses, run_requests
from mockserver.errors import MockServerError, SpecError, VendorError
from mockserver.model import EMPTY, Call, Document
from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS, Assumption, default_values, read_assumptions
from mockserver.sandbox.store import Tables
from mockserver.spec import loading
from mockserver.spec.batch_forms import Batch
from mockserver.spec.folder import spec_files_in, specs_folder
from mockserver.spec.marks import batch_correction, outcome_fault
from mockserver.spec.openapi import Operation, Spec, misused
from mockserver.spec.outcomes import NO_ROWS
from mockserver.spec.overlay import Overlay, read_overlay
from mockserver.vendor import BatchHandler, CompleteBatchHandler, Handler, Refuse, Vendor

VENDORS_PACKAGE = "mockserver.vendors"
_LOADING = RLock()
_VENDOR_WITHOUT_CODE = Vendor()


@dataclass(frozen=True, slots=True)
class LoadedVendor:
    """A vendor: every operation of its spec has a handler."""

    name: str
    fixtures: Tables
    spec: Spec
    vendor: Vendor
    plans: Mapping[str, CompiledOperation]
    batch_handlers: Mapping[str, CompleteBatchHandler]
    handlers: Mapping[str, Handler]
    refuse: Refuse
    schemes: Mapping[str, SecurityScheme]
    assumptions: Mapping[str, str]
    idempotency: IdempotencyExtension | None
    rate_limit: RateLimit | None
    examples: Mapping[str, Examples]
    """Handlers that answer with examples, by operationId; empty unless the spec is a user's own file."""
    negotiation: Negotiation | None = None
    jobs: Mapping[str, BatchJobs] = field(default_factory=dict)
    """Jobs of batches, by operationId of the batch."""
    callbacks: Mapping[str, tuple[CallbackWriter, ...]] = field(default_factory=dict)
    """Callbacks and webhooks, by the operationId of the calls that cause them."""
    is_packaged: bool = False
    """Whether `packaged` made it. Its spec has no notes and no other files, and is not a user's own."""

    @classmethod
    def packaged(cls, name: str) -> LoadedVendor:
        """Return the vendor of a package and its spec in `specs_folder()`, and read only its fixtures.

        The first use of another part loads all parts, and may raise SpecError or VendorError.
        """
        vendor = cls.__new__(cls)
        for part, value in (("name", name), ("fixtures", _load_fixtures(name)), ("is_packaged", True)):
            object.__setattr__(vendor, part, value)
        return vendor

    def __getattr__(self, part: str) -> Any:
        """Load the parts of a packaged vendor, and return one. Python calls this if the part is not set."""
        if part not in self.__slots__:
            raise AttributeError(part)
        with _LOADING:
            try:
                return object.__getattribute__(self, part)  # another thread has loaded the parts meanwhile
            except AttributeError:
                contract = loading.load_spec(specs_folder() / f"{self.name}.yaml")
                whole = _load(contract, self.fixtures, "", on_demand=True)
            for name in self.__slots__:
                if name != "is_packaged":
                    object.__setattr__(self, name, getattr(whole, name))
        return getattr(whole, part)

    @property
    def all_assumptions(self) -> tuple[Assumption, ...]:
        """Assumptions of the vendor, then common assumptions, then those of the `idempotency` extension."""
        return _assumptions_of(self.vendor, self.spec)

    def replay_hooks(self, call: Call) -> IdempotencyExtension | Vendor:
        return (
            self.idempotency
            if self.idempotency is not None and self.idempotency.is_enabled(call)
            else self.vendor
        )

    @property
    def kept_when_empty(self) -> Tables:
        kept = (CREDENTIALS, *self.vendor.kept_when_empty)
        return {
            scope: {name: documents for name, documents in collections.items() if name in kept}
            for scope, collections in self.fixtures.items()
        }

    @property
    def tenant_header(self) -> str:
        """Name of the header that names the tenant; "" if no header does."""
        places = self.spec.scope
        return str(places[0]["name"]) if places and places[0]["in"] == "header" else ""


def discover_vendors(
    folders: Iterable[Path] = (),
    only: Iterable[str] = (),
    own_files: Iterable[Path] = (),
    overlays: Iterable[Path] = (),
) -> tuple[LoadedVendor, ...]:
    """Return the vendor of each spec in `specs_folder()`, in `folders` and among `own_files`, sorted by name.

    A vendor of `specs_folder()` that has a package and no overlays is loaded at its first use. If `only` has
    names, return those vendors alone. Raises SpecError: a spec cannot be served, two specs have the same
    name, or an overlay cannot be used; VendorError: a package does not fit its spec, or `only` has an unknown
    name.
    """
    files: dict[str, Path] = {}
    in_folders = [file for folder in (specs_folder(), *folders) for file in spec_files_in(folder)]
    for file in (*in_folders, *own_files):
        name = file.stem if file in in_folders else loading.vendor_name(file)
        if name in files:
            raise SpecError(f"{file}: a vendor named {name} already exists")
        files[name] = file
    wanted = tuple(only) or tuple(files)
    if unknown := [name for name in wanted if name not in files]:
        raise VendorError(f"no vendor named {unknown[0]}; there are {', '.join(sorted(files))}")
    changed = _overlays_by_name({name: files[name] for name in wanted}, tuple(own_files), overlays)
    ours = specs_folder()
    return tuple(
        load_vendor(files[name], changed.get(name, ()))
        if name in changed or files[name] != ours / f"{name}.yaml" or not _has_package(name)
        else LoadedVendor.packaged(name)
        for name in sorted(set(wanted))
    )


def _overlays_by_name(
    files: Mapping[str, Path], own_files: Sequence[Path], overlays: Iterable[Path]
) -> Mapping[str, Sequence[Overlay]]:
    """Return the overlays by vendor name. An overlay applies to the file that its `extends` names.

    If `extends` names none of `files`, the overlay applies to the only file of `own_files`, or if `own_files`
    is empty, to the only file of `files`.
    Raises SpecError: there is more than one file that the overlay may apply to.
    """
    found: dict[str, list[Overlay]] = {}
    for overlay in map(read_overlay, overlays):
        meant = [name for name, file in files.items() if overlay.extends == file.name]
        own = [name for name, file in files.items() if file in own_files]
        names = meant or own or list(files)
        if len(names) != 1:
            message = f"it does not say which of {', '.join(files)} it changes"
            cure = f"extends: {files[names[0]].name}"
            raise SpecError(message, ("extends",), file=overlay.name, cure=cure)
        found.setdefault(names[0], []).append(overlay)
    return found


def load_vendor(file: Path, overlays: Sequence[Overlay] = ()) -> LoadedVendor:
    """Load the vendor of the spec `file`, with its package. Raises SpecError, VendorError.

    If `file` is a user's own file, compile operations at their first calls.
    """
    return load_document(read_spec(file, overlays), file.name)


def read_spec(file: Path, overlays: Sequence[Overlay] = ()) -> Spec:
    """Read an OpenAPI file: strictly, unless it is a user's own file (`is_own_file`). Raises SpecError."""
    load = loading.load_own if is_own_file(file) else loading.load_spec
    return load(file, overlays)


def is_own_file(file: Path) -> bool:
    """Return whether no package has the file's name, and the file is not OpenAPI 3.0 with our annotations.

    Raises SpecError: the file cannot be read.
    """
    return not _has_package(loading.vendor_name(file)) and not loading.is_marked(file)


def load_document(contract: Spec, file: str = "") -> LoadedVendor:
    """Load the vendor of the spec `contract`; `file` is for error messages. Raises SpecError, VendorError."""
    return _load(contract, _load_fixtures(contract.name), file, on_demand=contract.is_own)


def _load(contract: Spec, fixtures: Tables, file: str, *, on_demand: bool) -> LoadedVendor:
    vendor = _load_package(contract.name)
    for operation in (*vendor.batches, *vendor.operations):
        if operation not in contract.operations:
            raise VendorError(f"{contract.name}: {operation} is not an operation of its spec")
    # A package's own mistake keeps its traceback.
    is_spec_alone = vendor is _VENDOR_WITHOUT_CODE
    with loading.refuse_malformed(file or contract.name) if is_spec_alone else nullcontext():
        plans = compile_operations(contract, vendor.formats, on_demand=on_demand)
        return _assemble(contract, vendor, fixtures, plans)


def _assemble(
    contract: Spec, vendor: Vendor, fixtures: Tables, plans: Mapping[str, CompiledOperation]
) -> LoadedVendor:
    nodes = contract.document.get("components", {}).get("securitySchemes", {})
    schemes = {name: SecurityScheme(name, node) for name, node in nodes.items()}
    own = contract.operations if contract.is_own else {}
    examples = {name: Examples(contract, operation) for name, operation in own.items()}
    resources = find_resources(contract) if own else {}
    answers = {
        name: stored_handler(contract, own[name], resources, one) or one for name, one in examples.items()
    }
    jobs = find_jobs(contract)
    answers |= job_handlers(jobs)
    return LoadedVendor(
        name=contract.name,
        spec=contract,
        vendor=vendor,
        plans=plans,
        batch_handlers={
            operation.id: _batch_handler(
                contract, operation, vendor.batches.get(operation.id, BatchHandler()), resources, jobs
            )
            for operation in contract.operations.values()
            if operation.batch
        },
        handlers={
            operation.id: _operation_handler(contract, operation, vendor, answers)
            for operation in contract.operations.values()
            if not operation.batch
        },
        refuse=CallRefuser(vendor, vendor.refuse or DeclaredRefusals(contract), schemes),
        schemes=schemes,
        fixtures=fixtures,
        assumptions=default_values(_assumptions_of(vendor, contract)),
        idempotency=None if _has_own_idempotency(vendor) else IdempotencyExtension(contract),
        rate_limit=_rate_limit(contract, vendor, schemes),
        negotiation=read_negotiation(contract),
        examples=examples,
        jobs=jobs,
        callbacks=callback_writers(contract),
    )


def _rate_limit(contract: Spec, vendor: Vendor, schemes: Mapping[str, SecurityScheme]) -> RateLimit | None:
    node = contract.document.get("x-rate-limit")
    if node is None:
        return None
    try:
        return read_rate_limit(node, _assumptions_of(vendor, contract), schemes)
    except SpecError as error:
        raise error.within(contract.name) from None


def _assumptions_of(vendor: Vendor, contract: Spec) -> tuple[Assumption, ...]:
    return (
        *vendor.assumptions,
        *COMMON_ASSUMPTIONS,
        *(
            ()
            if _has_own_idempotency(vendor)
            else idempotency_assumptions(contract, is_packaged=vendor is not _VENDOR_WITHOUT_CODE)
        ),
    )


def _has_own_idempotency(vendor: Vendor) -> bool:
    return vendor.replay is not None or vendor.remember is not None


def vendor_names() -> tuple[str, ...]:
    """Return the names of all vendors whose specs are in `specs_folder()`, with a package or without."""
    return tuple(file.stem for file in spec_files_in(specs_folder()))


def vendor_packages() -> tuple[str, ...]:
    module = importlib.import_module(VENDORS_PACKAGE)
    return tuple(sorted(found.name for found in pkgutil.iter_modules(module.__path__)))


def _has_package(name: str) -> bool:
    return find_spec(f"{VENDORS_PACKAGE}.{name}") is not None


def _load_package(name: str) -> Vendor:
    if not _has_package(name):
        return _VENDOR_WITHOUT_CODE
    module = importlib.import_module(f"{VENDORS_PACKAGE}.{name}")
    vendor = getattr(module, "VENDOR", None)
    if not isinstance(vendor, Vendor):
        raise VendorError(f"{module.__name__}: VENDOR is missing")
    assumptions = (*vendor.assumptions, *read_assumptions(_load_yaml(name, "assumptions.yaml")))
    return replace(vendor, assumptions=assumptions)


def _load_fixtures(name: str) -> Tables:
    fixtures = _load_yaml(name, "fixtures.yaml")
    return {f"{name}/{tenant}": collections for tenant, collections in fixtures.items()}


def _load_yaml(vendor: str, name: str) -> Mapping[str, Any]:
    """Return the content of a file of a vendor's package; {} if there is no package or no file."""
    package = find_spec(f"{VENDORS_PACKAGE}.{vendor}")
    file = Path(str(package.origin)).with_name(name) if package else None
    found: Mapping[str, Any] = yaml.load(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    return found


def _batch_handler(
    contract: Spec,
    operation: Operation,
    handler: BatchHandler,
    resources: Mapping[str, Resource],
    jobs: Mapping[str, BatchJobs],
) -> CompleteBatchHandler:
    batch = operation.batch
    place = (*operation.place, "x-batch")
    if batch is None:
        raise VendorError(f"{contract.name}: {operation.id}: has no x-batch")
    if handler.apply is None and not (batch.requests or (batch.collection and batch.key)):
        absent = "x-batch: collection: <where accepted items live>, key: [<member>]"
        raise SpecError(f"{operation.id}: add to its {absent}", place, file=contract.name, lacks="key")
    if handler.render is None and not batch.requests:
        _check_outcome(contract, operation, batch)
    parts = {part.name: getattr(handler, part.name) for part in dataclasses.fields(handler)}
    if batch.requests:
        parts["apply"] = handler.apply or run_requests(contract, batch, batch.requests)
        try:
            parts["render"] = handler.render or render_responses(contract, operation, batch, batch.requests)
        except SpecError as error:
            raise error.within(contract.name, operation.id, operation.place) from None
        return CompleteBatchHandler(**parts)
    resource = batch_resource(contract, operation, resources) if contract.is_own else None
    by_spec = store_items(resource, operation) if resource else declared_answers.upsert_items(batch)
    if batch.actions and resource is None and handler.apply is None:
        raise misused("x-batch.actions", "records with actions have a key of one member", "key: [id]")
    is_by_key = batch.outcome.names_by_key and handler.render is None and not batch.is_map
    by_spec = declared_answers.with_distinct_keys(by_spec, batch) if is_by_key else by_spec
    parts["apply"] = handler.apply or by_spec
    by_form = jobs[operation.id].accept if batch.job else render_batch(contract, operation, batch)
    parts["render"] = handler.render or by_form
    return CompleteBatchHandler(**parts)


def _check_outcome(contract: Spec, operation: Operation, batch: Batch) -> None:
    """Raise SpecError if the operation's answer in the spec cannot show the outcome of each item."""
    place = (*operation.place, "x-batch")
    written = operation.node["x-batch"]
    fault = outcome_fault(contract.document, operation.path, operation.method, written)
    if not (batch.outcome.rows or contract.is_own) and fault == NO_ROWS:
        outcome = "outcome: {list: /data, status: /status, message: /body, key: /id}"
        message = f"{operation.id}: add to its x-batch: {outcome}"
        raise SpecError(message, place, file=contract.name, lacks="outcome")
    if fault:
        of_own = batch_correction(contract.document, operation.path, operation.method)
        of_row = "outcome: {list: /…, status: /…} of a row for each item"
        cure = of_own or "x-batch: false" if contract.is_own else of_row
        message = f"{operation.id}: x-batch cannot tell what becomes of each item: {fault}"
        raise SpecError(message, place, file=contract.name, cure=cure)


def _operation_handler(
    contract: Spec, operation: Operation, vendor: Vendor, own: Mapping[str, Handler]
) -> Handler:
    if operation.id in own:
        return own[operation.id]
    found = vendor.operations.get(operation.id) or declared_answers.default_handler(operation, contract)
    if found is None:
        raise SpecError(
            f"{operation.id}: nothing answers it; a GET, or a DELETE of one record, needs "
            "x-collection: <name>, any other operation a vendor package",
            (*operation.place, "x-collection"),
            file=contract.name,
            lacks="handler",
        )
    return found


class InvalidAssumptionError(MockServerError):
    def __init__(self, assumption: str, detail: str) -> None:
        super().__init__(detail)
        self.assumption = assumption


def assumptions_by_name(served: Iterable[LoadedVendor]) -> Mapping[str, Assumption]:
    return {f"{vendor.name}.{one.name}": one for vendor in served for one in vendor.all_assumptions}


def check_assumption_values(served: Iterable[LoadedVendor], values: Mapping[str, str | None]) -> None:
    """Raise InvalidAssumptionError unless every assumption exists and accepts its value.

    The value None stands for the default.
    """
    known = assumptions_by_name(served)
    for name, value in values.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; do you mean {near[0]}?" if near else ""
            raise InvalidAssumptionError(name, f"there is no assumption {name}{hint}")
        assumption = known[name]
        if value is not None and not assumption.accepts(value):
            there = ", ".join((assumption.default, *assumption.alternatives))
            raise InvalidAssumptionError(name, f"{name} has no value {value}; it has {there}")


def list_assumptions(served: Iterable[LoadedVendor], overrides: Mapping[str, str] = EMPTY) -> list[Document]:
    """Return every assumption with its value (overridden or default), its meaning and its source."""
    return [
        {
            "id": name,
            "value": overrides.get(name, one.default),
            "default": one.default,
            "alternatives": list(one.alternatives),
            "pattern": one.pattern or None,
            "meaning": one.meaning,
            "source": one.source,
        }
        for name, one in assumptions_by_name(served).items()
    ]
