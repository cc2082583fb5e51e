"""Dump and load the state of a sandbox; validate a dump before loading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from mockserver.control.control_call import UnprocessableCallError
from mockserver.control.known_states import NOW, known_state
from mockserver.control.scenario_documents import document_problems
from mockserver.control.state_schemas import SANDBOX_COLLECTIONS, VENDOR_COLLECTIONS
from mockserver.engine.registry import InvalidAssumptionError, LoadedVendor, check_assumption_values
from mockserver.model import EMPTY, Document, Json, Path, pointer_of
from mockserver.sandbox import snapshots
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.sandboxes import Sandboxes, count_records
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.settings import SETTINGS
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class StateOperations:
    """Operations on a sandbox's state. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]

    def dump_sandbox(self, name: str, vendor: str = "", of: str = NOW) -> Json:
        """Return the whole state, or the state of one vendor, as it is or as it was: see `known_state`.

        Raises:
            UnprocessableCallError: no vendor with this name is served.
            UnknownSnapshotError: there is no snapshot with this id.
            UnknownEntryError: the state around this call is not known.
        """
        self._check_vendor(vendor)
        held = known_state(self.sandboxes, name, of)
        return {scope: tables for scope, tables in held.items() if _is_of(scope, vendor)}

    def load_state(self, name: str, body: Document, vendor: str = "") -> Document:
        """Load a dump, of all vendors or of one; load it completely or not at all.

        Seed, clock and scenarios that a full dump leaves out are kept.

        Raises:
            UnprocessableCallError: the vendor is not served, or the dump is invalid.
        """
        self._check_vendor(vendor)
        tables = self._validated(body, vendor)

        def work(whole: SandboxState) -> Document:
            held = snapshots.dump_tables(whole)
            kept = {
                scope: held[scope] for scope in held if not _is_of(scope, vendor) or scope == SANDBOX_SCOPE
            }
            snapshots.load_tables(whole, {**kept, **tables})
            snapshots.note_loaded(whole, (pointer_of((scope,)) for scope in tables if scope != SANDBOX_SCOPE))
            return {"records": count_records(snapshots.dump_tables(whole))}

        return self.sandboxes.control(name, work)

    def merge_state(self, name: str, body: Document) -> Document:
        """Set the given documents and delete those that are null, all of them or none.

        Raises:
            UnprocessableCallError: a vendor is not served, or the state would be invalid.
        """
        check_problems(
            problem
            for scope, tables in body.items()
            for problem in _malformed(scope, tables, null_is_valid=True)
        )

        def work(whole: SandboxState) -> Document:
            held = snapshots.dump_tables(whole)
            merged = {scope: _merged(held.get(scope, EMPTY), tables) for scope, tables in body.items()}
            check_problems(DumpValidator(self.served).problems(merged))
            snapshots.load_tables(whole, {**held, **merged})
            snapshots.note_loaded(whole, map(pointer_of, _keys_in(body)))
            return {"records": count_records(snapshots.dump_tables(whole))}

        return self.sandboxes.control(name, work)

    def _check_vendor(self, vendor: str) -> None:
        names = [one.name for one in self.served]
        if vendor and vendor not in names:
            detail = f"no vendor {vendor} is served; there are {', '.join(names)}"
            raise UnprocessableCallError(
                detail, [{"pointer": "/query/vendor", "code": "unknown-vendor", "detail": detail}]
            )

    def _validated(self, body: Document, vendor: str) -> Tables:
        check_problems(DumpValidator(self.served, vendor).problems(body))
        return body


def check_problems(problems: Iterator[Document]) -> None:
    """Raise if there are any problems.

    Raises:
        UnprocessableCallError: there are; it lists the first ones.
    """
    shown = list(islice(problems, MAX_PROBLEMS))
    if shown:
        more = sum(1 for _ in problems)
        also = f", and {more:,} more" if more else ""
        raise UnprocessableCallError(f"the state cannot be loaded: {shown[0]['detail']}{also}", shown)


def _merged(tables: Mapping[str, Mapping[str, Document]], patch: Document) -> Document:
    """Return the tables with the documents of `patch`, without those that it has as null."""
    merged = dict(tables)
    for name, documents in patch.items():
        both = {**tables.get(name, EMPTY), **documents}
        merged[name] = {key: document for key, document in both.items() if document is not None}
    return merged


def _keys_in(body: Document) -> Iterator[Path]:
    """Yield scope, collection and key of each document of a vendor."""
    for scope, tables in body.items():
        for name, documents in tables.items():
            yield from ((scope, name, key) for key in documents if scope != SANDBOX_SCOPE)


def _is_of(scope: str, vendor: str) -> bool:
    return not vendor or scope.startswith(f"{vendor}/")


@dataclass(frozen=True, slots=True)
class DumpValidator:
    """Validates dumps for this server's vendors, or with `vendor` for that one alone."""

    served: tuple[LoadedVendor, ...]
    vendor: str = ""

    def problems(self, dump: Document) -> Iterator[Document]:
        """Yield all problems in the order of the dump, with pointer, code and detail."""
        names = [one.name for one in self.served]
        owners = (self.vendor,) if self.vendor else (*names, SANDBOX_SCOPE.rstrip("/"))
        for scope, tables in dump.items():
            owner, slash, tenant = scope.partition("/")
            if owner not in owners or not slash or (f"{owner}/" == SANDBOX_SCOPE and tenant):
                expected = ", ".join(f"{name}/…" for name in owners)
                yield _problem_document(
                    (scope,), "unknown-scope", f"expected scopes {expected}, found {scope}"
                )
                continue
            malformed = list(_malformed(scope, tables))
            yield from malformed or self._content_problems(scope, tables)

    def _content_problems(self, scope: str, tables: Json) -> Iterator[Document]:
        if scope == SANDBOX_SCOPE:
            return self._sandbox_problems(tables)
        return self._vendor_problems(scope.partition("/")[0], tables) if scope.endswith("/") else iter(())

    def _sandbox_problems(self, tables: Json) -> Iterator[Document]:
        is_valid = True
        for name in (SETTINGS, *(name for name in tables if name != SETTINGS)):
            if name not in SANDBOX_COLLECTIONS:
                yield _problem_document(
                    (SANDBOX_SCOPE, name),
                    "unknown-collection",
                    f"a sandbox has no collection {name} of its own",
                )
                continue
            for problem in SANDBOX_COLLECTIONS[name].problems(tables.get(name, {}), (SANDBOX_SCOPE, name)):
                is_valid = False
                yield _problem_document(problem.path, problem.code, problem.detail)
        if not is_valid:
            return
        beginning = tables[SETTINGS]["beginning"]
        where: Path = (SANDBOX_SCOPE, SETTINGS, "beginning")
        yield from self._value_problems(beginning["assumptions"], (*where, "assumptions"))
        for index, document in enumerate(beginning["scenarios"]):
            yield from document_problems(document, self.served, pointer_of((*where, "scenarios", index)))
        for name, record in tables.get(SCENARIOS, {}).items():
            place: Path = (SANDBOX_SCOPE, SCENARIOS, name)
            yield from document_problems(record["document"], self.served, pointer_of((*place, "document")))
            if not name == record["name"] == record["document"].get("name"):
                yield _problem_document(
                    place, "wrong-name", f"the scenario stored as {name} has another name"
                )

    def _vendor_problems(self, vendor: str, tables: Json) -> Iterator[Document]:
        scope = f"{vendor}/"
        found = [
            problem
            for name in tables
            if name in VENDOR_COLLECTIONS
            for problem in VENDOR_COLLECTIONS[name].problems(tables[name], (scope, name))
        ]
        yield from (_problem_document(one.path, one.code, one.detail) for one in found)
        if not found:
            for name, record in tables.get(ASSUMPTIONS_COLLECTION, {}).items():
                place: Path = (scope, ASSUMPTIONS_COLLECTION, name)
                if record["name"] != name:
                    yield _problem_document(
                        place, "wrong-name", f"the assumption stored as {name} has another name"
                    )
                yield from self._value_problems({f"{vendor}.{name}": record["value"]}, place)

    def _value_problems(self, values: Document, path: Path) -> Iterator[Document]:
        try:
            check_assumption_values(self.served, values)
        except InvalidAssumptionError as error:
            yield _problem_document(path, "unknown-value", str(error))


def _malformed(scope: str, tables: Json, *, null_is_valid: bool = False) -> Iterator[Document]:
    """Yield where `tables` is not documents, or with `null_is_valid` nulls, by collection and key."""
    if not isinstance(tables, dict):
        yield _problem_document((scope,), "wrong-type", "expected an object of collections")
        return
    for name, documents in tables.items():
        if not isinstance(documents, dict):
            yield _problem_document((scope, name), "wrong-type", "expected an object of documents by key")
            continue
        for key, document in documents.items():
            if not isinstance(document, dict) and not (document is None and null_is_valid):
                yield _problem_document((scope, name, key), "wrong-type", "expected a document (an object)")


def _problem_document(path: Path, code: str, detail: str) -> Document:
    return {"pointer": pointer_of(path), "code": code, "detail": detail}
