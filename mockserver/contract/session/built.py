"""Find out which operations of a spec a server does not have, before it is tested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from mockserver.contract.call_limits import UnansweredCallError
from mockserver.contract.credentials import headers_for, with_query
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.samples import SampleMember
from mockserver.contract.target import Target
from mockserver.spec.openapi import Operation, resolve

_NOT_FOUND = 404
_CLOSED = (401, 403)
_VARYING = re.compile(r"[0-9a-fA-F-]{8,}|[0-9]+")
_ABSENT = (405, 501)
_OTHERS = ("PATCH", "PUT", "POST", "DELETE", "TRACE")
_READING = ("get", "head", "options", "trace")
_NUMBER = 2_000_000_011
"""Stands for a record that is most likely not there."""
_PLACE = re.compile(r"\{([^{}]+)\}")


def absent_operations(api: ApiUnderTest, target: Target, operations: frozenset[str]) -> Mapping[str, int]:
    """Call each operation once, without a body; return those that the server does not have, with the status.

    A 405 or a 501 says so. A 404 says so where the spec has none for the operation; else it may be that of a
    record, and more is looked at. Nothing is changed by these calls: a body that must be there is missing,
    and no record has the key.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    absent: dict[str, int] = {}
    built: list[Exchange] = []
    unclear: list[Exchange] = []
    for operation in api.spec.operations.values():
        request = _first_call(api, operation) if operation.id in operations else None
        if request is None:
            continue
        exchange = _answered(target, request, operation.id)
        if exchange is None:
            continue  # the run finds that it is not answered
        status = exchange.response.status
        if status in _ABSENT or (status == _NOT_FOUND and not _has_not_found(operation)):
            absent[operation.id] = status
        else:
            (unclear if status == _NOT_FOUND else built).append(exchange)
    if unclear and any(_asks_who_calls(api, target, one) for one in built):
        absent |= {one.operation: _NOT_FOUND for one in unclear if _has_no_route(api, target, one)}
    return {name: absent[name] for name in api.spec.operations if name in absent}


def _asks_who_calls(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether the operation is closed to a caller without credentials."""
    anonymous = _answered(target, _anonymous(api, exchange))
    return anonymous is not None and anonymous.response.status in _CLOSED


def _answered(target: Target, request: Request, operation: str = "") -> Exchange | None:
    """Return the exchange, None where there is no whole answer to the call."""
    try:
        return target.send(request, operation)
    except UnansweredCallError:
        return None


def _has_no_route(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether a 404 is that of the path, on a server that asks elsewhere who calls.

    Then it comes without credentials too, or, where none are asked for, by a method that the spec has not;
    and it looks like that of a path which is in no spec.
    """
    sent = _anonymous(api, exchange)
    if not headers_for(api, exchange.operation, api.profile.credentials):
        known = api.spec.document["paths"][api.spec.operations[exchange.operation].path]
        sent = replace(sent, method=next(name for name in _OTHERS if name.lower() not in known))
    again = _answered(target, sent)
    if again is None or again.response.status != _NOT_FOUND:
        return False
    invented = _answered(target, replace(exchange.request, path=f"/not-there{exchange.request.path}"))
    return invented is not None and _outline(invented) == _outline(exchange)


def is_unknown_path(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether a refusal is that of a path which is in no spec, as far as answers show.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    invented = replace(exchange.request, path=f"/not-there{exchange.request.path}")
    shown = _answered(target, invented)
    if shown is None or _outline(shown) != _outline(exchange):
        return False
    anonymous = _anonymous(api, exchange)
    if anonymous == exchange.request:
        return True
    same = [_answered(target, one) for one in (anonymous, replace(anonymous, path=invented.path))]
    outlines = [one and _outline(one) for one in same]
    return outlines[0] == outlines[1]


def _anonymous(api: ApiUnderTest, exchange: Exchange) -> Request:
    secret = headers_for(api, exchange.operation, api.profile.credentials)
    kept = {name: text for name, text in exchange.request.headers.items() if name not in secret}
    return replace(exchange.request, headers=kept)


def _outline(exchange: Exchange) -> tuple[int, str]:
    """Return an answer without what differs from call to call."""
    text = exchange.response.body.decode("utf-8", "replace").replace(exchange.request.path, "")
    return exchange.response.status, _VARYING.sub("", text)


def absent_note(api: ApiUnderTest, absent: Mapping[str, int]) -> str:
    """Return the line that tells which operations are left out."""
    named = (
        f"{operation.method.upper()} {operation.path} ({status})"
        for name, status in absent.items()
        for operation in [api.spec.operations[name]]
    )
    return f"not built at the target: {', '.join(named)}; left out"


def _has_not_found(operation: Operation) -> bool:
    return not operation.responses.keys().isdisjoint((str(_NOT_FOUND), "4XX", "default"))


def _first_call(api: ApiUnderTest, operation: Operation) -> Request | None:
    """Return the call; None if its path cannot but name a record that may be there."""
    node = api.spec.document["paths"][operation.path]
    places = [
        resolve(api.spec.document, one)
        for one in (*node.get("parameters", ()), *node[operation.method].get("parameters", ()))
    ]
    values = {
        str(one["name"]): SampleMember.of(api.spec.document, one["name"], one.get("schema", {}))
        for one in places
        if one.get("in") == "path"
    }

    def value(found: re.Match[str]) -> str:
        member = values.get(found[1])
        schema = {name: held for name, held in member.schema.items() if name != "example"} if member else {}
        made = SampleMember(found[1], schema, api.spec.document).good(_NUMBER)
        return quote(str(_NUMBER if made is None else made), safe="")

    path = _PLACE.sub(value, operation.path)
    if path.count(str(_NUMBER)) < len(_PLACE.findall(operation.path)) and operation.method not in _READING:
        return None
    headers = dict(api.profile.headers(api.facts, 0))
    if operation.bodies:
        headers["content-type"] = operation.bodies[0].name.replace("*", "json")
    given = api.profile.credentials
    request = Request(operation.method.upper(), path, headers)
    return with_query(api, operation.id, given, request.having(headers_for(api, operation.id, given)))
