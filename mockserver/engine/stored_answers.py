"""Answers of a file without marks from stored records: its resources are found from paths and schemas.

A resource is a path that ends in a parameter, `/orders/{id}`, whose path without it, or itself by `PUT`,
makes records. A record that the answer's schema does not take is answered by example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mockserver.codec.http import json_reply
from mockserver.engine.declared_values import COUNTS, SchemaFilling, plain, value_check
from mockserver.engine.drawn_values import draw_value
from mockserver.engine.example_answers import Answering, answers_of
from mockserver.errors import NotFound
from mockserver.model import EMPTY, Document, Json, Reply, join_key
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation, Spec, parameter_names
from mockserver.vendor import Handler, Request

_USUAL_KEYS = ("id", "uuid", "guid", "key", "code", "number", "slug", "name")
_PAGE_SIZES = ("limit", "per_page", "page_size", "pageSize", "perPage", "size", "count")


@dataclass(frozen=True, slots=True)
class Resource:
    """Records at `path`, which has the names of their parents and of their own parameter, the last."""

    path: str
    parameters: tuple[str, ...]
    key: str
    record: Document
    """The schema of a record."""

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
        if key := _key_member(record, last[1:-1]):
            found[path] = found[start] = Resource(path, tuple(parameter_names(path)), key, record)
    return found


def _record_of(filling: SchemaFilling, schema: Document, parameter: str) -> tuple[Document, str]:
    """The schema of a record in an answer, and the member of the envelope around it; "" for none."""
    node = filling.merged(schema)
    if _key_member(node, parameter):
        return node, ""
    for name, one in node.get("properties", EMPTY).items():
        inner = filling.merged(one)
        if _key_member(inner, parameter):
            return inner, name
    return node, ""


def _key_member(record: Document, parameter: str) -> str:
    members = {plain(name): name for name in record.get("properties", EMPTY)}
    wanted = [plain(parameter), *(one for one in _USUAL_KEYS if plain(parameter).endswith(one)), *_USUAL_KEYS]
    return next((members[one] for one in wanted if one in members), "")


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
    writer = _Writer(SchemaFilling(spec.document), resource, answering)
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


@dataclass(frozen=True, slots=True)
class _Writer:
    """The work of one operation; None where an example has to answer."""

    filling: SchemaFilling
    resource: Resource
    answering: Answering

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
        return self._keep(request, state, self._record(request.document, self._own_key(request)))

    def change(self, request: Request, state: State) -> Reply | None:
        known = self._find(request, state)
        if not isinstance(request.document, dict):
            return None
        merged = _merge(known, request.document)
        return self._keep(request, state, {**merged, self.resource.key: known[self.resource.key]})

    def show(self, request: Request, state: State) -> Reply | None:
        return self._reply(self._find(request, state))

    def delete(self, request: Request, state: State) -> Reply | None:
        record = self._find(request, state)
        del state.collection(self.resource.path)[self.resource.place(request)]
        return self._reply(record)

    def list(self, request: Request, state: State) -> Reply | None:
        records = list(self._listed(request, state))
        sizes = [request.parameters.get(name) for name in _PAGE_SIZES]
        size = next((one for one in sizes if isinstance(one, int) and one >= 0), len(records))
        begin = request.parameters.get("offset", 0)
        page = records[begin if isinstance(begin, int) else 0 :][:size]
        node = self.filling.merged(self.answering.schema)
        if "items" in node:
            return self._valid(page)
        members = node.get("properties", EMPTY)
        lists = [name for name, one in members.items() if "items" in self.filling.merged(one)]
        if not lists:
            return None
        counts = {name: len(records) for name in members if plain(name) in COUNTS["total"]}
        return self._valid({**self._drawn(node), lists[0]: page, **counts})

    def _listed(self, request: Request, state: State) -> Iterator[Document]:
        """The records of the same parents that agree with the parameters of the query."""
        begin = [*self.resource.parents(request), ""]
        start = join_key(begin) if len(begin) > 1 else ""
        records = state.collection(self.resource.path)
        named = {name: one for name, one in request.parameters.items() if name in self._members()}
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
        """What was sent, with its key, and a drawn value for each further required member."""
        required = self.resource.record.get("required", ())
        drawn = {name: one for name, one in self._drawn(self.resource.record).items() if name in required}
        return {**drawn, **given, **own}

    def _drawn(self, schema: Document) -> dict[str, Any]:
        drawn: Json = None
        with suppress(RecursionError, ValueError, ArithmeticError):
            drawn = draw_value(self.filling, schema, 1)
        return drawn if isinstance(drawn, dict) else {}

    def _reply(self, record: Document) -> Reply | None:
        _, member = _record_of(self.filling, self.answering.schema, self.resource.parameters[-1])
        if not member:
            return self._valid(record)
        return self._valid({**self._drawn(self.filling.merged(self.answering.schema)), member: record})

    def _valid(self, document: Json) -> Reply | None:
        """The answer without what its schema does not name, None if that does not take it."""
        answering = self.answering
        if not answering.schema:
            return Reply(answering.status, headers=answering.headers)
        document = answering.members.answered(document)
        if not answering.accepts(document):
            return None
        return json_reply(answering.status, document, answering.sent_type, answering.headers)


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
