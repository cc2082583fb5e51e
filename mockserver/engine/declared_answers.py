"""Store items and answer with records, for a vendor without code."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mockserver.codec.http import JSON_TYPE, json_reply, sent_type
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.errors import InvalidCall, Rejected, SpecError
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
    Value,
    join_key,
    value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, Spec, has_lines
from mockserver.vendor import ApplyBatch, Handler, Request, StoreItem, StoreItems, find_record

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED = Action.CREATED, Action.UPDATED

_MULTI_STATUS = 207


def upsert_items(batch: Batch) -> ApplyBatch:
    """Return a function that stores each item under its key; unless `batch.upsert`, refuse a known key."""
    is_composite = len(batch.key) > 1

    def apply(_request: Request, state: State) -> StoreItems:
        collection = state.collection(batch.collection)
        find = collection.get

        def keep(item: Item) -> Outcome:
            key, document = item.key, item.document
            if not key or (is_composite and _absent_member(batch, item)):
                lacking = (*batch.place_of(item), *(_absent_member(batch, item) or batch.key_paths[0]))
                raise Rejected(Problem("missing-required", lacking, "the item has no key", "key"))
            is_new = find(key) is None
            if not is_new and not batch.upsert:
                path = batch.place_of(item)
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


def with_distinct_keys(apply: ApplyBatch, batch: Batch) -> ApplyBatch:
    """Return `apply` for a batch whose answer names items by key: each item must have a key of its own.

    Otherwise the answer could not tell what became of the item, so the whole call is refused.
    """

    def apply_distinct(request: Request, state: State) -> StoreItem:
        refuse_shared_keys(request, batch)
        return apply(request, state)

    return apply_distinct


def refuse_shared_keys(request: Request, batch: Batch) -> None:
    """Raise InvalidCall if an item has no key, or the key of another item."""
    seen: set[str] = set()
    problems, keys = [], batch.key_paths
    for item in request.items:
        path = batch.place_of(item)
        if absent := [str(key[-1]) for key in keys if not _is_key(value_at(item.document, key))]:
            lacking = " and ".join(absent)
            problems.append(Problem("missing-required", path, "the item has no key", "required", lacking))
        elif item.key in seen:
            problems.append(Problem("duplicate-key", path, f"{item.key} is sent twice", "uniqueItems"))
        seen.add(item.key)
    if problems:
        raise InvalidCall(problems, request.document)


def _is_key(value: Json) -> bool:
    return value != "" and isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)


def _absent_member(batch: Batch, item: Item) -> Path:
    return next((key for key in batch.key_paths if value_at(item.document, key) is None), ())


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


class AnswerForm(Value, frozen=True):
    """The answer that an operation declares for success: status, JSON media type, schema."""

    status: int
    media_type: str
    schema: Document
    has_lines: bool = False


def declared_form(operation: Operation, otherwise: int) -> AnswerForm:
    """Return the form of the first declared 2xx (of 207, if a batch declares it), else of `otherwise`."""
    codes = [int(code) for code in operation.responses if code.startswith("2") and code.isdigit()]
    codes.sort(key=lambda code: operation.batch is None or code != _MULTI_STATUS)
    return form_of(operation, next(iter(codes), otherwise))


def form_of(operation: Operation, status: int) -> AnswerForm:
    name, content = operation.json_content(str(status) if str(status) in operation.responses else "2XX")
    return AnswerForm(status, sent_type(name or JSON_TYPE), content.get("schema", EMPTY), has_lines(content))
