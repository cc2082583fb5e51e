"""Batches of whole requests: each request with its response, as if it were a call of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockserver.contract.exchange import Exchange, Request, Response, to_json_text
from mockserver.contract.oracle.expectations import find_operation, text_of
from mockserver.contract.profile import BatchItem, ReportedOutcome
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Json, parse_pointer, value_at
from mockserver.spec.openapi import Batch, Operation, Requests, Spec

OF_REQUESTS = frozenset(
    {
        "answers-match-the-spec",
        "members-are-stated",
        "headers-match-the-spec",
        "no-server-error",
        "refusals-have-the-shape",
        "envelope-is-judged",
        "refusals-say-why",
    }
)
"""Checks of calls that are made for each request of a batch."""

_JSON = "application/json"
_ABSENT = -1
"""Place of a request that another request needs, but that is not there."""


@dataclass(frozen=True, slots=True)
class InnerExchange:
    """A request of a batch with its response."""

    place: int
    at: str
    """Pointer of the response in the answer."""
    exchange: Exchange


def cut_off(requests: Requests, sent: Json, told: Sequence[ReportedOutcome], count: int) -> int:
    """Return the number of the last requests, of `count`, that need no response, as enough others failed.

    Raises ValueError: responses follow although enough requests failed.
    """
    limit = value_at(sent, requests.stop_after) if requests.stop_after else None
    failed = [number for number, one in enumerate(told, 1) if not one.accepted]
    if not isinstance(limit, int) or not 0 < limit <= len(failed):
        return 0
    if len(told) > failed[limit - 1]:
        raise ValueError(f"tells of requests after {limit} that failed, after which none may run")
    return max(0, count - len(told))


def unfounded(batch: Batch, items: Sequence[BatchItem], told: Sequence[ReportedOutcome]) -> str:
    """Return which request is told as done although one that it needs failed; "" if there is none."""
    failed, needs = _failed(told), _needs(batch, items)
    for outcome in told:
        needed = needs[outcome.place] if outcome.accepted and outcome.place is not None else frozenset()
        if _ABSENT in needed:
            return f"request {outcome.place} is done, although it needs a request that is not there"
        if failed & needed:
            other = min(failed & needed)
            return f"request {outcome.place} is done, although it needs request {other}, which failed"
    return ""


def _failed(told: Sequence[ReportedOutcome]) -> frozenset[int]:
    return frozenset(one.place for one in told if not one.accepted and one.place is not None)


def inner_exchanges(
    spec: Spec, batch: Batch, outer: Exchange, items: Sequence[BatchItem], told: Sequence[ReportedOutcome]
) -> Iterator[InnerExchange]:
    """Yield the requests that were run, each with its response, if responses have a body."""
    requests = batch.requests
    if requests is None or "body" not in requests.told:
        return
    failed, needs = _failed(told) | {_ABSENT}, _needs(batch, items)
    answer = outer.response.document()
    for outcome in told:
        if outcome.place is None or outcome.status is None or not outcome.at:
            continue
        if not outcome.accepted and failed & needs[outcome.place]:
            continue  # the batch refuses the request, not the operation
        request = _request(requests, outer.request, items[outcome.place].document)
        operation = _operation(spec, request) if request else None
        if request and operation and not (operation.batch and operation.batch.requests):
            row = value_at(answer, parse_pointer(outcome.at))
            response = _response(requests, operation, outcome.status, row)
            yield InnerExchange(outcome.place, outcome.at, Exchange(request, response, operation.id))


def _needs(batch: Batch, items: Sequence[BatchItem]) -> list[frozenset[int]]:
    """Return for each request the places of those that must be done too; `_ABSENT` if one is not there.

    They are the others of its group, and those on which it depends, by id or by group.
    """
    requests = batch.requests
    if requests is None:
        return [frozenset()] * len(items)
    ids: dict[str, list[int]] = {}
    groups: dict[str, list[int]] = {}
    for item in items:
        for name, found in (("id", ids), ("group", groups)):
            if texts := _texts(requests, item, name):
                found.setdefault(texts[0], []).append(item.place)
    own = [groups.get(next(iter(_texts(requests, item, "group")), ""), [item.place]) for item in items]
    needs = []
    for item, mates in zip(items, own, strict=True):
        needed = {*mates} - {item.place}
        for name in _texts(requests, item, "depends-on"):
            places = ids[name][:1] if name in ids else groups.get(name, [_ABSENT])
            is_late = requests.is_serial and places != [_ABSENT] and own[places[0]][0] > mates[0]
            needed |= {_ABSENT} if is_late else {*places}
        needs.append(frozenset(needed))
    return needs


def _texts(requests: Requests, item: BatchItem, name: str) -> list[str]:
    found = value_at(item.document, requests.sent[name]) if name in requests.sent else None
    return [text for one in (found if isinstance(found, list) else [found]) if (text := text_of(one))]


def _request(requests: Requests, outer: Request, sent: Json) -> Request | None:
    method, path = (value_at(sent, requests.sent[name]) for name in ("method", "path"))
    if not (isinstance(method, str) and isinstance(path, str) and path.startswith("/")):
        return None
    own = value_at(sent, requests.sent["headers"]) if "headers" in requests.sent else None
    pairs = own.items() if isinstance(own, dict) else ()
    headers = {name.lower(): text for name, text in pairs if isinstance(text, str)}
    inherited = {
        name: text for name, text in outer.headers.items() if not name.startswith(("content-", "if-"))
    }
    body = value_at(sent, requests.sent["body"]) if "body" in requests.sent else None
    text = b"" if body is None else to_json_text(body).encode()
    return Request(method.upper(), path, {**inherited, "content-type": _JSON, **headers}, text)


def _operation(spec: Spec, request: Request) -> Operation | None:
    try:
        return find_operation(spec, request.method, spec.canonical_path(request.plain_path)).operation
    except (NotFound, MethodNotAllowed):
        return None


def _response(requests: Requests, operation: Operation, status: int, row: Json) -> Response:
    """Return a response; without headers in the answer, its media type is the one that is declared."""
    own = value_at(row, requests.told["headers"]) if "headers" in requests.told else None
    headers = {name.lower(): str(text) for name, text in own.items()} if isinstance(own, dict) else {}
    body = value_at(row, requests.told["body"])
    declared = next(iter(operation.contents(operation.declared_key(status))), _JSON)
    kind = {} if body is None else {"content-type": declared}
    return Response(status, {**kind, **headers}, b"" if body is None else to_json_text(body).encode())
