"""Batches of whole requests: each request with its response, as if it were a call of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response, to_json_text
from mockserver.contract.oracle.expectations import text_of
from mockserver.contract.profile import BatchItem, ReportedOutcome, ReportedOutcomes
from mockserver.model import Json, parse_pointer, value_at
from mockserver.spec.batch_forms import Batch, Requests
from mockserver.spec.openapi import Operation

_JSON = "application/json"
_NOT_INHERITED = ("accept", "content-", "if-")
_ABSENT = -1
"""Place of a request that another request needs, but that is not there."""


def cut_off(requests: Requests, sent: Json, told: Sequence[ReportedOutcome], count: int) -> int:
    """Return the number of the last requests, of `count`, that need no response, as enough others failed.

    Raises ValueError: responses follow although enough requests failed.
    """
    limit = requests.part("stop-after", sent)
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
    api: ApiUnderTest, batch: Batch, outer: Exchange, items: Sequence[BatchItem], told: ReportedOutcomes
) -> Iterator[tuple[ReportedOutcome, Exchange]]:
    """Yield the requests that were run, each with its response, if responses have a body."""
    requests, outcomes = batch.requests, told.outcomes
    if requests is None or "body" not in requests.told:
        return
    failed, needs, answer = _failed(outcomes) | {_ABSENT}, _needs(batch, items), outer.response.document()
    for outcome in (one for one in outcomes if one.status is not None and one.at):
        place = -1 if outcome.place is None else outcome.place
        if place < 0 or (not outcome.accepted and failed & needs[place]):
            continue  # the batch refuses the request, not the operation
        request = _request(requests, outer.request, items[place].document)
        operation = api.spec.operations.get(api.operation_of(request)) if request else None
        if request and operation and not (operation.batch and operation.batch.requests):
            row = value_at(answer, parse_pointer(outcome.at))
            response = _response(requests, operation, outcome.status or 0, row)
            yield outcome, Exchange(request, response, operation.id)


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
    found = requests.part(name, item.document)
    return [text for one in (found if isinstance(found, list) else [found]) if (text := text_of(one))]


def _request(requests: Requests, outer: Request, sent: Json) -> Request | None:
    method, path = requests.part("method", sent), requests.part("path", sent)
    if not (isinstance(method, str) and isinstance(path, str) and path.startswith("/")):
        return None
    inherited = {name: text for name, text in outer.headers.items() if not name.startswith(_NOT_INHERITED)}
    headers = {**inherited, "content-type": _JSON, **_headers(requests.part("headers", sent))}
    return Request(method.upper(), path, headers, _bytes(requests.part("body", sent)))


def _response(requests: Requests, operation: Operation, status: int, row: Json) -> Response:
    """Return a response; without headers in the answer, its media type is the one that is declared."""
    own = _headers(value_at(row, requests.told["headers"])) if "headers" in requests.told else {}
    body = value_at(row, requests.told["body"])
    declared = next(iter(operation.contents(operation.declared_key(status))), _JSON)
    return Response(status, {**({} if body is None else {"content-type": declared}), **own}, _bytes(body))


def _headers(found: Json) -> Mapping[str, str]:
    return {name.lower(): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _bytes(body: Json) -> bytes:
    return b"" if body is None else to_json_text(body).encode()
