"""Whole requests as the items of a batch: run each request as a call of its own, and write its response."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import TypeAlias
from urllib.parse import unquote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, json_reply, problem_reply, status_title
from mockserver.engine.batch import apply_each
from mockserver.engine.declared_answers import declared_form, refuse_shared_keys
from mockserver.engine.declared_outcomes import count_outcomes, key_writer, message_of
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.engine.resources import sent_schema
from mockserver.errors import MalformedBody, Rejected
from mockserver.model import (
    EMPTY,
    SAFE_METHODS,
    Action,
    Call,
    Document,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    Reply,
    Verdict,
    pointer_of,
    with_value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch, Requests
from mockserver.spec.openapi import Operation, Spec, misused
from mockserver.spec.outcomes import tells_outcomes
from mockserver.vendor import (
    FAULT_RULE,
    ApplyBatch,
    BatchResult,
    CompleteBatchHandler,
    RenderBatch,
    Request,
    StoreItem,
    fault_status,
)

_FIRST_REFUSAL, _CREATED, _BAD_REQUEST, _FAILED_DEPENDENCY, _SERVER_ERROR = 400, 201, 400, 424, 500
_NOT_INHERITED = re.compile("(content|if|transfer)-|prefer$")
"""Headers of the call that its requests do not have: those about its own body, and its conditions."""

_CUT_OFF = "cut-off"
_ABSENT = -1
"""Number of a unit on which another unit depends, but that is not there."""

_NOT_RUN: Mapping[str, tuple[Action, str]] = {
    _CUT_OFF: (Action.SKIPPED, "enough requests before it failed"),
    "skipped": (Action.SKIPPED, "a request on which it depends, or of its group, failed"),
    "unknown-reference": (Action.REJECTED, "it depends on a request that is not there, or not before it"),
    "circular": (Action.REJECTED, "it depends on requests that depend on each other"),
}
"""For each code of a problem why a request is not run, its action and the reason."""

_Unit: TypeAlias = tuple[Sequence[Item], frozenset[int], bool]
"""Requests that run together, the numbers of the units on which they depend, and whether they are a group."""


def run_requests(contract: Spec, batch: Batch, requests: Requests) -> ApplyBatch:
    """Return a function that runs a request; the outcome's document has status, headers and body."""

    def apply(request: Request, state: State) -> StoreItem:
        def run(item: Item) -> Outcome:
            place = (*batch.items, item.index)
            call = _call_of(item.document, place, requests, request.call)
            call = replace(call, path=contract.canonical_path(call.path))
            operation = contract.find_operation(call.path, call.method)
            if operation and operation.batch and operation.batch.requests:
                raise Rejected(Problem("nested-batch", place, "a batch of requests has no batch of requests"))
            answer = request.dispatch(call, state)
            status, response = answer.reply.status, _response(call, answer.reply)
            if status < _FIRST_REFUSAL:
                is_safe = call.method in SAFE_METHODS or (operation is not None and operation.safe)
                made = Action.CREATED if status == _CREATED else Action.UPDATED
                return Outcome(item, Action.UNCHANGED if is_safe else made, response)
            # Not raised: what the request may have changed in spite of its status stays.
            detail = f"{call.method} {call.path} is answered {status}"
            problem = Problem(answer.refusal or "refused", place, detail, found=status)
            return Outcome(item, Action.REJECTED, response, (problem,))

        return run

    return apply


def _call_of(sent: Json, place: Path, requests: Requests, carrier: Call) -> Call:
    """Return a request as a call with the headers of its carrier. Raises Rejected: no method or path."""
    method, target = requests.part("method", sent), requests.part("path", sent)
    if not (isinstance(method, str) and isinstance(target, str)):
        raise Rejected(Problem("wrong-type", place, "method and path are expected as texts", "type"))
    path, _, query = target.partition("?")
    address = f"{carrier.origin}{carrier.mount}"  # an address in place of a path is below that of the vendor
    path = path[len(address) :] if carrier.origin and path.startswith(f"{address}/") else path
    inherited = {name: text for name, text in carrier.headers.items() if not _NOT_INHERITED.match(name)}
    named, body = requests.part("headers", sent), requests.part("body", sent)
    own = named.items() if isinstance(named, dict) else ()
    headers = {name.lower(): text for name, text in own if isinstance(text, str)}
    return replace(
        carrier,
        method=method.upper(),
        path=unquote(path if path.startswith("/") else f"/{path}"),
        query=query,
        headers={**inherited, "content-type": JSON_TYPE, **headers},
        body=b"" if body is None else json.encode(body),
    )


def _response(call: Call, reply: Reply) -> Document:
    headers = dict(reply.headers) | ({"Content-Type": reply.media_type} if reply.media_type else {})
    body: Json = None
    if reply.body and call.method != "HEAD":
        try:
            body = json.decode(reply.body)
        except MalformedBody:
            body = reply.body.decode("utf-8", "replace")
    return {"status": reply.status, "headers": headers, "body": body}


def apply_requests(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Run the requests in the order sent, but after those they depend on; return one outcome for each.

    Raises InvalidCall: two requests have one id, and the answer would tell them apart by their ids alone.
    """
    batch = request.operation.batch
    if batch is None or batch.requests is None:
        raise AssertionError("the operation is a batch of requests")
    if batch.outcome.names_by_key:
        refuse_shared_keys(request, batch)
    limit = batch.requests.part("stop-after", request.document)
    units, outcomes, failures = _units_of(request.items, batch.requests), dict[int, Outcome](), 0
    for number in _in_order([waits for _, waits, _ in units]):
        items, waits, is_group = units[number]
        needed = [one.index for at in waits - {_ABSENT} for one in units[at][0]]
        if isinstance(limit, int) and 0 < limit <= failures:
            done = _not_run(batch, items, _CUT_OFF)
        elif _ABSENT in waits:
            done = _not_run(batch, items, "unknown-reference")
        elif not all(outcomes[index].accepted for index in needed):
            done = _not_run(batch, items, "skipped")
        else:
            mark, done = state.mark(), []
            for item in items:
                done += apply_each(replace(request, items=(item,)), verdicts, handler, state)
                if is_group and not done[-1].accepted:
                    state.undo_to(mark)
                    done = [done[-1], *_not_run(batch, [one for one in items if one is not item], "skipped")]
                    break
        failures += sum(not one.accepted for one in done)
        outcomes |= {one.item.index: one for one in done}
    circle = _not_run(batch, [one for one in request.items if one.index not in outcomes], "circular")
    outcomes |= {one.item.index: one for one in circle}
    return tuple(outcomes[item.index] for item in request.items)


def _units_of(items: Iterable[Item], requests: Requests) -> list[_Unit]:
    """Return the units in the order of their first request."""
    groups: dict[tuple[str, Json], list[Item]] = {}
    for item in items:
        group = requests.part("group", item.document)
        groups.setdefault(("group", group) if isinstance(group, str) else ("", item.index), []).append(item)
    numbers = {name: number for number, (kind, name) in enumerate(groups) if kind}
    ids = [(item.key, number) for number, unit in enumerate(groups.values()) for item in unit if item.key]
    numbers |= dict(reversed(ids))  # of requests with one id, the first counts
    units: list[_Unit] = []
    for number, ((kind, _), unit) in enumerate(groups.items()):
        named = [requests.part("depends-on", item.document) for item in unit]
        names = [one for part in named for one in (part if isinstance(part, list) else [part])]
        waits = {numbers.get(str(name), _ABSENT) for name in names if name not in (None, "")}
        waits = {_ABSENT if requests.is_serial and one > number else one for one in waits}
        units.append((unit, frozenset(waits - {number} if kind else waits), bool(kind)))
    return units


def _in_order(waits: Sequence[Iterable[int]]) -> Iterator[int]:
    """Yield the numbers of units, each after those for which it waits; leave out units in a circle."""
    sorter = TopologicalSorter({at: [one for one in wait if one >= 0] for at, wait in enumerate(waits)})
    with suppress(CycleError):
        sorter.prepare()
    ready = list(sorter.get_ready())
    heapify(ready)
    while ready:
        number = heappop(ready)
        yield number
        sorter.done(number)
        for one in sorter.get_ready():
            heappush(ready, one)


def _not_run(batch: Batch, items: Iterable[Item], code: str) -> list[Outcome]:
    action, reason = _NOT_RUN[code]
    return [
        Outcome(one, action, problems=(Problem(code, (*batch.items, one.index), reason),)) for one in items
    ]


def render_responses(contract: Spec, operation: Operation, batch: Batch, requests: Requests) -> RenderBatch:
    """Return a renderer of one response for each request that was tried. Raises SpecError."""
    place, form = batch.outcome.rows[0].place, declared_form(operation, 200)
    filling, sent = SchemaFilling(contract.document), sent_schema(operation)
    rows, items = filling.at(form.schema, place), filling.at(sent, batch.items)
    for node, mark in ((items, "requests"), (rows, "responses")):
        if "items" not in node:
            raise misused(f"x-batch.{mark}.list", "the schema has no list there", f"list: /{mark}")
    row, item = filling.merged(rows["items"]), items["items"]
    if not tells_outcomes(filling.at(row, requests.told["status"])):
        raise misused("x-batch.responses.status", "it cannot tell that a request failed", "status: /status")
    for name, path in requests.sent.items():
        _check_member(filling, sent if name == "stop-after" else item, path, f"x-batch.requests.{name}")
    for name, path in requests.told.items():
        _check_member(filling, row, path, f"x-batch.responses.{name}")
    write = _response_writer(filling, row, requests.told, batch.key)

    def render(result: BatchResult, _state: State) -> Reply:
        shown = [one for one in result.outcomes if not one.problems or one.problems[0].code != _CUT_OFF]
        document = with_value_at({}, place, [write(one) for one in shown])
        if isinstance(document, dict):
            message = Message(form.status, "", is_refusal=False, counts=count_outcomes(result.outcomes))
            document = filling.fill(form.schema, message, document)
        return json_reply(form.status, document, form.media_type)

    return render


def _response_writer(
    filling: SchemaFilling, row: Document, told: Mapping[str, Path], key: tuple[str, ...]
) -> Callable[[Outcome], Json]:
    parts = {name: filling.at(row, path) for name, path in told.items()}
    tell_id = key_writer(filling, parts.get("id", EMPTY), key).tell

    def write(outcome: Outcome) -> Json:
        message, response = _message_of(outcome), outcome.document
        if not _is_run(outcome):
            details = json.decode(problem_reply(message.status, message.sentence).body)
            response = {"headers": {}, "body": filling.fill(parts.get("body", EMPTY), message) or details}
        is_text = parts["status"].get("type") == "string"
        made = with_value_at({}, told["status"], str(message.status) if is_text else message.status)
        if "id" in told and (name := tell_id(outcome)) is not None:
            made = with_value_at(made, told["id"], name)
        made = filling.fill(row, message, made)
        # Put in last, so that the schema of a response adds nothing to what the request itself is answered.
        for part in ("headers", "body"):
            if part in told and response[part] is not None:
                made = with_value_at(made, told[part], response[part])
        return made

    return write


def _check_member(filling: SchemaFilling, schema: Document, path: Path, mark: str) -> None:
    """Raise SpecError if a schema that names its members has no member at a path."""
    for step in path:
        members = filling.merged(schema).get("properties", EMPTY)
        if members and step not in members:
            near = get_close_matches(str(step), members, 1) or [*members]
            problem = f"the schema has no {pointer_of(path)}; it has {', '.join(members)}"
            raise misused(mark, problem, f"{mark.rpartition('.')[2]}: /{near[0]}")
        schema = members.get(step, EMPTY)


def _is_run(outcome: Outcome) -> bool:
    return isinstance(outcome.document, dict) and all(one.rule != FAULT_RULE for one in outcome.problems)


def _message_of(outcome: Outcome) -> Message:
    """Return the message about a request, with its status. It has a status of its own if it was not run."""
    problems, sent = outcome.problems, outcome.item.document
    is_fault = any(one.rule == FAULT_RULE for one in problems)
    status = fault_status(problems) or (_SERVER_ERROR if is_fault else _BAD_REQUEST)
    if _is_run(outcome):
        status = outcome.document["status"]
    elif outcome.action is Action.SKIPPED:
        status = _FAILED_DEPENDENCY
    return message_of(outcome, status, status_title(status), sent if isinstance(sent, dict) else EMPTY)
