"""Answers of a file without marks from stored records: its resources are found from paths and schemas.

A resource is a path that ends in a parameter, `/orders/{id}`, whose path without it, or itself by `PUT`,
makes records. A record that the answer's schema does not take is answered by example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from mockserver.codec.http import json_reply
from mockserver.engine.declared_values import SchemaFilling, plain, value_check
from mockserver.engine.drawn_values import draw_value
from mockserver.engine.example_answers import Answering, answers_of
from mockserver.engine.stored_pages import cut, envelope
from mockserver.errors import NotFound
from mockserver.model import EMPTY, Document, Json, Reply, join_key
from mockserver.sandbox.store import State
from mockserver.spec.dialects import NULL
from mockserver.spec.openapi import Operation, Spec, parameter_names, resolve
from mockserver.vendor import Handler, Request

_USUAL_KEYS = ("id", "uuid", "guid", "key", "code", "number", "slug", "name")


@dataclass(frozen=True, slots=True)
class Resource:
    """Records at `path`, which has the names of their parents and of their own parameter, the last."""

    path: str
    parameters: tuple[str, ...]
    key: str
    record: Document
    """The schema of a record."""

    shown: Answering

    def place(self, request: Request) -> str:
        return join_key(str(request.parameters.get(name, "")) for name in self.parameters)

    def parents(self, request: Request) -> list[str]:
        return [str(request.parameters.get(name, "")) for name in self.parameters[:-1]]


def find_resources(spec: Spec, filling: SchemaFilling) -> Mapping[str, Resource]:
    """The resources by their path, and by the path of their list."""
    found: dict[str, Resource] = {}
    by_place = {(one.path, one.method): one for one in spec.operations.values() if not one.batch}
    for path in dict.fromkeys(path for path, _ in by_place):
        start, _, last = path.rpartition("/")
        makes = (start, "post") in by_place or (path, "put") in by_place
        if not (last.startswith("{") and last.endswith("}") and last.count("{") == 1 and makes):
            continue
        shown = by_place.get((path, "get")) or by_place.get((start, "post")) or by_place.get((path, "put"))
        answering = answers_of(spec, shown)[0] if shown else None
        if shown is None or answering is None or not answering.is_json:
            continue
        record, _ = _record_of(filling, answering.schema, last[1:-1])
        if key := _key_member(filling, record, last[1:-1]):
            found[path] = found[start] = Resource(path, tuple(parameter_names(path)), key, record, answering)
    return found


def _record_of(filling: SchemaFilling, schema: Document, parameter: str) -> tuple[Document, str]:
    """The schema of a record in an answer, and the member of the envelope around it; "" for none."""
    node = filling.merged(schema)
    if _key_member(filling, node, parameter):
        return node, ""
    for name, one in node.get("properties", EMPTY).items():
        inner = filling.merged(one)
        if _key_member(filling, inner, parameter):
            return inner, name
    return node, ""


def _key_member(filling: SchemaFilling, record: Document, parameter: str) -> str:
    """The member that has the key: one with the name of the parameter or its end, else a usual one."""
    known, called = record.get("properties", EMPTY), plain(parameter)
    members = {plain(name): name for name, one in known.items() if _is_scalar(filling.merged(one))}
    ends = [one for one in (*_USUAL_KEYS, *members) if one and called.endswith(one)]
    return next((members[one] for one in (called, *ends, *_USUAL_KEYS) if one in members), "")


def _is_scalar(node: Document) -> bool:
    return node.get("type", "string") not in ("object", "array") and "properties" not in node


def stored_handler(
    spec: Spec, operation: Operation, resources: Mapping[str, Resource], by_example: Handler
) -> Handler | None:
    """The handler of an operation of a resource; None for any other."""
    resource = resources.get(operation.path)
    if resource is None:
        return None
    answering = answers_of(spec, operation)[0]
    if answering.schema and not answering.is_json:
        return None
    filling = SchemaFilling(spec.document)
    writer = _Writer(filling, resource, answering, _unsent(spec, filling, operation, resource))
    is_one = operation.path == resource.path
    work = {
        (True, "get"): writer.show,
        (True, "put"): writer.replace,
        (True, "patch"): writer.change,
        (True, "delete"): writer.delete,
        (False, "get"): writer.list,
        (False, "post"): writer.create,
    }.get((is_one, operation.method))
    if work is None:
        return None

    def handle(request: Request, state: State) -> Reply:
        reply = work(request, state)
        return by_example(request, state) if reply is None else reply

    return handle


def _unsent(spec: Spec, filling: SchemaFilling, operation: Operation, resource: Resource) -> frozenset[str]:
    """The members of a record that a body of the operation cannot name or, if it is a change, need not.

    A change is a body that may lack what records are made with.
    """
    start = spec.document["paths"].get(resource.path.rpartition("/")[0], EMPTY)
    sent = _sent(filling, operation)
    made = _sent(filling, spec.operations[start["post"]["operationId"]]) if "post" in start else {}
    named = sent.get("properties", EMPTY)
    if not named or operation.method != "put":
        return frozenset()
    is_change = (named.keys() & made.get("required", ())) - {*sent.get("required", ())}
    writable = {name for name, one in named.items() if not filling.merged(one).get("readOnly")}
    return frozenset(resource.record.get("properties", EMPTY).keys() - (set() if is_change else writable))


def _sent(filling: SchemaFilling, operation: Operation) -> Document:
    return next((filling.merged(one.schema) for one in operation.bodies if one.name.endswith("json")), {})


@dataclass(frozen=True, slots=True)
class _Writer:
    """The work of one operation; None where an example has to answer.

    A record keeps its `unsent` members when it is replaced.
    """

    filling: SchemaFilling
    resource: Resource
    answering: Answering
    unsent: frozenset[str]

    def create(self, request: Request, state: State) -> Reply | None:
        if not isinstance(request.document, dict):
            return None
        records, key = state.collection(self.resource.path), self.resource.key
        node = self.filling.merged(self.resource.record.get("properties", EMPTY).get(key, EMPTY))
        given = request.document.get(key)
        is_usable = given is not None and value_check(node)(given)
        value = given if is_usable else _new_key(node, state.next(self.resource.path), state)
        record = self._record(request.document, {key: value})
        records[join_key([*self.resource.parents(request), str(value)])] = record
        return self._reply(record)

    def replace(self, request: Request, state: State) -> Reply | None:
        if not isinstance(request.document, dict):
            return None
        known = state.collection(self.resource.path).get(self.resource.place(request)) or EMPTY
        kept = {name: one for name, one in known.items() if name in self.unsent}
        record = self._record({**kept, **request.document}, self._own_key(request))
        return self._keep(request, state, record)

    def change(self, request: Request, state: State) -> Reply | None:
        known = self._find(request, state)
        if not isinstance(request.document, dict):
            return None
        merged = _merge(known, request.document)
        return self._keep(request, state, self._record(merged, {self.resource.key: known[self.resource.key]}))

    def show(self, request: Request, state: State) -> Reply | None:
        return self._reply(self._find(request, state))

    def delete(self, request: Request, state: State) -> Reply | None:
        record = self._find(request, state)
        del state.collection(self.resource.path)[self.resource.place(request)]
        return self._reply(record) if self.answering.schema else Reply(self.answering.status)

    def list(self, request: Request, state: State) -> Reply | None:
        page = cut(list(self._listed(request, state)), request.parameters, self.resource.key)
        node = self.filling.merged(self.answering.schema)
        if "items" in node:
            return self._valid(page.shown)
        lists = dict(self._lists(node))
        if not lists:
            return None
        # An envelope may have other lists, such as how the records are sorted.
        name = next((one for one, found in lists.items() if self.resource.key in found), next(iter(lists)))
        return self._valid({**envelope(self.filling, node, self._drawn(node), page), name: page.shown})

    def _lists(self, node: Document) -> Iterator[tuple[str, Document]]:
        """Yield the lists in an envelope, with the members of their items."""
        for name, schema in node.get("properties", EMPTY).items():
            if "items" in (inner := self.filling.merged(schema)):
                yield name, self.filling.merged(inner["items"]).get("properties", EMPTY)

    def _listed(self, request: Request, state: State) -> Iterator[Document]:
        """The records of the same parents that agree with the parameters of the query."""
        begin = [*self.resource.parents(request), ""]
        start = join_key(begin) if len(begin) > 1 else ""
        records = state.collection(self.resource.path)
        asked = self._members().keys() - self.resource.parameters
        named = {name: one for name, one in request.parameters.items() if name in asked}
        for place in records:
            record = records[place]
            if place.startswith(start) and all(record.get(name, one) == one for name, one in named.items()):
                yield record

    def _members(self) -> Document:
        known: Document = self.resource.record.get("properties", EMPTY)
        return known

    def _own_key(self, request: Request) -> Document:
        node = self.filling.merged(self._members().get(self.resource.key, EMPTY))
        value: Any = request.parameters.get(self.resource.parameters[-1])
        candidates = (value, str(value), int(value) if str(value).isdecimal() else value)
        fitting = (one for one in candidates if value_check(node)(one))
        return {self.resource.key: next(fitting, value)}

    def _find(self, request: Request, state: State) -> Document:
        place = self.resource.place(request)
        found = state.collection(self.resource.path).get(place)
        if found is None:
            raise NotFound(self.resource.path.rpartition("/")[0].rpartition("/")[2], place)
        return found

    def _keep(self, request: Request, state: State, record: Document) -> Reply | None:
        state.collection(self.resource.path)[self.resource.place(request)] = record
        return self._reply(record)

    def _record(self, given: Document, own: Document) -> dict[str, Any]:
        """What was sent, with its key, and a drawn value for what it and its parts have to have beside that.

        Of what was sent, members that the answers do not take are left out, such as a name for an object.
        """
        record = self._whole({**given, **own})
        if self._is_shown(record):
            return record
        kept = self._whole(own)
        for name, one in record.items():
            if self._is_shown(tried := {**kept, name: one}):
                kept = tried
        return kept

    def _whole(self, given: Document) -> dict[str, Any]:
        answered, _ = _record_of(self.filling, self.answering.schema, self.resource.parameters[-1])
        whole: dict[str, Any] = self._completed(answered, self._completed(self.resource.record, given))
        return whole

    def _is_shown(self, record: Document) -> bool:
        """Whether a record can stand in the answer of this operation and in that of its resource."""
        answers = (self.answering, self.resource.shown)
        return all(replace(self, answering=one)._reply(record) is not None for one in answers)  # noqa: SLF001

    def _completed(self, schema: Document, given: Json) -> Any:
        node = self.filling.merged(schema)
        if isinstance(given, list):
            return [self._completed(node.get("items", EMPTY), one) for one in given]
        if not isinstance(given, dict) or _is_choice(self.filling, schema):
            return given
        members, missing = node.get("properties", EMPTY), set(node.get("required", ())) - given.keys()
        drawn = self._drawn(node) if missing else {}
        below = {name: self._completed(members.get(name, EMPTY), one) for name, one in given.items()}
        return {**{name: one for name, one in drawn.items() if name in missing}, **below}

    def _drawn(self, schema: Document) -> dict[str, Any]:
        drawn: Json = None
        with suppress(RecursionError, ValueError, ArithmeticError):
            drawn = draw_value(self.filling, schema, 1)
        return drawn if isinstance(drawn, dict) else {}

    def _reply(self, record: Document) -> Reply | None:
        node, member = _record_of(self.filling, self.answering.schema, self.resource.parameters[-1])
        known = node.get("properties", EMPTY)
        hidden = {name for name in known if self.filling.merged(known[name]).get("writeOnly")}
        shown = {name: one for name, one in record.items() if name not in hidden}
        if not member:
            return self._valid(shown)
        return self._valid({**self._drawn(self.filling.merged(self.answering.schema)), member: shown})

    def _valid(self, document: Json) -> Reply | None:
        """The answer, None if its schema does not take it."""
        answering = self.answering
        if not answering.schema:
            return Reply(answering.status)
        if not answering.accepts(document):
            return None
        return json_reply(answering.status, document, answering.sent_type)


def _is_choice(filling: SchemaFilling, schema: Document) -> bool:
    """Whether only the value tells which members it has to have."""
    node = resolve(filling.document, schema)
    choices = [one for word in ("oneOf", "anyOf") for one in node.get(word, ()) if one != NULL]
    return len(choices) > 1 or any(_is_choice(filling, part) for part in (*choices, *node.get("allOf", ())))


def _merge(known: Json, change: Json) -> Any:
    """A JSON Merge Patch (RFC 7396)."""
    if not isinstance(change, dict):
        return change
    merged = dict(known) if isinstance(known, dict) else {}
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


def _new_key(node: Document, number: int, state: State) -> Json:
    """A key in the format of its member; `number` counts the records that were made."""
    if node.get("type") in ("integer", "number"):
        return int(node.get("minimum", 0)) + number
    if node.get("format") == "uuid":
        return state.uuid()
    candidates = (state.uuid(), str(number), f"{number:08}", f"A-{number:04}")
    check = value_check(node)
    return next((one for one in candidates if check(one)), candidates[0])
