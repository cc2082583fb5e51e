"""Operations that list, dump, validate and load the state of a sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from mockserver.codec.instants import parse_instant
from mockserver.control.control_call import UnknownNameError, UnprocessableCallError
from mockserver.control.scenarios import document_problems
from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.idempotency import IDEMPOTENCY_COLLECTION
from mockserver.engine.registry import InvalidAssumptionError, LoadedVendor, check_assumption_values
from mockserver.journal.item_values import find_amount, find_currency, print_money
from mockserver.model import EMPTY, Document, Json, Path, Value, pointer_of, texts_in, value_at
from mockserver.sandbox import snapshots
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.clock import normalize_clock_instant
from mockserver.sandbox.deliveries import DELIVERIES, WEBHOOKS, OwedDelivery
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.sandboxes import SETTINGS, Sandboxes, count_records
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIO_STATES, SCENARIOS
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables
from mockserver.spec.schema import Schema, compile_schema

NOW, FIXTURES = "now", "fixtures"
_OTHER_SANDBOX, _BEFORE, _AFTER = "sandbox:", "before:", "after:"

_OWN_COLLECTIONS = frozenset(
    {ASSUMPTIONS_COLLECTION, CREDENTIALS, IDEMPOTENCY_COLLECTION, QUOTAS, "sequences"}
)
_NAME = re.compile(r"(?<!currency)(?<!currency_)(name|number|code|reference)$", re.IGNORECASE)
"""Names of members that name a record whose API has no batch of such records."""

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_WINDOW = {"type": "integer"}
_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "instant"}
_FROZEN_INSTANT = {"type": "string", "format": "standing instant", "nullable": True}
_CREDENTIAL = {
    "type": "object",
    "properties": {
        "scheme": _TEXT,
        "kind": _TEXT,
        "name": _TEXT,
        "expires": _INSTANT,
        "scopes": {"type": "array", "nullable": True, "items": _TEXT},
    },
}
MAX_PROBLEMS = 20


def known_state(sandboxes: Sandboxes, name: str, which: str) -> Tables:
    """Return the state that `which` describes, without snapshots.

    `which` is `now`, `fixtures` (the initial state), the id of a snapshot, `before:` or `after:` with the
    number of a call, or `sandbox:` with the name of another sandbox. Raises UnknownSandboxError,
    UnknownSnapshotError, UnknownNameError.
    """
    if which == NOW:
        return sandboxes.dump(name)
    if which == FIXTURES:
        return sandboxes.initial_tables(sandboxes.show(name).settings)
    if which.startswith(_OTHER_SANDBOX):
        return sandboxes.dump(which.removeprefix(_OTHER_SANDBOX))
    if which.startswith((_BEFORE, _AFTER)):
        return _state_of_call(sandboxes, name, which)
    return sandboxes.control(name, lambda whole: snapshots.snapshot_tables(whole, which))


def _state_of_call(sandboxes: Sandboxes, name: str, which: str) -> Tables:
    number = int(which.partition(":")[2])
    known = sandboxes.store.call_states(name, [number]).get(number)
    if known is None:
        detail = f"the states before and after call {number} are no longer kept, or there was no such call"
        raise UnknownNameError(detail, code="unknown-entry")
    return snapshots.without_snapshots(known.before if which.startswith(_BEFORE) else known.after)


def is_own_collection(scope: str, collection: str) -> bool:
    """Return whether a collection has the server's own data (such as quotas or settings), not records."""
    return scope == SANDBOX_SCOPE or collection in _OWN_COLLECTIONS


def record_label(document: Document, key_paths: Iterable[Path]) -> str:
    """Return the key by which clients know a record, and its amount, such as `R-17 · EUR 150.00`."""
    keys = [value for path in key_paths if (value := value_at(document, path)) is not None]
    names = [value for name, value in document.items() if _NAME.search(name) and isinstance(value, str)]
    amount = find_amount(document)
    money = "" if amount is None else print_money(find_currency(document), amount)
    return " · ".join(filter(None, ("/".join(map(str, keys)) or next(filter(None, names), ""), money)))


def named_collections(vendor: LoadedVendor) -> frozenset[str]:
    operations = vendor.spec.operations.values()
    named = {operation.collection for operation in operations} | {
        operation.batch.collection for operation in operations if operation.batch
    }
    return frozenset(name for name in named if name)


def _matching(documents: Mapping[str, Document], key: str, text: str) -> Iterator[str]:
    if key:
        return (one for one in (key,) if one in documents)
    if not text:
        return iter(documents)
    return (
        one
        for one, document in documents.items()
        if text in one.casefold() or any(text in value.casefold() for value in texts_in(document))
    )


def _closed_object(**members: Document) -> Document:
    return {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def _collections(**shapes: Document) -> Mapping[str, Schema]:
    return {
        name: _compiled({"type": "object", "additionalProperties": shape}) for name, shape in shapes.items()
    }


def _compiled(node: Document) -> Schema:
    return compile_schema(
        {},
        node,
        {"instant": _format_check(parse_instant), "standing instant": _format_check(normalize_clock_instant)},
    )


def _format_check(read: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


_QUOTA = {
    "anyOf": [
        _closed_object(window=_WINDOW, used=_NUMBER),
        _closed_object(window=_WINDOW, used=_NUMBER, limit=_NUMBER, seconds={**_NUMBER, "minimum": 1}),
        _closed_object(at=_INSTANT, tokens={"type": "string", "pattern": "^[0-9.e+-]{1,40}$"}),
    ]
}
_COUNTER = {
    "anyOf": [
        _closed_object(calls=_NUMBER, taken=_NUMBER, hits=_NUMBER),
        _closed_object(calls=_NUMBER, hits=_NUMBER),
        _closed_object(attempts=_NUMBER),
        _closed_object(window=_WINDOW, used=_NUMBER),
    ]
}
_CLOCK = _closed_object(
    frozen=_FROZEN_INSTANT, ahead={"type": "integer", "minimum": 0, "maximum": 3155760000}
)
_SETTINGS = _closed_object(
    seed=_NUMBER,
    frozen=_FROZEN_INSTANT,
    empty={"type": "boolean"},
    assumptions={"type": "object", "additionalProperties": _TEXT},
    scenarios={"type": "array", "items": {"type": "object"}},
)
_SCENARIO = _closed_object(
    name=_TEXT, armed={"type": "boolean"}, order={**_NUMBER, "minimum": 1}, document={"type": "object"}
)
SANDBOX_COLLECTIONS: Mapping[str, Schema] = {
    **_collections(
        **{
            SCENARIOS: _SCENARIO,
            SCENARIO_COUNTERS: _COUNTER,
            SCENARIO_STATES: _closed_object(value=_TEXT),
            "sequences": _closed_object(last=_NUMBER),
            WEBHOOKS: _closed_object(
                addresses={"type": "array", "items": {"type": "object", "required": ["url", "vendor"]}}
            ),
            DELIVERIES: {"type": "object", "required": list(OwedDelivery.__struct_encode_fields__)},
        }
    ),
    SETTINGS: _compiled(
        _closed_object(seed=_closed_object(value=_NUMBER), clock=_CLOCK, beginning=_SETTINGS)
    ),
}
"""Schemas of the collections in a sandbox's own scope."""

SAVED_SNAPSHOTS: Schema = _compiled(
    _closed_object(
        last=_NUMBER,
        kept={
            "type": "object",
            "additionalProperties": _closed_object(
                id=_TEXT,
                at=_INSTANT,
                label=_TEXT,
                records=_NUMBER,
                number={**_NUMBER, "minimum": 1},
                tables={"type": "object"},
            ),
        },
    )
)
"""Schema of a sandbox's snapshots (see `sandbox.snapshots.dump_snapshots`); it does not check tables."""

VENDOR_COLLECTIONS: Mapping[str, Schema] = _collections(
    **{
        ASSUMPTIONS_COLLECTION: _closed_object(name=_TEXT, value=_TEXT),
        CREDENTIALS: _CREDENTIAL,
        QUOTAS: _QUOTA,
        "sequences": _closed_object(last=_NUMBER),
    }
)
"""Schemas of the server's own collections in a vendor's scope, outside all tenants."""


class StateOperations(Value, frozen=True):
    """Operations on a sandbox's state. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]

    def list_collections(self, name: str) -> Json:
        return [
            {
                "scope": scope,
                "collection": collection,
                "records": len(documents),
                "own": is_own_collection(scope, collection),
            }
            for scope, tables in sorted(self.sandboxes.dump(name).items())
            for collection, documents in sorted(tables.items())
            if documents
        ]

    def list_records(  # noqa: PLR0913 - the parameters of the spec
        self, name: str, *, scope: str, collection: str, key: str, text: str, offset: int, last: int
    ) -> Document:
        """Return a page of the matching records of a collection, and the last writer of each record.

        If `key` is set, only the record with this key matches; otherwise all records match that have `text`
        in the key or a value, in any letter case.
        """
        documents = self.sandboxes.dump(name).get(scope, EMPTY).get(collection, EMPTY)
        found = list(_matching(documents, key, text.casefold()))
        shown = found[offset : offset + last]
        writers = self.sandboxes.store.last_writers(name, (scope, collection), frozenset(shown))
        return {
            "total": len(found),
            "records": [
                {"key": one, "document": documents[one], "writtenBy": writers.get(one)} for one in shown
            ],
        }

    def dump_sandbox(self, name: str, vendor: str = "", of: str = NOW) -> Json:
        """Dump a state (`of`, see `known_state`) of all vendors, or of one vendor.

        Raises UnprocessableCallError if the vendor is not served; UnknownSnapshotError; UnknownNameError.
        """
        self._check_vendor(vendor)
        held = known_state(self.sandboxes, name, of)
        return {scope: tables for scope, tables in held.items() if _is_of(scope, vendor)}

    def load_state(self, name: str, body: Document, vendor: str = "") -> Document:
        """Load a dump of all vendors, or of one vendor, completely or not at all.

        If the dump lacks the sandbox's own scope, keep seed, clock and scenarios. Raises
        UnprocessableCallError.
        """
        self._check_vendor(vendor)
        check_problems(DumpValidator(self.served, vendor).problems(body))

        def work(whole: SandboxState) -> Document:
            held = snapshots.dump_tables(whole)
            kept = {
                scope: held[scope] for scope in held if not _is_of(scope, vendor) or scope == SANDBOX_SCOPE
            }
            snapshots.load_tables(whole, {**kept, **body})
            snapshots.note_loaded(whole, (pointer_of((scope,)) for scope in body if scope != SANDBOX_SCOPE))
            return {"records": count_records(snapshots.dump_tables(whole))}

        return self.sandboxes.control(name, work)

    def merge_state(self, name: str, body: Document) -> Document:
        """Store each document in `body`, or delete the document for which `body` has null; do all or nothing.

        Raises UnprocessableCallError.
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


def check_problems(problems: Iterator[Document]) -> None:
    """Raise UnprocessableCallError with the first `MAX_PROBLEMS` problems, if there are any."""
    shown = list(islice(problems, MAX_PROBLEMS))
    if shown:
        more = sum(1 for _ in problems)
        also = f", and {more:,} more" if more else ""
        raise UnprocessableCallError(f"the state cannot be loaded: {shown[0]['detail']}{also}", shown)


def _merged(tables: Mapping[str, Mapping[str, Document]], patch: Document) -> Document:
    """Return the tables with the documents of `patch`; a null in `patch` removes the document."""
    merged = dict(tables)
    for name, documents in patch.items():
        both = {**tables.get(name, EMPTY), **documents}
        merged[name] = {key: document for key, document in both.items() if document is not None}
    return merged


def _keys_in(body: Document) -> Iterator[Path]:
    for scope, tables in body.items():
        for name, documents in tables.items():
            yield from ((scope, name, key) for key in documents if scope != SANDBOX_SCOPE)


def _is_of(scope: str, vendor: str) -> bool:
    return not vendor or scope.startswith(f"{vendor}/")


class DumpValidator(Value, frozen=True):
    """Validator of dumps."""

    served: tuple[LoadedVendor, ...]
    vendor: str = ""
    """Name of a dump's only vendor; if "", a dump may have all served vendors and the sandbox's scope."""

    def problems(self, dump: Document) -> Iterator[Document]:
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
    """Yield a problem for each table or document of a wrong type; if `null_is_valid`, null is no problem."""
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
