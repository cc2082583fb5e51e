"""Read what a write may have changed: lists and records near its path, before and after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, unquote, urlencode

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.oracle.parameters import find_operation
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Json, pointer_of
from mockserver.spec.openapi import Operation

_MOST = 3
"""Reads of one write; a table of more would cost more calls than it finds faults."""

_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "accept", "if-match"})
_OK = 200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)|/Date\(")
_ABSENT = object()

SendRead: TypeAlias = Callable[[Request], Exchange]


@dataclass(frozen=True, slots=True)
class Observation:
    """What one read shows: its scalars by JSON Pointer; `unsteady` are those that differ without a write."""

    exchange: Exchange
    values: Mapping[str, Json]
    unsteady: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two observations of one read, in words."""

    said: str
    pointer: str
    before: Observation
    after: Observation


def related_reads(api: ApiUnderTest, exchange: Exchange) -> tuple[Request, ...]:
    """Return the reads nearest to the path of a write, of those whose parameters are known; at most three."""
    try:
        match = find_operation(api.spec, exchange.request.method, _path(exchange.request))
    except (NotFound, MethodNotAllowed):
        return ()
    headers = {name: text for name, text in exchange.request.headers.items() if name not in _OF_THE_BODY}
    reads = [one for one in api.spec.operations.values() if one.method == "get"]
    reads.sort(key=lambda one: -_shared(one.path, match.operation.path))
    made = (_request(api, one, match.values, headers) for one in reads)
    return tuple(one for one in made if one is not None)[:_MOST]


def observe(reads: Sequence[Request], send: SendRead) -> list[Observation | None]:
    """Read everything twice; None stands for what cannot be compared."""
    return [_observed(send(one), send(one)) for one in reads]


def first_change(
    before: Sequence[Observation | None], reads: Sequence[Request], send: SendRead
) -> Change | None:
    """Return the first difference that reading once more shows; moments are not compared."""
    for was, request in zip(before, reads, strict=True):
        if was is None:
            continue
        exchange = send(request)
        values = _values(exchange)
        found = None if values is None else next(_differences(was, Observation(exchange, values)), None)
        if found is not None:
            return found
    return None


def _shared(one: str, other: str) -> int:
    """Return how many characters two paths have in common before they differ."""
    differing = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))


def _path(request: Request) -> str:
    return unquote(request.path.partition("?")[0])


def _request(
    api: ApiUnderTest, operation: Operation, values: Mapping[str, str], headers: Mapping[str, str]
) -> Request | None:
    pins = api.pins
    known = {**pins.path, **pins.query, **pins.known.get(operation.id, {}), **values}
    places = {"path": known, "query": known, "header": headers}
    needed = [(one.place, one.name) for one in operation.parameters if one.required]
    if any(_spelled(name, place) not in places.get(place, {}) for place, name in needed):
        return None
    asked = {one.name for one in operation.parameters if one.place == "query"}
    query = {
        name: known[name]
        for name in known
        if name in asked and (("query", name) in needed or name in pins.query)
    }
    path = re.sub(r"\{([^}]+)\}", lambda name: quote(known[name[1]], safe=":"), operation.path)
    return Request("GET", f"{path}?{urlencode(query)}" if query else path, headers)


def _spelled(name: str, place: str) -> str:
    return name.lower() if place == "header" else name


def _observed(first: Exchange, second: Exchange) -> Observation | None:
    one, other = _values(first), _values(second)
    if one is None or other is None or one.keys() != other.keys():
        return None
    return Observation(second, other, frozenset(name for name in one if one[name] != other[name]))


def _values(exchange: Exchange) -> Mapping[str, Json] | None:
    if exchange.response.status != _OK:
        return {"": exchange.response.status}
    try:
        return dict(_scalars(exchange.response.json(), ()))
    except (ValueError, RecursionError):
        return None


def _scalars(node: Json, path: tuple[str | int, ...]) -> Iterator[tuple[str, Json]]:
    if isinstance(node, Mapping) and node:
        for name, child in node.items():
            yield from _scalars(child, (*path, name))
    elif isinstance(node, list) and node:
        for place, child in enumerate(node):
            yield from _scalars(child, (*path, place))
    else:
        yield pointer_of(path), node


def _differences(before: Observation, after: Observation) -> Iterator[Change]:
    for name in dict.fromkeys((*before.values, *after.values)):
        was, now = before.values.get(name, _ABSENT), after.values.get(name, _ABSENT)
        if was == now or name in before.unsteady or (_is_moment(was) and _is_moment(now)):
            continue
        read = f"GET {after.exchange.request.path}"
        yield Change(
            f"{read} showed {_shown(was)} at {name or '/'}, and now {_shown(now)}", name, before, after
        )


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and _MOMENT.match(value) is not None


def _shown(value: object) -> str:
    return "nothing" if value is _ABSENT else repr(value) if isinstance(value, str) else str(value)
