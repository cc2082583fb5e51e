"""Store the items of a batch, show, list and delete records, for vendors without code."""

from __future__ import annotations

from mockserver.codec.http import json_reply
from mockserver.engine.outcome_rows import AnswerForm, declared_form
from mockserver.engine.schema_filling import Message, SchemaFilling
from mockserver.errors import Rejected, SpecError
from mockserver.model import EMPTY, Action, Document, Item, Outcome, Path, Problem, Reply, join_key
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Batch, Operation, Spec
from mockserver.vendor import ApplyBatch, Handler, Request, StoreItem, find_record

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED = Action.CREATED, Action.UPDATED


def upsert_items(batch: Batch) -> ApplyBatch:
    """Store each item under its key, as it is; without `upsert` a key that is there is a duplicate."""
    is_composite = len(batch.key) > 1

    def apply(_request: Request, state: State) -> StoreItem:
        collection = state.collection(batch.collection)
        find = collection.get

        def keep(item: Item) -> Outcome:
            key, document = item.key, item.document
            if not key or (is_composite and _absent_member(batch, item)):
                raise _without_key(batch, item)
            is_new = find(key) is None
            if not is_new and not batch.upsert:
                path: Path = (*batch.items, item.index)
                raise Rejected(Problem("duplicate-key", path, f"{key} is there already", "key"))
            collection[key] = document
            return Outcome(item, CREATED if is_new else UPDATED, document)

        return keep

    return apply


def _absent_member(batch: Batch, item: Item) -> str | None:
    return next((name for name in batch.key if item.document.get(name) is None), None)


def _without_key(batch: Batch, item: Item) -> Rejected:
    path = (*batch.items, item.index, _absent_member(batch, item) or batch.key[0])
    return Rejected(Problem("missing-required", path, "the item has no key", "key"))


def show_handler(collection: str, key: tuple[str, ...], form: AnswerForm) -> Handler:
    """Return the one record whose key the path parameters `key` name."""

    def handle(request: Request, state: State) -> Reply:
        found = find_record(collection, _key_in_path(request, key), state)
        return json_reply(form.status, found, form.media_type)

    return handle


def delete_handler(collection: str, key: tuple[str, ...], form: AnswerForm) -> Handler:
    """Delete that record; it is shown a last time where the spec declares a body."""

    def handle(request: Request, state: State) -> Reply:
        name = _key_in_path(request, key)
        found = find_record(collection, name, state)
        del state.collection(collection)[name]
        return json_reply(form.status, found, form.media_type) if form.schema else Reply(form.status)

    return handle


def list_handler(collection: str, filling: SchemaFilling, form: AnswerForm) -> Handler:
    """Return every record, in key order, in the list that the answer's schema has."""
    member = _list_member(filling.merged(form.schema))

    def handle(_request: Request, state: State) -> Reply:
        records = list(state.collection(collection).values())
        if not member:
            return json_reply(form.status, records, form.media_type)
        said = Message(form.status, "", is_refusal=False, counts={"total": len(records)})
        return json_reply(form.status, filling.fill(form.schema, said, {member: records}), form.media_type)

    return handle


def _list_member(node: Document) -> str:
    """Return the member that holds the list of an answer that is an object, "" for a list itself."""
    properties = node.get("properties", EMPTY)
    lists = [name for name, one in properties.items() if "items" in one or one.get("type") == "array"]
    return lists[0] if node.get("type") != "array" and lists else ""


def _key_in_path(request: Request, key: tuple[str, ...]) -> str:
    values = [str(request.parameters[name]) for name in key]
    return join_key(values) if len(values) > 1 else values[0]


def default_handler(operation: Operation, contract: Spec) -> Handler | None:
    """Return the default handler of a GET or DELETE with `x-collection`: show, list or delete records.

    Raises:
        SpecError: a parameter in its path is not declared.
    """
    if operation.method not in ("get", "delete") or not operation.collection:
        return None
    filling = SchemaFilling(contract.document)
    form = declared_form(contract, operation, 200 if operation.method == "get" else 204)
    last = operation.path.rsplit("/", 1)[-1]
    if not last.startswith("{"):
        return list_handler(operation.collection, filling, form) if operation.method == "get" else None
    key = _key_parameters(operation, contract, last[1:-1])
    make = show_handler if operation.method == "get" else delete_handler
    return make(operation.collection, key, form)


def _key_parameters(operation: Operation, contract: Spec, last: str) -> tuple[str, ...]:
    """Return the path parameters that make the key: all its members where the path has them, else the last.

    Raises:
        SpecError: it is not declared.
    """
    there = [one.name for one in operation.parameters if one.place == "path"]
    if last not in there:
        raise SpecError(f"{operation.id}: add to its parameters: {{name: {last}, in: path, required: true}}")
    keys = [
        one.batch.key
        for one in contract.operations.values()
        if one.batch and one.batch.collection == operation.collection
    ]
    whole = keys[0] if keys else ()
    return whole if len(whole) > 1 and set(whole) <= set(there) else (last,)
