"""Answers from stored records, for the user's own OpenAPI files (`Spec.is_own`).

If the answer made from records breaks its schema, the operation answers with an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote

from msgspec import field
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import json_reply
from mockserver.engine.declared_values import Message
from mockserver.engine.example_answers import Answering, answers_of
from mockserver.engine.negotiation import prefers_new_value
from mockserver.engine.resources import (
    Resource,
    is_key_alone,
    is_noun,
    is_open,
    record_answer,
    record_schema,
    sent_schema,
    tells_key,
    with_fitting,
)
from mockserver.engine.stored_lists import Facts, ListForm, Query, page_of, read_query, with_facts
from mockserver.errors import InvalidCall, MalformedBody, Rejected
from mockserver.model import (
    EMPTY,
    Action,
    Document,
    Item,
    Json,
    Outcome,
    Problem,
    Reply,
    Value,
    parse_pointer,
    value_at,
    with_value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch, Work
from mockserver.spec.openapi import Operation, Spec, has_lines, member_at, merged
from mockserver.spec.outcomes import lists_of
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_schema
from mockserver.spec.served_form import NOT_SERVED
from mockserver.vendor import ApplyBatch, Handler, Request, StoreItem

WORK: Mapping[tuple[bool, str], str] = {
    (False, "get"): "list",
    (False, "post"): "create",
    (True, "get"): "show",
    (True, "put"): "replace",
    (True, "patch"): "change",
    (True, "post"): "change",
    (True, "delete"): "delete",
}
"""Word for what an operation does, by whether its path is that of a single record and by its method."""

BY_EXAMPLE = "the answer's schema takes no record of {}"
_JSON_PATCH = "application/json-patch+json"
_DONE = Facts(dict.fromkeys(("success", "successful", "succeeded", "ok"), True))
_DELETED = Facts({**_DONE.values, **dict.fromkeys(("deleted", "isdeleted", "removed"), True)})


def work_of(spec: Spec, operation: Operation, resources: Mapping[str, Resource]) -> str:
    """Return the word of `WORK` for what an operation does with stored records; "" if it does nothing."""
    resource = resources.get(operation.path)
    answering = answers_of(spec, operation)[0]
    if resource is None or NOT_SERVED in operation.node:
        return ""
    work = WORK.get((operation.path == resource.path, operation.method), "")
    is_plain = work == "delete" or (work == "create" and is_key_alone(resource, answering.schema))
    if answering.schema and not answering.is_json and not is_plain:
        return ""
    can_tell = {
        "create": lambda: tells_key(spec, operation, resource),
        "list": lambda: _Writer(resource, answering).rows is not None,
        "change": lambda: operation.method == "patch" or _changes_records(spec, operation, resource),
    }
    return work if can_tell.get(work, lambda: True)() else ""


def _changes_records(spec: Spec, operation: Operation, resource: Resource) -> bool:
    """Return whether a POST at the path of a record changes it: sends its members, and shows its key."""
    document, item = spec.document, spec.document["paths"][operation.path]
    writer = _Writer(resource, answers_of(spec, operation)[0])
    sent = merged(document, sent_schema(operation) or next((one.schema for one in operation.bodies), EMPTY))
    named = sent.get("properties", EMPTY).keys()
    return {"put", "patch"}.isdisjoint(item) and not named.isdisjoint(resource.members) and writer.has_key


def takes_records(spec: Spec, operation: Operation, resource: Resource, work: str, state: State) -> bool:
    """Return whether the answer of an operation that does `work` can show a record that is made up."""
    at = dict.fromkeys(resource.parameters, "1")
    writer = _Writer(resource, answers_of(spec, operation)[0])
    if work == "delete":
        return True
    for schema in (resource.schema, EMPTY, sent_schema(operation)):
        given = resource.drawn(schema, state)
        key = resource.key_of(given, at, state)
        record = resource.record(given, key, at, state, is_whole=not given)
        if work == "list" and writer.page([record], Query({}), state):
            return True
        if work == "create" and writer.is_key_alone:
            return writer.told((key, str(key))) is not None
        if work != "list" and writer.reply(record, state):
            return True
    return False


def stored_handler(
    spec: Spec, operation: Operation, resources: Mapping[str, Resource], by_example: Handler
) -> Handler | None:
    """Return the handler that serves an operation from stored records; None if `work_of` returns ""."""
    name = work_of(spec, operation, resources)
    if not name:
        return None
    resource = resources[operation.path]
    writer = _Writer(resource, answers_of(spec, operation)[0])
    work: Callable[..., Reply | None]
    if name == "replace":
        work = _replacing(spec, operation, resource)
    elif name == "list":
        work = partial(writer.list, form=ListForm.of(operation, spec.document))
    elif name == "create":
        work = partial(writer.create, defaults=_defaults(operation, resource))
    else:
        work = getattr(writer, name)

    def handle(request: Request, state: State) -> Reply:
        if prefers_new_value(request.call.headers):
            return by_example(request, state)
        mark, reply = state.mark(), work(request, state)
        if reply is None and name == "delete":
            return by_example(request, state)  # no answer to a deletion shows a record
        if reply is None:
            state.undo_to(mark)  # what is answered by an example must not be half stored
            reply = by_example(request, state)
            reason = f"answered by an example: {BY_EXAMPLE.format(resource.collection)}"
            return replace(reply, reason=reply.reason or reason)
        return reply

    return handle


def _replacing(spec: Spec, operation: Operation, resource: Resource) -> Callable[..., Reply | None]:
    """Return a function that answers a PUT: with 201 if a record is created and the spec declares 201.

    If a POST creates the records, and the spec declares 404 but not 201, refuse a missing record with 404.
    """
    start = spec.document["paths"].get(operation.path.rpartition("/")[0], EMPTY)
    makes = spec.operations[start["post"]["operationId"]] if "post" in start else None
    statuses = operation.responses
    replaced = next((one for one in statuses if one in ("200", "204")), "")
    making = answers_of(spec, operation, "201" if "201" in statuses else "")[0]
    return partial(
        _Writer(resource, answers_of(spec, operation, replaced)[0]).replace,
        making=_Writer(resource, making),
        unsent=_unsent(operation, makes, resource),
        must_exist=makes is not None and "404" in statuses and "201" not in statuses,
    )


def _unsent(operation: Operation, makes: Operation | None, resource: Resource) -> frozenset[str]:
    """Return the members of a record that a PUT leaves unchanged if its body lacks them.

    If the PUT body's schema names no members, return the empty set. If a member that POST requires is
    optional in PUT, or PUT requires none although POST does, the PUT may be partial: return all members.
    Otherwise return the members that the body cannot set.
    """
    document, members = resource.document, frozenset(resource.members)
    sent = merged(document, sent_schema(operation))
    made = merged(document, sent_schema(makes)) if makes else EMPTY
    named = sent.get("properties", EMPTY)
    required = {*sent.get("required", ())}
    of_post = {*made.get("required", ())}
    if not operation.bodies or (
        named and ((named.keys() & of_post) - required or (of_post and not required))
    ):
        return members
    if not named:
        return frozenset()
    return members - {name for name, one in named.items() if not merged(document, one).get("readOnly")}


def _defaults(operation: Operation, resource: Resource) -> Document:
    """Return the defaults that the body of an operation declares for members of a record."""
    document = resource.document
    sent = merged(document, sent_schema(operation)).get("properties", EMPTY)
    nodes = {name: merged(document, one) for name, one in sent.items() if name in resource.members}
    return {name: one["default"] for name, one in nodes.items() if "default" in one}


def store_items(resource: Resource, operation: Operation) -> ApplyBatch:
    """Return a function that stores items as records. A PATCH changes only the members that are sent.

    A member beside the list of items that a record must have, such as a currency, is that of each item.
    """
    batch, needed = operation.batch, _needed_beside(operation.batch, resource)

    def apply(request: Request, state: State) -> StoreItem:
        records = state.collection(resource.collection)
        around = value_at(request.document, batch.items[:-1]) if batch and needed else None
        members = around if isinstance(around, dict) else EMPTY
        beside = {name: value for name, value in members.items() if name in needed}

        def keep(item: Item) -> Outcome:
            path = (*(batch.items if batch else ()), item.index)
            if not isinstance(item.document, dict):
                raise Rejected(Problem("invalid", path, "a record is an object", "type"))
            key = resource.key_of(item.document, request.parameters, state)
            place = resource.place(request.parameters, key)
            known = records.get(place)
            work = _work_of(item.document, operation, batch)
            if work is None:
                words = ", ".join(batch.actions) if batch else ""
                raise Rejected(
                    Problem("unknown-action", path, f"expected one of the actions {words}", "enum")
                )
            if known is not None and work == "create":
                raise Rejected(Problem("duplicate-key", path, f"{key} already exists", "key"))
            if known is None and work in ("update", "delete"):
                raise Rejected(Problem("unknown-key", path, f"there is no {key}", "key"))
            if work == "delete":
                del records[place]
                return Outcome(item, Action.UPDATED, known)
            sent = {**beside, **item.document} if beside else item.document
            if batch and batch.actions:
                sent = {name: value for name, value in sent.items() if name != batch.action_at}
            document = merge_patch(known, sent) if work == "update" else sent
            record = records[place] = resource.record(document, key, request.parameters, state)
            return Outcome(item, Action.CREATED if known is None else Action.UPDATED, record)

        return keep

    return apply


def _needed_beside(batch: Batch | None, resource: Resource) -> set[str]:
    """Return the names that a member beside the list of items can have to be that of each record."""
    if batch is None or not batch.items:
        return set()
    about_all = {
        one.name.rpartition("/")[2] for one in (batch.atomicity.switch, batch.atomicity.stop_at) if one
    }
    needed = {*merged(resource.document, resource.schema).get("required", ())}
    return needed - {*batch.key, str(batch.items[-1]), *about_all}


def _work_of(item: Document, operation: Operation, batch: Batch | None) -> Work | None:
    """Return the work that an item asks for; None if the item names an unknown action."""
    if batch and batch.actions:
        return batch.actions.get(batch.action_of(item))
    if operation.method == "patch":
        return "update"
    return "create" if batch and not batch.upsert else "upsert"


class _Rows(Value, frozen=True):
    """A list of records in an answer."""

    place: str
    """JSON Pointer to the list."""
    schema: Document
    """Schema of a row."""
    record: Document
    """Schema of the record in a row."""
    member: str
    """Member of a row with the record; "" if the row is the record."""


class _Writer(Value, frozen=True, dict=True, weakref=True):
    """Handlers of stored records, one method for each word of `WORK`; None means: answer with an example."""

    resource: Resource
    answering: Answering
    judges: dict[int, Schema] = field(default_factory=dict)
    """Compiled schemas of records in an answer, by the schema's `id`."""

    @cached_property
    def schema(self) -> Document:
        """The schema of an answer that shows a record."""
        resource = self.resource
        return record_answer(resource.document, self.answering.schema, resource.named, resource.path)

    @cached_property
    def envelope(self) -> tuple[Document, str]:
        """The schema of the record in the answer, and the envelope's member with the record ("" if none)."""
        return record_schema(self.resource.document, self.schema, self.resource.named, self.resource.path)

    @cached_property
    def is_key_alone(self) -> bool:
        return is_key_alone(self.resource, self.answering.schema)

    @cached_property
    def has_key(self) -> bool:
        """Whether an answer shows the key of a record."""
        document, schema = self.resource.document, self.envelope[0]
        return bool(member_at(document, schema, self.resource.key_path)) or is_open(document, schema)

    def create(self, request: Request, state: State, *, defaults: Document) -> Reply | None:
        document, resource = self._sent(request), self.resource
        if document is None:
            return None
        key = resource.key_of(document, request.parameters, state)
        place, records = resource.place(request.parameters, key), state.collection(resource.collection)
        if place in records:
            raise Rejected(Problem("duplicate-key", resource.key_path, f"{key} already exists", "key"))
        given = {**defaults, **document}
        record = records[place] = resource.record(given, key, request.parameters, state, is_whole=True)
        # A client that neither sent the key of its record nor sees the key could never ask for the record.
        sent = (resource.key_in(document), document.get(resource.parameters[-1]))
        if not (self.has_key or self.is_key_alone or self.answering.location or key in sent):
            return None
        if self.is_key_alone:
            reply = self.told((key, str(key)))
        else:
            reply = self.reply(record, state, must_show=self.has_key)
        return None if reply is None else self._located(reply, request, key)

    def _located(self, reply: Reply, request: Request, key: Json) -> Reply:
        """Return the answer with the address of the new record, if the spec declares a Location."""
        if not (name := self.answering.location):
            return reply
        call = request.call
        address = f"{call.origin}{call.mount}{call.path}/{quote(str(key), safe='')}"
        return replace(reply, headers=(*reply.headers, (name, address)))

    def _sent(self, request: Request) -> Document | None:
        """Return the record in the body, which may have an envelope; None if the record is no object."""
        _, member = self.envelope
        document: Any = {} if request.document is None else request.document
        if not request.operation.bodies:  # no body is declared, but a client that sends one means it
            with suppress(MalformedBody):
                json.check_depth(sent := json.decode(request.call.body))
                document = sent
        names = [] if not isinstance(document, dict) else [member, *document][: 1 + (len(document) == 1)]
        inner = [document.get(one) for one in names if one == member or is_noun(one, self.resource.path)]
        found = next((one for one in inner if isinstance(one, dict)), document)
        return found if isinstance(found, dict) else None

    def replace(
        self, request: Request, state: State, *, making: _Writer, unsent: frozenset[str], must_exist: bool
    ) -> Reply | None:
        """Replace a record; keep `unsent` members that the body lacks; for a new record, `making` answers."""
        document, resource = self._sent(request), self.resource
        if document is None:
            return None
        if must_exist:
            resource.find(request.parameters, state)
        known = state.collection(resource.collection).get(resource.place(request.parameters))
        kept = {name: one for name, one in (known or EMPTY).items() if name in unsent}
        key = resource.in_path(resource.parameters[-1], resource.key, request.parameters)
        record = resource.record({**kept, **document}, key, request.parameters, state, is_whole=known is None)
        record = resource.touched(record, document, state) if known else record
        return (self if known else making).reply(resource.keep(request.parameters, state, record), state)

    def change(self, request: Request, state: State) -> Reply | None:
        resource = self.resource
        known = resource.find(request.parameters, state)
        operations = _patch_in(request.document, request.media_type)
        sent = {} if operations is not None else self._sent(request)
        if sent is None:
            return None
        if operations is not None:
            changed = _json_patch(known, operations)
        else:
            changed = self._merged(known, sent, request.operation)
        record = resource.with_keys(changed, resource.key_in(known), request.parameters)
        record = resource.touched(record, sent, state)
        if resource.accepts(known) and not resource.accepts(record):
            raise InvalidCall([Problem("invalid", (), "the record would no longer keep its schema")])
        return self.reply(resource.keep(request.parameters, state, record), state)

    def _merged(self, known: Document, change: Document, operation: Operation) -> Document:
        """Return `known` after the JSON Merge Patch `change`; skip declared members that break the schema."""
        accepts = self.resource.accepts
        changed: Document = merge_patch(known, change)
        if accepts(changed) or not accepts(known):
            return changed
        declared = merged(self.resource.document, sent_schema(operation)).get("properties", EMPTY)
        changed = known
        for name, one in change.items():
            tried = merge_patch(changed, {name: one})
            if one is None or name not in declared or accepts(tried):
                changed = tried
        return changed

    def show(self, request: Request, state: State) -> Reply | None:
        return self.reply(self.resource.find(request.parameters, state), state)

    def delete(self, request: Request, state: State) -> Reply | None:
        resource = self.resource
        record = resource.find(request.parameters, state)
        del state.collection(resource.collection)[resource.place(request.parameters)]
        answering = self.answering
        said = Message(answering.status, "deleted", "deleted", is_refusal=False)
        filled = answering.filling.fill(answering.schema, said, name="message")
        return self.reply(record, state, _DELETED, must_show=False) or self.told((True, 1, filled))

    def told(self, values: Iterable[Json]) -> Reply | None:
        """Return the answer with the first of the values that its schema takes; None if it takes none."""
        return next(filter(None, map(self._valid, values)), None)

    @cached_property
    def node(self) -> Document:
        """The merged schema of an answer."""
        return merged(self.resource.document, self.answering.schema)

    @cached_property
    def form(self) -> Document:
        """The merged schema without example: that of a last page lacks what leads to the next page."""
        return {name: one for name, one in self.node.items() if name not in ("example", "default")}

    @cached_property
    def rows(self) -> _Rows | None:
        """Where an answer has its list of records; None if an answer has no list."""
        resource, document = self.resource, self.resource.document
        lists = dict(lists_of(document, self.node))
        if not lists:
            return None
        found = [
            _Rows(place, one["items"], *record_schema(document, one["items"], resource.named, resource.path))
            for place, one in lists.items()
        ]
        # An envelope may have other lists, such as how its records are sorted.
        own = (one for one in found if member_at(document, one.record, resource.key_path[:1]))
        return next((one for one in found if not one.place), None) or next(own, found[0])

    def list(self, request: Request, state: State, *, form: ListForm) -> Reply | None:
        return self.page(self.resource.all(request.parameters, state), read_query(request, form), state)

    def page(self, records: Iterable[Document], query: Query, state: State) -> Reply | None:
        """Return the answer with the page of the records that a query asks for."""
        resource, rows = self.resource, self.rows
        if rows is None:
            return None
        page, facts = page_of(records, query, resource)
        drawn = resource.drawn(self.form, state) if rows.place else EMPTY

        def answer(ones: Iterable[Json], example: Document) -> Reply | None:
            told = with_facts(resource.document, self.node, _overlaid(drawn, example), facts)
            shown = [self._in_envelope(rows.schema, rows.member, one, state) for one in ones]
            shown = shown if rows.place else shown[: self.node.get("maxItems")]
            return self._valid(with_value_at(told, parse_pointer(rows.place), shown), told)

        # A record that no call made, such as a fixture, may lack what the schema requires.
        fitting = (self._fitting(rows.record, one, state) for one in page)
        example = self.answering.envelope if rows.place else EMPTY
        reply = answer(page, example) or answer(shown := [*fitting], example) or answer(shown, EMPTY)
        return reply and self._with_page_headers(reply, facts)

    def _fitting(self, schema: Document, record: Document, state: State) -> Any:
        """Return the record, completed; if the schema refuses it, without the members that do not fit."""
        resource, key = self.resource, self.resource.key_in(record)
        shown = resource.completed(schema, record, state, key)
        if id(schema) not in self.judges:
            self.judges[id(schema)] = compile_schema(
                resource.document, schema, COMMON_FORMATS, optional="writeOnly"
            )
        accepts = self.judges[id(schema)].accepts
        if accepts(shown):
            return shown
        least = resource.completed(schema, with_value_at({}, resource.key_path, key), state, key)
        return with_fitting(least, shown, accepts) if accepts(least) else shown

    def _with_page_headers(self, reply: Reply, facts: Facts) -> Reply:
        """Return the answer with the declared headers that tell facts about its page."""
        told: dict[str, Json] = {}
        declared = self.answering.declared.get("headers", EMPTY)
        for name, one in declared.items():
            if name.lower() == "link":
                steps = ((step, facts.steps[step].link) for step in ("prev", "next", "last", "first"))
                told[name] = ", ".join(f'<{link()}>; rel="{step}"' for step, link in steps if link)
            else:
                with suppress(KeyError):
                    node = merged(self.resource.document, one.get("schema", EMPTY))
                    told[name] = facts.fact(name.lower().removeprefix("x-"), node)
        needed = {name for name, one in declared.items() if one.get("required")}
        texts = {name: "" if one is None else str(one) for name, one in told.items()}
        sent = ((name, text) for name, text in texts.items() if text or name in needed)
        return replace(reply, headers=(*reply.headers, *sent))

    def _in_envelope(self, schema: Document, member: str, record: Json, state: State) -> dict[str, Any]:
        """Return the record, in the envelope's member `member` if it has a name."""
        if not member:
            return dict(record)
        document, drawn = self.resource.document, self.resource.drawn(schema, state)
        return {**with_facts(document, merged(document, schema), drawn, _DONE), member: record}

    def reply(
        self, record: Document, state: State, facts: Facts | None = None, *, must_show: bool = True
    ) -> Reply | None:
        """Return the answer that shows a record; `facts` replace members of the answer.

        If the schema does not take the record, the answer has the members that fit. An answer that need not
        show a record, such as `{}`, may lack members of a record that the schema requires.
        """
        resource, document, schema = self.resource, self.resource.document, self.schema
        answered, member = self.envelope

        def answer(shown: Json) -> Json:
            told = self._in_envelope(schema, member, shown, state)
            return with_facts(document, merged(document, schema), told, facts) if facts else told

        whole = answer(resource.completed(answered, record, state, resource.key_in(record)))
        reply = self._valid(whole) or self._valid(answer(self._fitting(answered, record, state)))
        if reply or must_show:
            return reply
        least = with_facts(document, merged(document, schema), resource.drawn(schema, state), facts or _DONE)
        return self._valid(with_fitting(least, whole, self.answering.accepts))

    def _valid(self, document: Json, around: Document = EMPTY) -> Reply | None:
        """Return the answer, without members that its schema does not allow; None if the rest is invalid.

        Members of `around` that the file's example has stay, such as a cursor that no schema names.
        """
        answering = self.answering
        if not answering.schema:
            return Reply(answering.status)
        document = answering.tree.answered(document, answering.schema)
        if around:
            document = {**document, **{name: around[name] for name in answering.envelope if name in around}}
        if not answering.accepts(document):
            return None
        if not answering.is_json:
            return Reply(answering.status, answering.encode(document), answering.sent_type)
        lines = has_lines(answering.content)
        return json_reply(answering.status, document, answering.sent_type, lines=lines)


def _overlaid(known: Json, others: Json) -> Any:
    """Return the members of `others` at any depth, and those of `known` that `others` lacks."""
    if not (isinstance(known, dict) and isinstance(others, dict)):
        return others
    return {**known, **{name: _overlaid(known.get(name), one) for name, one in others.items()}}


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


def _patch_in(document: Json, media_type: str) -> Json:
    """Return the operations of a JSON Patch, which another media type may have too, else None."""
    inner = document.get("patch") if isinstance(document, dict) else document
    listed = isinstance(inner, list) and all(
        isinstance(one, dict) and {"op", "path"} <= one.keys() for one in inner
    )
    return document if media_type == _JSON_PATCH else inner if listed else None


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
