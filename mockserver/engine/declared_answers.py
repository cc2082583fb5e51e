"""Answers of a vendor without code: stored items, and outcomes in the form that the spec declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from mockserver.codec.http import JSON_TYPE, json_reply
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import (
    ERRORS,
    Message,
    SchemaFilling,
    fitting_text,
    is_free_text,
    pick,
    unlimited_types,
    value_check,
)
from mockserver.errors import Rejected, SpecError
from mockserver.model import (
    EMPTY,
    Action,
    Document,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    Reply,
    join_key,
    parse_pointer,
)
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Batch, Operation, Spec, plain
from mockserver.spec.outcomes import side_of
from mockserver.spec.schema_tree import SchemaTree
from mockserver.vendor import (
    ApplyBatch,
    BatchResult,
    Handler,
    RenderBatch,
    Request,
    StoreItems,
    fault_status,
    find_record,
)

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED = Action.CREATED, Action.UPDATED

_LIMITS = frozenset({"enum", "format", "pattern", "minLength", "maxLength"})
_NOT_ACCEPTED = frozenset({Action.REJECTED, Action.SKIPPED})
_MULTI_STATUS, _REJECTED_STATUS, _SKIPPED_STATUS = 207, 422, 424
_STATUSES = {Action.CREATED: 201, Action.UPDATED: 200, Action.UNCHANGED: 200}
_WORDS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATED: ("created", "new", "inserted", "added", "stored", "ok", "success", "accepted", "done"),
    Action.UPDATED: ("updated", "changed", "modified", "replaced", "stored", "ok", "success", "accepted"),
    Action.UNCHANGED: ("unchanged", "updated", "ok", "success", "accepted", "done"),
    Action.REJECTED: ("rejected", "failed", "failure", "error", "invalid", "refused", "denied", "400"),
    Action.SKIPPED: ("skipped", "aborted", "cancelled", "rejected", "failed", "error", "400"),
}
_VARIES = "varies"


def upsert_items(batch: Batch) -> ApplyBatch:
    """Return a function that stores each item under its key; unless `batch.upsert`, refuse a known key."""
    is_composite = len(batch.key) > 1

    def apply(_request: Request, state: State) -> StoreItems:
        collection = state.collection(batch.collection)
        find = collection.get

        def keep(item: Item) -> Outcome:
            key, document = item.key, item.document
            if not key or (is_composite and _absent_member(batch, item)):
                lacking: Path = (*batch.items, item.index, _absent_member(batch, item) or batch.key[0])
                raise Rejected(Problem("missing-required", lacking, "the item has no key", "key"))
            is_new = find(key) is None
            if not is_new and not batch.upsert:
                path: Path = (*batch.items, item.index)
                raise Rejected(Problem("duplicate-key", path, f"{key} already exists", "key"))
            collection[key] = document
            return Outcome(item, CREATED if is_new else UPDATED, document)

        def keep_all(items: Sequence[Item]) -> list[Outcome] | None:
            documents = {item.key: item.document for item in items}
            if (
                len(documents) < len(items)
                or "" in documents
                or (is_composite and any(_absent_member(batch, item) for item in items))
                or (not batch.upsert and any(map(find, documents)))
            ):
                return None
            known = collection.update(documents)
            actions = [CREATED if one is None else UPDATED for one in known]
            return list(map(Outcome, items, actions, documents.values()))

        return StoreItems(keep, keep_all)

    return apply


def _absent_member(batch: Batch, item: Item) -> str | None:
    return next((name for name in batch.key if item.document.get(name) is None), None)


def record_handler(
    collection: str, key: tuple[str, ...], form: AnswerForm, *, deletes: bool = False
) -> Handler:
    """Return a handler that answers with a record. If `deletes`, it also deletes the record.

    A deletion is answered without the record if the answer has no schema.
    """

    def handle(request: Request, state: State) -> Reply:
        values = [str(request.parameters[one]) for one in key]
        name = join_key(values) if len(values) > 1 else values[0]
        record = find_record(collection, name, state)
        if deletes:
            del state.collection(collection)[name]
            if not form.schema:
                return Reply(form.status)
        return json_reply(form.status, record, form.media_type)

    return handle


def list_handler(collection: str, filling: SchemaFilling, form: AnswerForm) -> Handler:
    """Return a handler that lists every record, in key order, in the list that the answer's schema has."""
    node = filling.merged(form.schema)
    properties = EMPTY if node.get("type") == "array" else node.get("properties", EMPTY)
    lists = (name for name, one in properties.items() if "items" in one or one.get("type") == "array")
    member = next(lists, "")  # "" if the answer itself is the list

    def handle(_request: Request, state: State) -> Reply:
        records = list(state.collection(collection).values())
        if not member:
            return json_reply(form.status, records, form.media_type)
        message = Message(form.status, "", is_refusal=False, counts={"total": len(records)})
        return json_reply(form.status, filling.fill(form.schema, message, {member: records}), form.media_type)

    return handle


def default_handler(operation: Operation, contract: Spec) -> Handler | None:
    """Return the handler that shows, lists or deletes records, for a GET or DELETE with `x-collection`.

    Raises SpecError: an undeclared path parameter.
    """
    if operation.method not in ("get", "delete") or not operation.collection:
        return None
    filling = SchemaFilling(contract.document)
    form = declared_form(operation, 200 if operation.method == "get" else 204)
    last = operation.path.rsplit("/", 1)[-1]
    if not last.startswith("{"):
        return list_handler(operation.collection, filling, form) if operation.method == "get" else None
    key = _key_parameters(operation, contract, last[1:-1])
    return record_handler(operation.collection, key, form, deletes=operation.method == "delete")


def _key_parameters(operation: Operation, contract: Spec, last: str) -> tuple[str, ...]:
    """Return the names of the key's members if all are path parameters, else the last path parameter.

    Raises SpecError: an undeclared path parameter.
    """
    there = [parameter.name for parameter in operation.parameters if parameter.place == "path"]
    if last not in there:
        cure = f"parameters: {{name: {last}, in: path, required: true}}"
        raise SpecError(f"{operation.id}: add to its {cure}", operation.place, cure=cure)
    keys = [
        one.batch.key
        for one in contract.operations.values()
        if one.batch and one.batch.collection == operation.collection
    ]
    whole = keys[0] if keys else ()
    return whole if len(whole) > 1 and set(whole) <= set(there) else (last,)


TellMember: TypeAlias = Callable[[Outcome], Json]
"""A function that returns the value of a row's member; None if the row lacks the member."""

WriteRows: TypeAlias = Callable[[Sequence[Outcome], State], list[Json]]
"""A function that returns the rows of a batch, from its outcomes."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The answer that an operation declares for success: status, JSON media type, schema."""

    status: int
    media_type: str
    schema: Document


@dataclass(frozen=True, slots=True)
class RowMember:
    tell: TellMember
    usual: Mapping[Action, Json] | None = None
    """Values for items without problems, by action; None if the value depends on the item."""
    tell_all: Callable[[Sequence[Outcome]], Sequence[Json]] | None = None
    """Returns what `tell` returns, quicker for many items."""


def declared_form(operation: Operation, otherwise: int) -> AnswerForm:
    """Return the form of the first declared 2xx (of 207, if a batch declares it), else of `otherwise`."""
    codes = [int(code) for code in operation.responses if code.startswith("2") and code.isdigit()]
    codes.sort(key=lambda code: operation.batch is None or code != _MULTI_STATUS)
    return _form_of(operation, next(iter(codes), otherwise))


def _form_of(operation: Operation, status: int) -> AnswerForm:
    contents = operation.contents(str(status) if str(status) in operation.responses else "2XX")
    media_type = next((name for name in contents if name.endswith("json")), JSON_TYPE)
    return AnswerForm(status, media_type, contents.get(media_type, EMPTY).get("schema", EMPTY))


def render_batch(contract: Spec, operation: Operation, batch: Batch) -> RenderBatch:
    """Return a renderer in the declared form.

    If 207 is declared, render a batch without bad items as 201 or 200, if that is declared with equal rows.
    """
    form = declared_form(operation, _MULTI_STATUS)
    render = render_outcomes(contract, batch, form)
    if form.status != _MULTI_STATUS:
        return render
    filling, rows_at = SchemaFilling(contract.document), parse_pointer(batch.outcome["list"])
    forms = [_form_of(operation, one) for one in (201, 200) if str(one) in operation.responses]
    rows, *others = (filling.at(one.schema, rows_at).get("items", EMPTY) for one in (form, *forms))
    # Unequal rows, such as mere records, would not tell what the rows of the 207 tell.
    good = {
        one.status: render_outcomes(contract, batch, one)
        for one, other in zip(forms, others, strict=True)
        if other and filling.merged(other) == filling.merged(rows)
    }

    def render_by_outcome(result: BatchResult, state: State) -> Reply:
        actions = {outcome.action for outcome in result.outcomes}
        if not good or actions & _NOT_ACCEPTED:
            return render(result, state)
        wanted = (201, 200) if CREATED in actions else (200, 201)
        return next(good[one] for one in wanted if one in good)(result, state)

    return render_by_outcome


def render_outcomes(contract: Spec, batch: Batch, form: AnswerForm) -> RenderBatch:
    """Return a renderer of one row for each item, at `outcome.list`, in the types of the answer's schema."""
    filling = SchemaFilling(contract.document)
    target = {name: parse_pointer(pointer) for name, pointer in batch.outcome.items()}
    listed = filling.at(form.schema, target["list"])
    write_rows = _row_writer(filling, filling.merged(listed.get("items", EMPTY)), batch.key, target)
    members = filling.at(form.schema, ()).get("properties", EMPTY)
    # Members beside the list have to be filled, and put in order.
    is_filled = bool(form.schema) and [target["list"]] != [(name,) for name in members]

    def render(result: BatchResult, state: State) -> Reply:
        document: Json = _with_value_at({}, target["list"], write_rows(result.outcomes, state))
        if not is_filled and "count" not in target:
            return json_reply(form.status, document, form.media_type)
        counts = _counts(result.outcomes)
        if "count" in target:
            document = _with_value_at(document, target["count"], counts["accepted"])
        if isinstance(document, dict) and is_filled:
            problems = tuple(problem for outcome in result.outcomes for problem in outcome.problems)
            is_refusal = counts["rejected"] > 0
            message = Message(form.status, "", problems=problems, is_refusal=is_refusal, counts=counts)
            document = filling.fill(form.schema, message, document)
        return json_reply(form.status, document, form.media_type)

    return render


def _row_writer(
    filling: SchemaFilling, row: Document, key: tuple[str, ...], target: Mapping[str, Path]
) -> WriteRows:
    """Return the writer of rows: status, message, key, index, record, and further required members.

    Rows of items without problems differ in few members, and are copied from one template for each action.
    """
    places = {name: path for name, path in target.items() if name not in ("list", "count")}
    schemas = {name: filling.at(row, path) for name, path in places.items()}
    message = places.get("message", ())
    is_apart = "status" not in places or len(message) > 1 or plain("".join(map(str, message))) in ERRORS
    writers = {
        "status": _status_writer(schemas.get("status", EMPTY)),
        "message": _message_writer(filling, schemas.get("message", EMPTY), is_apart=is_apart),
        "key": _key_writer(filling, schemas.get("key", EMPTY), key),
        "index": RowMember(lambda outcome: outcome.item.index),
        "record": _record_writer(filling, schemas.get("record", EMPTY)),
    }
    members = [(path, writers[name]) for name, path in places.items()]
    complete = _row_completer(filling, row, places, schemas)
    templates = {action: _template(members, action, complete) for action in Action}
    differing = [(str(path[0]), member) for path, member in members if path and member.usual is None]
    varying = [(name, member.tell) for name, member in differing]
    name, tell_all = (differing[0][0], differing[0][1].tell_all) if len(differing) == 1 else ("", None)
    listed = [(path, member.tell) for path, member in members]

    def write(outcome: Outcome, state: State) -> Json:
        template = None if outcome.problems else templates[outcome.action]
        if template is not None:
            made: Json = template.copy()
            lacks = False
            for name, tell in varying:
                made[name] = value = tell(outcome)
                lacks = lacks or value is None
            if not lacks:
                return made
            made = {name: value for name, value in made.items() if value is not None}
        else:
            made = {}
            for path, tell in listed:
                if (value := tell(outcome)) is not None:
                    made = _with_value_at(made, path, value)
        completed = complete(made)
        if completed is not None:
            return completed
        return filling.fill(row, _message_of(outcome, print_instant(state.now)), made)

    def write_all(outcomes: Sequence[Outcome], state: State) -> list[Json]:
        if tell_all is None:
            return [write(outcome, state) for outcome in outcomes]
        return [
            {**template, name: value}
            if value is not None
            and not outcome.problems
            and (template := templates[outcome.action]) is not None
            else write(outcome, state)
            for outcome, value in zip(outcomes, tell_all(outcomes), strict=True)
        ]

    return write_all


def _template(
    members: Sequence[tuple[Path, RowMember]], action: Action, complete: Callable[[Json], Json]
) -> dict[str, Json] | None:
    """Return a row for items without problems, with a placeholder for each member that depends on the item.

    Return None if rows are filled by schema, or if a member that depends on the item is inside a member.
    """
    made: Json = {}
    for path, member in sorted(members, key=lambda one: one[1].usual is None):
        value = _VARIES if member.usual is None else member.usual[action]
        if value is _VARIES and len(path) != 1:
            return None
        if value is not None:
            made = _with_value_at(made, path, value)
    completed = complete(made)
    return completed if isinstance(completed, dict) else None


def _row_completer(
    filling: SchemaFilling, row: Document, places: Mapping[str, Path], schemas: Mapping[str, Document]
) -> Callable[[Json], Json]:
    """Return a function that puts a complete row into its schema's order, or returns None for any other row.

    The function saves most rows from the slow filling by schema.
    """
    required, properties = frozenset(row.get("required", ())), row.get("properties", EMPTY)
    is_flat = all(len(path) == 1 for path in places.values())
    is_plain = not any("properties" in node for node in schemas.values())
    if not row:
        return lambda made: made
    if is_flat and is_plain and "index" not in places:  # an index has to be put in order
        return lambda made: made if required <= made.keys() else None
    if not properties or not all(places.values()):
        return lambda _made: None
    order = dict.fromkeys((*properties, *(str(path[0]) for path in places.values())))
    objects = {
        str(path[0])
        for name, path in places.items()
        if len(path) > 1 or schemas[name].get("type") == "object" or "properties" in schemas[name]
    }

    sizes = [(name, _size_if_placed(filling, properties.get(name), name, places)) for name in objects]

    def is_whole(made: Document) -> bool:
        """Return whether filling would only find what the places have put there."""
        if objects.isdisjoint(made):
            return required <= made.keys()
        return len(made) == len(order) and all(len(made[name]) == size for name, size in sizes)

    return lambda made: {name: made[name] for name in order if name in made} if is_whole(made) else None


def _size_if_placed(filling: SchemaFilling, node: Json, name: str, places: Mapping[str, Path]) -> int:
    """Return the number of an object's members that places alone put there, in their order; else -1."""
    members = filling.merged(node or EMPTY).get("properties", EMPTY)
    nodes = [filling.merged(member) for member in members.values()]
    is_nested = any(one.get("type") == "object" or "properties" in one for one in nodes)
    placed = [path[1:] for path in places.values() if path[0] == name]
    return -1 if is_nested or placed != [(member,) for member in members] else len(members)


def _status_writer(node: Document) -> RowMember:
    usual = {action: _status_as(node, action, _STATUSES.get(action, _SKIPPED_STATUS)) for action in Action}
    rejected = {action: _status_as(node, action, _REJECTED_STATUS) for action in Action}

    def tell(outcome: Outcome) -> Json:
        if not outcome.problems:
            return usual[outcome.action]
        status = item_status(outcome)
        if status == _REJECTED_STATUS:
            return rejected[outcome.action]
        return _status_as(node, outcome.action, status)

    return RowMember(tell, usual)


def _status_as(node: Document, action: Action, status: int) -> Json:
    if node.get("enum"):
        side = "bad" if action in _NOT_ACCEPTED else "good"
        meant = [one for one in node["enum"] if side_of(one) == side]
        return pick(node["enum"], status, action, *_WORDS[action], *meant, *node["enum"])
    if node.get("type") == "boolean":
        return action not in _NOT_ACCEPTED
    return str(action) if node.get("type") == "string" else status


def _message_writer(filling: SchemaFilling, node: Document, *, is_apart: bool) -> RowMember:
    """Return the message member; if `is_apart`, good items have no message."""
    if node.get("type") in ("array", "object"):
        return RowMember(
            lambda outcome: None if outcome.accepted else filling.fill(node, _message_of(outcome))
        )
    silent = frozenset(Action) - _NOT_ACCEPTED if is_apart else frozenset()
    if _LIMITS.isdisjoint(node):
        return _sentence_writer(EMPTY, silent)
    if is_free_text(node):
        return _sentence_writer(node, silent)
    return RowMember(
        lambda outcome: (
            None if outcome.action in silent else filling.fill(node, _message_of(outcome), name="message")
        )
    )


def _sentence_writer(limits: Document, silent: frozenset[Action]) -> RowMember:
    usual = {
        action: None if action in silent else fitting_text(limits, action.capitalize()) for action in Action
    }

    def tell(outcome: Outcome) -> Json:
        action = outcome.action
        if not outcome.problems:
            return usual[action]
        return None if action in silent else fitting_text(limits, _sentence(outcome), action.capitalize())

    return RowMember(tell, usual)


def _key_writer(filling: SchemaFilling, node: Document, key: tuple[str, ...]) -> RowMember:
    """Return the key member, in the type of the item's member or of the row's schema."""
    if len(key) == 1:
        return _member_writer(node, key[0])
    if node.get("type") != "object":
        return RowMember(lambda outcome: outcome.item.key)
    accepted = {name: value_check(filling.at(node, (name,))) for name in key}

    def tell(outcome: Outcome) -> Json:
        members = _members_of(outcome.item)
        return {name: members[name] for name in key if accepted[name](members.get(name))}

    return RowMember(tell)


def _member_writer(node: Document, name: str) -> RowMember:
    accepts, convert = value_check(node), _CONVERTERS.get(node.get("type", ""))
    plain_types = unlimited_types(node)

    def tell(outcome: Outcome) -> Json:
        item, document = outcome.item, outcome.item.document
        value = document.get(name, item.key) if isinstance(document, dict) else item.key
        if not item.key and isinstance(outcome.document, dict):
            value = outcome.document.get(name, value)
        if accepts(value):
            return value
        converted = value if convert is None else convert(value)
        return converted if accepts(converted) else None

    def tell_all(outcomes: Sequence[Outcome]) -> Sequence[Json]:
        with suppress(AttributeError):  # if an item is no object
            values = [outcome.item.document.get(name) for outcome in outcomes]
            if plain_types.issuperset(map(type, values)):
                return values
        return [tell(outcome) for outcome in outcomes]

    return RowMember(tell, tell_all=tell_all)


def _record_writer(filling: SchemaFilling, node: Document) -> RowMember:
    """Return the record member, which has what the row's schema allows of the stored record."""
    tree = SchemaTree(filling.document)
    return RowMember(lambda outcome: tree.answered(outcome.document, node) if outcome.accepted else None)


def _members_of(item: Item) -> dict[str, Json]:
    return item.document if isinstance(item.document, dict) else {}


def _stored(outcome: Outcome) -> dict[str, Json]:
    return outcome.document if outcome.accepted and isinstance(outcome.document, dict) else {}


def item_status(outcome: Outcome) -> int:
    """Return the status of an item. A rejected item has 422, unless a scenario sets its status."""
    if not outcome.problems:
        return _STATUSES.get(outcome.action, _SKIPPED_STATUS)
    return fault_status(outcome.problems) or _REJECTED_STATUS


def _sentence(outcome: Outcome) -> str:
    return "; ".join([problem.detail for problem in outcome.problems]) or outcome.action.capitalize()


def _message_of(outcome: Outcome, now: str = "") -> Message:
    return Message(
        item_status(outcome),
        _sentence(outcome),
        outcome.action.capitalize(),
        outcome.problems[0].code if outcome.problems else str(outcome.action),
        outcome.problems,
        now,
        document=_members_of(outcome.item) | _stored(outcome),
        is_refusal=not outcome.accepted,
    )


def _counts(outcomes: tuple[Outcome, ...]) -> Mapping[str, int]:
    actions = [outcome.action for outcome in outcomes]
    named = {str(action): actions.count(action) for action in dict.fromkeys(actions)}
    rejected = sum(named.get(action, 0) for action in _NOT_ACCEPTED)
    return {**named, "total": len(outcomes), "accepted": len(outcomes) - rejected, "rejected": rejected}


def _text_of_key(value: Json) -> Json:
    if not isinstance(value, (int, Decimal)):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_of_key(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    return int(value) if value.isascii() and value.isdecimal() else None


_CONVERTERS: Mapping[str, Callable[[Json], Json]] = {
    "string": _text_of_key,
    "integer": _number_of_key,
    "number": _number_of_key,
}
"""Converters of a key to the type of its schema: from a number to its text, or back."""


def _with_value_at(document: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    inner: Mapping[str, Any] = document if isinstance(document, dict) else {}
    step = str(path[0])
    return {**inner, step: _with_value_at(inner.get(step, {}), path[1:], value) if path[1:] else value}
