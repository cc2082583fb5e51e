"""The headers that a spec requires of answers, with values by example, default, `enum` or schema."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from msgspec import field
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.declared_values import value_check
from mockserver.engine.drawn_values import Chance, draw_value
from mockserver.model import EMPTY, Document, Json, Reply, Value
from mockserver.spec.openapi import Operation, merged, resolve

_OF_BODY = frozenset({"content-type", "content-length"})
"""Headers that OpenAPI ignores, because the body decides them."""

_CHANCE = Chance("header", 2026)
_TURNS = range(2, 24)
"""Numbers of the values that are drawn for a schema until one of them is valid."""


class RequiredHeaders(Value, frozen=True):
    known: dict[tuple[str, int], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Names and values by operationId and status."""

    def complete(self, reply: Reply, operation: Operation | None) -> Reply:
        """Return the reply with a value for each required header that it lacks."""
        if operation is None:
            return reply
        place = operation.id, reply.status
        if place not in self.known:
            self.known[place] = tuple(_required(operation, reply.status))
        sent = {name.lower() for name, _ in reply.headers} if self.known[place] else ()
        absent = [one for one in self.known[place] if one[0].lower() not in sent]
        return replace(reply, headers=(*reply.headers, *absent)) if absent else reply


def _required(operation: Operation, status: int) -> Iterator[tuple[str, str]]:
    declared = operation.responses.get(operation.declared_key(status), EMPTY)
    for name, one in declared.get("headers", EMPTY).items():
        header = resolve(operation.document, one)
        if header.get("required") and name.lower() not in _OF_BODY:
            yield name, _text(_value(operation.document, name, header))


def _value(document: Document, name: str, header: Document) -> Json:
    holder = next(iter(header.get("content", EMPTY).values()), header)
    node = merged(document, holder.get("schema", EMPTY))
    named = (resolve(document, one).get("value") for one in holder.get("examples", EMPTY).values())
    whole = {"properties": {name: node}, "required": [name]}
    drawn = (draw_value(document, whole, number, _CHANCE) for number in _TURNS)
    values = chain((holder.get("example"),), named, (one[name] for one in drawn if isinstance(one, dict)))
    is_fit = bool if node.get("type") in ("array", "object") else value_check(node)
    return next(filter(is_fit, values), "")


def _text(value: Json) -> str:
    """Return the value in the style `simple`, not exploded."""
    if isinstance(value, dict):
        value = [part for member in value.items() for part in member]
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else json.encode(value).decode()
