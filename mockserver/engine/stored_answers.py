"""Answers from stored records, for the user's own OpenAPI files (`Spec.is_own`).

If the answer made from records breaks its schema, the operation answers with an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from mockserver.codec import json
from mockserver.codec.http import json_reply
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import SchemaFilling, value_check
from mockserver.engine.drawn_values import chance_of, draw_value
from mockserver.engine.example_answers import Answering, answers_of
from mockserver.engine.negotiation import prefers_new_value
from mockserver.engine.resources import Resource, record_schema
from mockserver.engine.stored_lists import page_of, read_query, with_facts
from mockserver.errors import InvalidCall, MalformedBody, NotFound, Rejected, SpecError
from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.dialects import NULL
from mockserver.spec.openapi import Operation, Spec, plain, resolve
from mockserver.vendor import ApplyBatch, Handler, Request, StoreItem

WORK: Mapping[tuple[bool, str], str] = {
    (False, "get"): "list",
    (False, "post"): "create",
    (True, "get"): "show",
    (True, "put"): "replace",
    (True, "patch"): "change",
    (True, "delete"): "delete",
}
"""Work of an operation, by whether its path is that of a single record, and by its method."""

_JSON_PATCH = "application/json-patch+json"
_DONE = dict.fromkeys(("success", "successful", "succeeded", "ok"), True)
_DELETED = {**_DONE, **dict.fromkeys(("deleted", "isdeleted", "removed"), True)}
_TIMES = ("created", "creation", "inserted", "updated", "modified", "changed", "lastupdated", "lastmodified")


def work_of(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> str:
    """Return the word of `WORK` for what an operation does with stored records; "" if it does nothing."""
    resource = resources.get(operation.path)
    answering = answers_of(spec, operation)[0]
    if resource is None or (answering.schema and not answering.is_json):
        return ""
    return WORK.get((operation.path == resource.path, operation.method), "")


def stored_handler(
    spec: Spec, operation: Operation, resources: Mapping[str, Resource], by_example: Handler
) -> Handler | None:
    """Return the handler of an operation on stored records; None if the operation has no such work."""
    name = work_of(spec, operation, resources)
    if not name:
        return None
    records = _Records(SchemaFilling(spec.document), resources[operation.path])
    if name == "replace":
        work = _replacing(spec, operation, records)
    else:
        work = getattr(_Writer(records, answers_of(spec, operation)[0]), name)

    def handle(request: Request, state: State) -> Reply:
        reply: Reply | None = None if prefers_new_value(request.call.headers) else work(request, state)
        return by_example(request, state) if reply is None else reply

    return handle


def _replacing(spec: Spec, operation: Operation, records: _Records) -> Callable[..., Reply | None]:
    """Return the work of a PUT, which answers a new record with 201 if 201 is declared.

    If POST makes the records, and 404 is declared but not 201, a missing record is refused with 404.
    """
    start = spec.document["paths"].get(operation.path.rpartition("/")[0], EMPTY)
    makes = spec.operations[start["post"]["operationId"]] if "post" in start else None
    statuses = operation.responses
    replaced = next((one for one in statuses if one in ("200", "204")), "")
    making = answers_of(spec, operation, "201" if "201" in statuses else "")[0]
    return partial(
        _Writer(records, answers_of(spec, operation, replaced)[0]).replace,
        making=_Writer(records, making),
        unsent=_unsent(operation, makes, records),
        must_exist=makes is not None and "404" in statuses and "201" not in statuses,
    )


def _unsent(operation: Operation, makes: Operation | None, records: _Records) -> frozenset[str]:
    """Return the members of a record that a PUT leaves unchanged if its body lacks them.

    If the PUT body's schema names no members, return the empty set. If a member that POST requires is
    optional in PUT, the PUT may be partial: return all members. Otherwise return the members that the body
    cannot set.
    """
    sent, merged = _sent(records.filling, operation), records.filling.merged
    made = _sent(records.filling, makes) if makes else EMPTY
    named, members = sent.get("properties", EMPTY), frozenset(records.resource.members)
    if not named or (named.keys() & made.get("required", ())) - {*sent.get("required", ())}:
        return members if named else frozenset()
    return members - {name for name, one in named.items() if not merged(one).get("readOnly")}


def _sent(filling: SchemaFilling, operation: Operation) -> Document:
    return next((filling.merged(one.schema) for one in operation.bodies if one.name.endswith("json")), EMPTY)


def store_items(resource: Resource, operation: Operation) -> ApplyBatch:
    """Return a function that stores items as records. A PATCH changes only the members that are sent."""
    made = _Records(SchemaFilling(resource.document), resource)
    batch = operation.batch

    def apply(request: Request, state: State) -> StoreItem:
        records = state.collection(resource.collection)

        def keep(item: Item) -> Outcome:
            path = (*(batch.items if batch else ()), item.index)
            if not isinstance(item.document, dict):
                raise Rejected(Problem("invalid", path, "a record is an object", "type"))
            key = made.key(item.document, request, state)
            place = resource.place(request, key)
            known = records.get(place)
            if known is not None and batch is not None and not batch.upsert:
                raise Rejected(Problem("duplicate-key", path, f"{key} already exists", "key"))
            if known is None and operation.method == "patch":
                raise Rejected(Problem("unknown-key", path, f"there is no {key}", "key"))
            document = merge_patch(known, item.document) if operation.method == "patch" else item.document
            record = records[place] = made.record(document, made.own(key, request), state)
            return Outcome(item, Action.CREATED if known is None else Action.UPDATED, record)

        return keep

    return apply


@dataclass(frozen=True, slots=True)
class _Records:
    """Maker of the records of a resource."""

    filling: SchemaFilling
    resource: Resource

    def key(self, given: Document, request: Request, state: State) -> Json:
        """Return the key that was sent if it is valid, else a new key in the format of the key's member."""
        node = self.filling.merged(self.resource.members.get(self.resource.key, EMPTY))
        sent, records = given.get(self.resource.key), state.collection(self.resource.collection)
        if sent is not None and value_check(node)(sent):
            return sent
        while True:
            made = _new_key(node, state.next(self.resource.collection), state)
            if self.resource.place(request, made) not in records:
                return made

    def own(self, key: Json, request: Request) -> dict[str, Any]:
        """Return the members of a record that its path gives: its key, and the keys of its parents."""
        parents = [name for name in self.resource.parameters[:-1] if name in self.resource.members]
        return {**{name: self.in_path(name, name, request) for name in parents}, self.resource.key: key}

    def in_path(self, parameter: str, member: str, request: Request) -> Json:
        """Return the value of a parameter of the path, in the type of a member."""
        check = value_check(self.filling.merged(self.resource.members.get(member, EMPTY)))
        value: Any = request.parameters.get(parameter)
        candidates = (value, str(value), int(value) if str(value).isdecimal() else value)
        return next((one for one in candidates if check(one)), value)

    def record(self, given: Document, own: Document, state: State) -> dict[str, Any]:
        """Return what was sent, with its key and drawn values for missing required members, at any depth.

        If the record is invalid, leave out the members that make the record invalid, such as a text in place
        of an object. If the record would be invalid even so, leave out nothing.
        """
        schema, key = self.resource.schema, own.values()
        record: dict[str, Any] = self.completed(schema, {**given, **own}, state, *key)
        if self._takes(record):
            return record
        kept: dict[str, Any] = self.completed(schema, own, state, *key)
        if not self._takes(kept):
            return record
        for name, one in record.items():
            if self._takes(tried := {**kept, name: one}):
                kept = tried
        return kept

    def completed(self, schema: Document, given: Json, state: State, *key: Json) -> Any:
        """Return what was given, with a drawn value for each missing required member, at any depth."""
        node = self.filling.merged(schema)
        if isinstance(given, list):
            return [self.completed(node.get("items", EMPTY), one, state, *key) for one in given]
        if not isinstance(given, dict):
            return given
        members = node.get("properties", EMPTY)
        whole = {
            name: one
            if _is_choice(self.filling, members.get(name, EMPTY))
            else self.completed(members.get(name, EMPTY), one, state, *key)
            for name, one in given.items()
        }
        absent = [name for name in node.get("required", ()) if name not in given]
        rest = {"properties": {name: members.get(name, EMPTY) for name in absent}, "required": absent}
        return {**(self.drawn(rest, state, *key) | self._now(rest, state) if absent else EMPTY), **whole}

    def _now(self, schema: Document, state: State) -> dict[str, Any]:
        """Return the sandbox's time for each member that tells when a record was made or changed."""
        now = print_instant(state.now)
        nodes = {name: self.filling.merged(one) for name, one in schema["properties"].items()}
        return {
            name: now
            for name, node in nodes.items()
            if node.get("format") == "date-time" and plain(name).startswith(_TIMES)
        }

    def _takes(self, record: Document) -> bool:
        """Return whether the schema accepts a record, or is invalid, which the answer will report."""
        try:
            return self.resource.accepts(record)
        except SpecError:
            return True

    def drawn(self, schema: Document, state: State, *key: Json) -> dict[str, Any]:
        drawn: Json = None
        with suppress(RecursionError, ValueError, ArithmeticError):
            drawn = draw_value(self.filling, schema, 1, chance_of(state, f"{self.resource.path}{key}"))
        return drawn if isinstance(drawn, dict) else {}

    def find(self, request: Request, state: State) -> Document:
        place = self.resource.place(request)
        found = state.collection(self.resource.collection).get(place)
        if found is None:
            raise NotFound(self.resource.collection.rpartition("/")[2], place)
        return found

    def keep(self, request: Request, state: State, record: Document) -> Document:
        state.collection(self.resource.collection)[self.resource.place(request)] = record
        return record

    def all(self, request: Request, state: State) -> Iterator[Document]:
        """Yield the records whose parents are those in the call's path, in the order of their keys."""
        parents = self.resource.parameters[:-1]
        is_below = parents and all(name in request.parameters for name in parents)
        start = self.resource.place(request, "") if is_below else ""
        records = state.collection(self.resource.collection)
        yield from (records[place] for place in records if place.startswith(start))


@dataclass(frozen=True)
class _Writer:
    """The work of an operation, with a method for each word of `WORK`; None means to answer by example."""

    records: _Records
    answering: Answering

    @cached_property
    def envelope(self) -> tuple[Document, str]:
        """The schema of a record in the answer, and the envelope's member with the record, or ""."""
        document, named = self.records.filling.document, self.records.resource.named
        return record_schema(document, self.answering.schema, named)

    def create(self, request: Request, state: State) -> Reply | None:
        document, resource = self._sent(request), self.records.resource
        if document is None:
            return None
        key = self.records.key(document, request, state)
        place, records = resource.place(request, key), state.collection(resource.collection)
        if place in records:
            raise Rejected(Problem("duplicate-key", (resource.key,), f"{key} already exists", "key"))
        record = records[place] = self.records.record(document, self.records.own(key, request), state)
        return self.reply(record, state)

    def _sent(self, request: Request) -> Document | None:
        """Return the record in the body, without the answer's envelope; None if the record is no object."""
        _, member = self.envelope
        document: Any = {} if request.document is None else request.document
        inner = document.get(member) if member and isinstance(document, dict) else None
        found = inner if isinstance(inner, dict) else document
        return found if isinstance(found, dict) else None

    def replace(
        self, request: Request, state: State, *, making: _Writer, unsent: frozenset[str], must_exist: bool
    ) -> Reply | None:
        """Replace a record, but keep `unsent` members that the body lacks; `making` answers a new record."""
        document, resource = self._sent(request), self.records.resource
        if document is None:
            return None
        if must_exist:
            self.records.find(request, state)
        known = state.collection(resource.collection).get(resource.place(request))
        kept = {name: one for name, one in (known or EMPTY).items() if name in unsent}
        key = self.records.in_path(resource.parameters[-1], resource.key, request)
        record = self.records.record({**kept, **document}, self.records.own(key, request), state)
        return (self if known else making).reply(self.records.keep(request, state, record), state)

    def change(self, request: Request, state: State) -> Reply | None:
        known, key = self.records.find(request, state), self.records.resource.key
        if request.media_type == _JSON_PATCH:
            changed = _json_patch(known, request.document)
        elif (document := self._sent(request)) is not None:
            changed = self._merged(known, document, request.operation)
        else:
            return None
        own = self.records.own(known.get(key), request)
        record = {**changed, **own}
        accepts = self.records.resource.accepts
        if accepts(known) and not accepts(record):
            raise InvalidCall([Problem("invalid", (), "the record would no longer keep its schema")])
        return self.reply(self.records.keep(request, state, record), state)

    def _merged(self, known: Document, change: Document, operation: Operation) -> Document:
        """Return the record after a JSON Merge Patch, without declared members that would make it invalid."""
        accepts = self.records.resource.accepts
        changed: Document = merge_patch(known, change)
        if accepts(changed) or not accepts(known):
            return changed
        declared, changed = _sent(self.records.filling, operation).get("properties", EMPTY), known
        for name, one in change.items():
            tried = merge_patch(changed, {name: one})
            if one is None or name not in declared or accepts(tried):
                changed = tried
        return changed

    def show(self, request: Request, state: State) -> Reply | None:
        return self.reply(self.records.find(request, state), state)

    def delete(self, request: Request, state: State) -> Reply | None:
        record = self.records.find(request, state)
        resource = self.records.resource
        del state.collection(resource.collection)[resource.place(request)]
        return self.reply(record, state, _DELETED)

    def list(self, request: Request, state: State) -> Reply | None:
        resource, filling = self.records.resource, self.records.filling
        node = filling.merged(self.answering.schema)
        asked = [one for one in request.operation.parameters if one.place == "query"]
        records = list(self.records.all(request, state))
        page = page_of(records, read_query(asked, request.parameters), resource)
        if "items" in node:
            return self._valid(page.records[: node.get("maxItems")])
        members = node.get("properties", EMPTY)
        lists = [name for name, one in members.items() if "items" in filling.merged(one)]
        if not lists:
            return None
        # An envelope may have other lists, such as how its records are sorted.
        lists.sort(key=lambda one: resource.key not in self._members_of_items(members[one]))
        told = with_facts(filling, node, self.records.drawn(node, state), page.facts)
        return self._valid({**told, lists[0]: page.records})

    def _members_of_items(self, schema: Document) -> Document:
        merged = self.records.filling.merged
        found: Document = merged(merged(schema)["items"]).get("properties", EMPTY)
        return found

    def reply(self, record: Document, state: State, facts: Mapping[str, Json] = EMPTY) -> Reply | None:
        """Return the answer that shows a record; `facts` replace members of the answer, by plain name."""
        filling, schema = self.records.filling, self.answering.schema
        answered, member = self.envelope
        key = record.get(self.records.resource.key)
        shown = self.records.completed(answered, record, state, key)
        node = filling.merged(schema)
        drawn = with_facts(filling, node, self.records.drawn(schema, state), _DONE) if member else EMPTY
        answer = {**drawn, member: shown} if member else shown
        return self._valid(with_facts(filling, node, answer, facts) if facts else answer)

    def _valid(self, document: Json) -> Reply | None:
        """Return the answer, without members that its schema does not allow; None if the rest is invalid."""
        answering = self.answering
        if not answering.schema:
            return Reply(answering.status, headers=answering.headers)
        document = answering.tree.answered(document, answering.schema)
        if not answering.accepts(document):
            return None
        return json_reply(answering.status, document, answering.sent_type, answering.headers)


def _is_choice(filling: SchemaFilling, schema: Document) -> bool:
    """Return whether the schema has alternatives, so that the value decides which members are required."""
    node = resolve(filling.document, schema)
    choices = [one for word in ("oneOf", "anyOf") for one in node.get(word, ()) if one != NULL]
    return len(choices) > 1 or any(_is_choice(filling, part) for part in (*choices, *node.get("allOf", ())))


def merge_patch(known: Json, change: Json) -> Any:
    """Return `known` after the JSON Merge Patch `change` (RFC 7396)."""
    if not isinstance(change, dict):
        return change
    merged = dict(known) if isinstance(known, dict) else {}
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _json_patch(known: Document, operations: Json) -> Document:
    """Return the record after a JSON Patch (RFC 6902). Raises InvalidCall: the patch cannot be applied."""
    from jsonpath import JSONPatch, JSONPatchError, JSONPointerError  # noqa: PLC0415 - few files need it

    if not isinstance(operations, list):
        raise InvalidCall([Problem("invalid", (), "a patch is a list of operations")])
    try:
        changed = JSONPatch(operations).apply(json.decode(json.encode(known)))  # a copy that may be changed
        json.check_depth(changed)
    except (JSONPatchError, JSONPointerError, MalformedBody, RecursionError, TypeError) as error:
        raise InvalidCall([Problem("invalid", (), f"the patch cannot be carried out: {error}")]) from None
    if not isinstance(changed, dict):
        raise InvalidCall([Problem("invalid", (), "the patch leaves no object")])
    return changed


def _new_key(node: Document, number: int, state: State) -> Json:
    """Return a new key in the format that `node` declares; `number` counts the records that were made."""
    if node.get("type") in ("integer", "number"):
        return int(node.get("minimum", 0)) + number
    if node.get("format") == "uuid":
        return state.uuid()
    candidates = (state.uuid(), str(number), f"{number:08}", f"A-{number:04}")
    check = value_check(node)
    return next((one for one in candidates if check(one)), candidates[0])
