"""Default upsert, 207 multi-status, GET handlers and problem details for vendors without code."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mockserver.codec.http import REFUSAL_STATUSES, json_reply, problem_reply
from mockserver.errors import InvalidCall, MethodNotAllowed, Refusal, Rejected, SpecError
from mockserver.model import Action, Call, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Batch, Operation, parse_pointer
from mockserver.vendor import (
    FAULT_RULE,
    ApplyBatch,
    BatchResult,
    Handler,
    RenderBatch,
    Request,
    find_record,
    store_each,
)

_ITEM_STATUSES = {Action.CREATED: 201, Action.UPDATED: 200, Action.UNCHANGED: 200}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


def upsert_items(batch: Batch) -> ApplyBatch:
    """Store each item under its key, as it is; without `upsert` a key that is there is a duplicate."""

    def keep(item: Item, _request: Request, state: State) -> Outcome:
        collection = state.collection(batch.collection)
        absent = next((name for name in batch.key if item.document.get(name) is None), None)
        if absent is not None or not item.key:
            path: Path = (*batch.items, item.index, absent or batch.key[0])
            raise Rejected(Problem("missing-required", path, "the item has no key", "key"))
        known = item.key in collection
        if known and not batch.upsert:
            path = (*batch.items, item.index)
            raise Rejected(Problem("duplicate-key", path, f"{item.key} is there already", "key"))
        collection[item.key] = item.document
        return Outcome(item, Action.UPDATED if known else Action.CREATED, item.document)

    return store_each(keep)


def render_multi_status(batch: Batch, status: int, media_type: str) -> RenderBatch:
    """Return one entry an item at `outcome.list`: its status, a message, its key."""
    target = {name: parse_pointer(pointer) for name, pointer in batch.outcome.items()}

    def entry(outcome: Outcome) -> Json:
        made: Json = {}
        for name, value in (
            ("status", _item_status(outcome)),
            ("message", "; ".join(p.detail for p in outcome.problems) or outcome.action.capitalize()),
            ("key", outcome.item.key),
        ):
            if name in target:
                made = _with_value_at(made, target[name], value)
        return made

    def render(result: BatchResult, _state: State) -> Reply:
        entries = [entry(outcome) for outcome in result.outcomes]
        return json_reply(status, _with_value_at({}, target["list"], entries), media_type)

    return render


def _item_status(outcome: Outcome) -> int:
    """422 for a rejected item, unless a scenario says which."""
    said = [problem.expected for problem in outcome.problems if problem.rule == FAULT_RULE]
    if outcome.problems:
        return next((status for status in said if status is not None), 422)
    return _ITEM_STATUSES.get(outcome.action, 424)


def show_handler(collection: str, parameter: str) -> Handler:
    """Return the one record that the path names."""

    def handle(request: Request, state: State) -> Reply:
        found = find_record(collection, str(request.parameters[parameter]), state)
        return json_reply(200, found)

    return handle


def list_handler(collection: str) -> Handler:
    """Return every record, in key order."""

    def handle(_request: Request, state: State) -> Reply:
        return json_reply(200, list(state.collection(collection).values()))

    return handle


def default_handler(operation: Operation) -> Handler | None:
    """Return the default handler of a GET with `x-collection`: show one record or list all.

    Raises:
        SpecError: that parameter is not declared.
    """
    if operation.method != "get" or not operation.collection:
        return None
    last = operation.path.rsplit("/", 1)[-1]
    if not last.startswith("{"):
        return list_handler(operation.collection)
    name = last[1:-1]
    if not any(parameter.place == "path" and parameter.name == name for parameter in operation.parameters):
        raise SpecError(f"{operation.id}: add to its parameters: {{name: {name}, in: path, required: true}}")
    return show_handler(operation.collection, name)


def refuse_with_problem_details(
    refusal: Refusal, call: Call, _operation: Operation | None, _state: State
) -> Reply:
    """Problem details, for a vendor that says nothing else."""
    status = REFUSAL_STATUSES.get(refusal.code, 400)
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    members: dict[str, Any] = {"instance": call.path}
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, (InvalidCall, Rejected)):
        members["errors"] = [
            {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail}
            for problem in refusal.problems
        ]
    if isinstance(refusal, MethodNotAllowed):
        headers = (("Allow", ", ".join(refusal.allowed)),)
    if refusal.code == "unauthorized":
        headers = (("WWW-Authenticate", "Bearer"),)
    reply = problem_reply(status, title, refusal.detail if refusal.code != "invalid" else "", **members)
    return Reply(reply.status, reply.body, reply.media_type, headers)


def _with_value_at(document: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    inner: Mapping[str, Any] = document if isinstance(document, dict) else {}
    step = str(path[0])
    return {**inner, step: _with_value_at(inner.get(step, {}), path[1:], value)}
