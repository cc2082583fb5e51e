"""Whole requests as the items of a batch: run each request as a call of its own, and write its response."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from urllib.parse import unquote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, json_reply, problem_reply, status_title
from mockserver.codec.instants import print_instant
from mockserver.engine.batch import apply_each
from mockserver.engine.declared_answers import declared_form, refuse_shared_keys
from mockserver.engine.declared_outcomes import key_writer, with_value_at
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.engine.resources import sent_schema
from mockserver.errors import MalformedBody, Refusal, Rejected
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
    value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation, Requests, Spec, misused
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

CUT_OFF = "cut-off"
"""Code of the problem of a request that has no response, because too many requests before it failed."""

_FIRST_REFUSAL, _CREATED, _BAD_REQUEST, _FAILED_DEPENDENCY, _SERVER_ERROR = 400, 201, 400, 424, 500
_NOT_INHERITED = re.compile("(content|if|transfer)-|prefer$")
"""Headers of the call that its requests do not have: those about its own body, and its conditions."""


def run_requests(contract: Spec, requests: Requests) -> ApplyBatch:
    """Return a function that runs a request; the outcome's document has status, headers and body."""

    def apply(request: Request, state: State) -> StoreItem:
        def run(item: Item) -> Outcome:
            place = _place_of(request, item)
            call = _call_of(item.document, place, requests.sent, request.call)
            call = replace(call, path=contract.canonical_path(call.path))
            operation = _operation_at(contract, call)
            if operation and operation.batch and operation.batch.requests:
                raise Rejected(Problem("nested-batch", place, "a batch of requests has no batch of requests"))
            answer = request.dispatch(call, state)
            response = _response(call, answer.reply)
            if answer.reply.status < _FIRST_REFUSAL:
                is_safe = call.method in SAFE_METHODS or (operation is not None and operation.safe)
                made = Action.CREATED if answer.reply.status == _CREATED else Action.UPDATED
                return Outcome(item, Action.UNCHANGED if is_safe else made, response)
            # Not raised: what the request may have changed in spite of its status stays.
            detail = f"{call.method} {call.path} is answered {answer.reply.status}"
            problem = Problem(answer.refusal or "refused", place, detail, found=answer.reply.status)
            return Outcome(item, Action.REJECTED, response, (problem,))

        return run

    return apply


def _place_of(request: Request, item: Item) -> Path:
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


def _call_of(sent: Json, place: Path, parts: Mapping[str, Path], carrier: Call) -> Call:
    """Return a request as a call with the headers of its carrier. Raises Rejected: no method or path."""
    method, target = (_text_at(sent, parts[name], place) for name in ("method", "path"))
    path, _, query = target.partition("?")
    # A path may begin with the address of the server, or with the mount of the vendor.
    path = path.removeprefix(carrier.origin).removeprefix(carrier.mount)
    inherited = {name: text for name, text in carrier.headers.items() if not _NOT_INHERITED.match(name)}
    body = value_at(sent, parts["body"]) if "body" in parts else None
    return replace(
        carrier,
        method=method.upper(),
        path=unquote(path if path.startswith("/") else f"/{path}"),
        query=query,
        headers={**inherited, "content-type": JSON_TYPE, **_own_headers(sent, parts)},
        body=b"" if body is None else json.encode(body),
    )


def _text_at(sent: Json, path: Path, place: Path) -> str:
    text = value_at(sent, path)
    if isinstance(text, str) and text:
        return text
    raise Rejected(Problem("wrong-type", (*place, *path), "a text is expected", "type", "string", text))


def _own_headers(sent: Json, parts: Mapping[str, Path]) -> Mapping[str, str]:
    """Return the headers of a request, which has a mapping or a list with `name` and `value`."""
    found = value_at(sent, parts["headers"]) if "headers" in parts else None
    if isinstance(found, list):
        found = {one["name"]: one.get("value") for one in found if isinstance(one, dict) and "name" in one}
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(name).lower(): text for name, text in pairs if isinstance(text, str)}


def _operation_at(contract: Spec, call: Call) -> Operation | None:
    with suppress(Refusal):
        return contract.match(call.method, call.path).operation
    return None


def _response(call: Call, reply: Reply) -> Document:
    headers = dict(reply.headers) | ({"Content-Type": reply.media_type} if reply.media_type else {})
    body: Json = None
    if reply.body and call.method != "HEAD":
        try:
            body = json.decode(reply.body)
        except MalformedBody:
            body = reply.body.decode("utf-8", "replace")
    return {"status": reply.status, "headers": headers, "body": body}


@dataclass(frozen=True, slots=True)
class _Unit:
    """Requests that run together: a group, or one request without a group."""

    name: str
    items: tuple[Item, ...]
    is_group: bool
    waits: frozenset[int]
    """Numbers of the units on which the unit depends."""
    unknown: str
    """A name in a request's dependencies that is no id or group; "" if there is none."""


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
    limit = value_at(request.document, batch.requests.stop_after) if batch.requests.stop_after else None
    units, outcomes = _units_of(request, batch.requests), dict[int, Outcome]()
    failures = 0
    for number in _in_order([unit.waits for unit in units]):
        unit = units[number]
        failed = next((one for one in sorted(unit.waits) if not _is_done(units[one], outcomes)), None)
        if isinstance(limit, int) and 0 < limit <= failures:
            done = _left(
                request, unit.items, Action.SKIPPED, CUT_OFF, f"{failures} requests before it failed"
            )
        elif unit.unknown:
            where = " before it" if batch.requests.is_serial else ""
            detail = f"it depends on {unit.unknown}, and no request{where} has this id"
            done = _left(request, unit.items, Action.REJECTED, "unknown-reference", detail)
        elif failed is not None:
            done = _left(request, unit.items, Action.SKIPPED, "skipped", f"{units[failed].name} failed")
        else:
            done = _run_unit(unit, request, verdicts, handler, state)
        failures += sum(not one.accepted for one in done)
        outcomes |= {one.item.index: one for one in done}
    left = [item for item in request.items if item.index not in outcomes]
    circle = _left(
        request, left, Action.REJECTED, "circular", "it depends on requests that depend on each other"
    )
    outcomes |= {one.item.index: one for one in circle}
    return tuple(outcomes[item.index] for item in request.items)


def _units_of(request: Request, requests: Requests) -> list[_Unit]:
    """Return the units in the order of their first request."""
    groups: dict[tuple[str, Json], list[Item]] = {}
    for item in request.items:
        group = value_at(item.document, requests.sent["group"]) if "group" in requests.sent else None
        is_named = isinstance(group, str) and group
        groups.setdefault(("group", group) if is_named else ("", item.index), []).append(item)
    numbers: dict[str, int] = {}
    for number, items in enumerate(groups.values()):
        for item in items:
            numbers.setdefault(item.key, number)
    for number, (kind, name) in enumerate(groups):
        if kind:
            numbers.setdefault(name, number)
    return [
        _unit(number, name if kind else "", items, numbers, requests)
        for number, ((kind, name), items) in enumerate(groups.items())
    ]


def _unit(
    number: int, group: str, items: Sequence[Item], numbers: Mapping[str, int], requests: Requests
) -> _Unit:
    waits: set[int] = set()
    unknown = ""
    for name in (name for item in items for name in _dependencies(item, requests)):
        at = numbers.get(name)
        if at is None or (requests.is_serial and at > number):
            unknown = name
        elif at != number or not group:  # requests of one group are stored all or none in any case
            waits.add(at)
    named = f"group {group}" if group else f"request {items[0].key or items[0].index}"
    return _Unit(named, tuple(items), bool(group), frozenset(waits), unknown)


def _dependencies(item: Item, requests: Requests) -> list[str]:
    found = value_at(item.document, requests.sent["depends-on"]) if "depends-on" in requests.sent else None
    return [str(one) for one in (found if isinstance(found, list) else [found]) if one not in (None, "")]


def _in_order(waits: Sequence[Iterable[int]]) -> Iterator[int]:
    """Yield the numbers of units, each after those for which it waits; leave out units in a circle."""
    sorter = TopologicalSorter(dict(enumerate(waits)))
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


def _is_done(unit: _Unit, outcomes: Mapping[int, Outcome]) -> bool:
    return all(outcomes[item.index].accepted for item in unit.items)


def _left(request: Request, items: Iterable[Item], action: Action, code: str, detail: str) -> list[Outcome]:
    """Return the outcomes of requests that are not run."""
    return [Outcome(one, action, problems=(Problem(code, _place_of(request, one), detail),)) for one in items]


def _run_unit(
    unit: _Unit,
    request: Request,
    verdicts: Mapping[int, Verdict],
    handler: CompleteBatchHandler,
    state: State,
) -> list[Outcome]:
    """Run the requests of a unit. If one of a group fails, undo the others, and do not run the rest."""
    mark, done = state.mark(), list[Outcome]()
    for item in unit.items:
        done += apply_each(replace(request, items=(item,)), verdicts, handler, state)
        if unit.is_group and not done[-1].accepted:
            state.undo_to(mark)
            others = [one for one in unit.items if one is not item]
            detail = f"request {item.key or item.index} of its group failed"
            return [done[-1], *_left(request, others, Action.SKIPPED, "skipped", detail)]
    return done


def render_responses(contract: Spec, operation: Operation, requests: Requests) -> RenderBatch:
    """Return a renderer of one response for each request that was tried. Raises SpecError."""
    batch = operation.batch
    if batch is None:
        raise AssertionError("the operation is a batch")
    place, form, filling = (
        batch.outcome.rows[0].place,
        declared_form(operation, 200),
        SchemaFilling(contract.document),
    )
    row = filling.merged(filling.at(form.schema, place).get("items", EMPTY))
    sent = filling.at(sent_schema(operation), batch.items).get("items", EMPTY)
    for parts, schema, mark in ((requests.sent, sent, "requests"), (requests.told, row, "responses")):
        for name, path in parts.items():
            _check_member(filling, schema, path, f"x-batch.{mark}.{name}")
    writer = _ResponseWriter(filling, row, requests.told, batch.key)

    def render(result: BatchResult, state: State) -> Reply:
        now = print_instant(state.now)
        shown = [one for one in result.outcomes if not any(p.code == CUT_OFF for p in one.problems)]
        document = with_value_at({}, place, [writer.write(one, now) for one in shown])
        if isinstance(document, dict) and form.schema:
            counts = {"total": len(shown), "accepted": sum(one.accepted for one in shown)}
            counts["rejected"] = len(shown) - counts["accepted"]
            message = Message(form.status, "", is_refusal=False, counts=counts)
            document = filling.fill(form.schema, message, document)
        return json_reply(form.status, document, form.media_type)

    return render


def _check_member(filling: SchemaFilling, schema: Document, path: Path, mark: str) -> None:
    """Raise SpecError if a schema that names its members has no member at a path."""
    for step in path:
        members = filling.merged(schema).get("properties", EMPTY)
        if members and step not in members:
            names = sorted(members)
            cure = f"{mark.rpartition('.')[2]}: /{next(iter(get_close_matches(str(step), names)), names[0])}"
            raise misused(mark, f"the schema has no {pointer_of(path)}; it has {', '.join(names)}", cure)
        schema = members.get(step, EMPTY)


@dataclass(frozen=True, slots=True)
class _ResponseWriter:
    """Writer of the responses in the answer of a batch."""

    filling: SchemaFilling
    schema: Document
    """Schema of a response."""
    told: Mapping[str, Path]
    key: tuple[str, ...]

    def write(self, outcome: Outcome, now: str) -> Json:
        told, problems, response = self.told, outcome.problems, outcome.document
        is_run = isinstance(response, dict) and not any(problem.rule == FAULT_RULE for problem in problems)
        status = response["status"] if is_run else _status_of(outcome)
        message = _message(outcome, status, now)
        is_text = self._at("status").get("type") == "string"
        row = with_value_at({}, told["status"], str(status) if is_text else status)
        name = key_writer(self.filling, self._at("id"), self.key).tell(outcome) if "id" in told else None
        row = row if name is None else with_value_at(row, told["id"], name)
        row = self.filling.fill(self.schema, message, row)
        if not is_run:
            details = json.decode(problem_reply(status, message.sentence).body)
            response = {"headers": {}, "body": self.filling.fill(self._at("body"), message) or details}
        # Put in last, so that the schema of a response adds nothing to what the request itself is answered.
        headers, body = response["headers"], response["body"]
        if "headers" in told:
            is_list = self._at("headers").get("type") == "array"
            listed = [{"name": name, "value": text} for name, text in headers.items()]
            row = with_value_at(row, told["headers"], listed if is_list else headers)
        return with_value_at(row, told["body"], body) if "body" in told and body is not None else row

    def _at(self, part: str) -> Document:
        return self.filling.at(self.schema, self.told[part]) if part in self.told else EMPTY


def _message(outcome: Outcome, status: int, now: str) -> Message:
    sent, problems = outcome.item.document, outcome.problems
    title = status_title(status)
    return Message(
        status,
        "; ".join(problem.detail for problem in problems) or title,
        title,
        problems[0].code if problems else str(outcome.action),
        problems,
        now,
        document=sent if isinstance(sent, dict) else EMPTY,
        is_refusal=not outcome.accepted,
    )


def _status_of(outcome: Outcome) -> int:
    """Return the status of a request that was not run, or that a scenario made fail."""
    if outcome.action is Action.SKIPPED:
        return _FAILED_DEPENDENCY
    is_fault = any(problem.rule == FAULT_RULE for problem in outcome.problems)
    return fault_status(outcome.problems) or (_SERVER_ERROR if is_fault else _BAD_REQUEST)
