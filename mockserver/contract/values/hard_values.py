"""Values that servers are known to lose, and trials that send them in items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, TypeAlias
from zlib import crc32

from msgspec.structs import replace

from mockserver.contract.oracle.decoding import member_schema, properties_of
from mockserver.contract.oracle.schemas import OracleSchema, compile_schema, unfold
from mockserver.contract.profile import ValueRules
from mockserver.contract.samples import set_member
from mockserver.model import EMPTY, Document, Json, Value, parse_pointer, pointer_of, value_at
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, Spec
from mockserver.vendor import read_tables

_MOST = 4000
"""Maximum number of characters of a text that is sent."""
_UNBOUNDED = 255
"""Maximum number of characters if the schema states no `maxLength`."""

_AMOUNT = re.compile(r"-?[0-9]+\.[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_LIMITS = ("Length", "pattern", "imum", "multipleOf")
"""Ends of the keywords that limit texts and numbers."""

_DEEPEST = 3
_FORM = "application/x-www-form-urlencoded"


@cache
def _known() -> Mapping[str, Mapping[str, Any]]:
    """Return the texts and numbers of `hard_values.yaml` by kind and name."""
    return read_tables(__file__)


class HardValue(Value, frozen=True):
    name: str
    value: Json


def hard_values(schema: Document, good: Json = None) -> tuple[HardValue, ...]:
    """Return values that the schema allows, first a plain value. `good` is a valid value.

    Return () for an `enum`, a read-only member, or a format with a meaning outside the schema (an id).
    """
    if "enum" in schema or schema.get("readOnly"):
        return ()
    made = list(_of_type(schema, good))
    if schema.get("nullable"):
        made.insert(min(4, len(made)), HardValue("null", None))
    return tuple(made)


def kind_of(schema: Document, good: Json = None) -> str:
    """Return the type of the schema's values, or for strings a kind: `moment`, `day`, `amount` or `text`.

    The formats `date-time`, `date` and `decimal` tell the kind of a string. If a string has no format, the
    value `good` tells its kind; if a string has another format, return "".
    """
    if schema.get("type") != "string":
        return str(schema.get("type", ""))
    named: Mapping[str, str] = {"date-time": "moment", "date": "day", "": "text", "decimal": "amount"}
    kind = named.get(str(schema.get("format", "")), "")
    if kind == "text" and isinstance(good, str):
        return "amount" if _AMOUNT.fullmatch(good) else "day" if _DAY.fullmatch(good) else kind
    return kind


def _of_type(schema: Document, good: Json) -> Iterator[HardValue]:
    kind = kind_of(schema, good)
    if kind == "boolean":
        yield from (HardValue("yes", value=True), HardValue("no", value=False))
    elif kind in {"integer", "number"}:
        yield from _numbers(schema, kind)
    elif kind in {"moment", "day", "amount"}:
        yield from _allowed(schema, _known()["numbers" if kind == "amount" else f"{kind}s"])
    elif kind == "text":
        yield from _texts(schema)


def _texts(schema: Document) -> list[HardValue]:
    known = _allowed(schema, _known()["texts"])
    if not known or known[0].name != "plain":
        known = [*_allowed(schema, _known()["short texts"]), *known]
    longest = min(_MOST, schema.get("maxLength", _UNBOUNDED))
    tail = "long" if longest > len("long") else ""
    made = {
        "the longest text": "x" * (longest - len(tail)) + tail,
        "the longest text of accents": "\xfc" * longest,
        "the empty text": "",
    }
    return [*known[:5], *_allowed(schema, made), *known[5:]]


def _allowed(schema: Document, texts: Mapping[str, str]) -> list[HardValue]:
    limits = _compile_limits(schema, _LIMITS)  # without the format of a text
    return [HardValue(name, text) for name, text in texts.items() if limits.is_valid(text)]


def _compile_limits(schema: Document, ends: tuple[str, ...]) -> OracleSchema:
    """Return a schema with only the keywords that end with one of `ends`."""
    return compile_schema({word: limit for word, limit in schema.items() if word.endswith(ends)})


def _numbers(schema: Document, kind: str) -> Iterator[HardValue]:
    numbers = [(name, Decimal(value)) for name, value in _known()[f"{kind}s"].items()]
    for bound, name in (("maximum", "the largest there is"), ("minimum", "the smallest there is")):
        if bound in schema:
            numbers.append((name, Decimal(str(schema[bound]))))
    limits = _compile_limits(schema, (*_LIMITS, "format"))
    for name, value in numbers:
        if limits.is_valid(value):
            yield HardValue(name, int(value) if kind == "integer" else value)


MemberPath: TypeAlias = tuple[str, ...]
"""Steps from the object with an item's values to a member. A step is a name, or a list index as text."""


class ValueMember(Value, frozen=True):
    path: MemberPath
    kind: str
    values: tuple[HardValue, ...]

    @property
    def name(self) -> str:
        """Name of the member without indexes in lists, as in profiles: "LineItems.UnitAmount"."""
        return ".".join(step for step in self.path if not step.isdigit())


def free_members(
    spec: Spec, operation: Operation, rules: ValueRules, item: Json, fixed: frozenset[str]
) -> tuple[ValueMember, ...]:
    """Return the members to change. Skip members whose value in `item` is in `fixed` (keys and facts)."""
    batch = operation.batch
    body = operation.document_body
    held = value_at(item, parse_pointer(rules.at))
    if batch is None or body is None or not isinstance(held, Mapping):
        return ()
    schema = _object_schema(spec, body.schema, batch, rules)
    skipped = (*(".".join(map(str, path)) for path in batch.key_paths), *rules.left_alone)
    found = _members(schema, held, (), fixed)
    return tuple(one for one in found if not any(f"{one.name}.".startswith(f"{name}.") for name in skipped))


def with_values(item: Json, rules: ValueRules, values: Mapping[MemberPath, Json]) -> Json:
    for path, value in values.items():
        item = set_member(f"{rules.at}{pointer_of(path)}", value)(item)
    return item


def _object_schema(spec: Spec, schema: Document, batch: Batch, rules: ValueRules) -> Document:
    """Return the schema of the object with an item's values, each `$ref` replaced by its target."""
    node: Document
    if rules.schema:
        node = unfold(spec.document, {"$ref": f"#/components/schemas/{rules.schema}"})
        return node
    items = member_schema(unfold(spec.document, schema), batch.items)
    return member_schema(items.get("items", EMPTY), parse_pointer(rules.at))


def _members(
    schema: Document, held: Mapping[str, Json], way: MemberPath, fixed: frozenset[str]
) -> Iterator[ValueMember]:
    """Yield the members to change in an object and, if the good item `held` has them, in nested objects."""
    for name, member in properties_of(schema).items():
        good = held.get(name)
        if isinstance(good, Mapping | list):
            inner, below = member, (*way, name)
            if isinstance(good, list):
                inner, below = member.get("items", EMPTY), (*below, "0")
                good = good[0] if good else None
            if isinstance(good, Mapping) and len(below) < _DEEPEST:
                yield from _members(inner, good, below, fixed)
            continue
        kind, values = kind_of(member, good), hard_values(member, good)
        is_reference = isinstance(good, str) and good in fixed and kind != "day"
        if len(values) > 1 and not is_reference:
            yield ValueMember((*way, name), kind, values)


Change = tuple[ValueMember, HardValue]


class ValueTrial(Value, frozen=True):
    """Values that are sent together in one item."""

    changes: tuple[Change, ...]
    media_type: str = ""
    """Media type of the batch, "" for the media type of the profile."""
    is_alone: bool = False
    """Whether the item must be the only one of its batch."""

    @property
    def values(self) -> Mapping[MemberPath, Json]:
        return {member.path: hard.value for member, hard in self.changes}

    def halves(self) -> tuple[ValueTrial, ...]:
        if len(self.changes) < 2:  # noqa: PLR2004 - one cannot be split
            return ()
        middle = len(self.changes) // 2
        halves = (self.changes[:middle], self.changes[middle:])
        return tuple(replace(self, changes=half, is_alone=False) for half in halves)


def plan_trials(
    members: Sequence[ValueMember], media_types: Sequence[str], most: int, seed: int
) -> Iterator[ValueTrial]:
    """Yield trials that change every member: one with plain values, then up to `most` with hard values.

    The seed orders the hard values. These trials are sent in the profile's media type. Further trials find
    losses of one media type only: the plain trial in each of `media_types`, and `most` hard trials with these
    media types in turn.
    """
    rounds = max((len(member.values) for member in members), default=0)
    order = sorted(range(1, rounds), key=lambda place: crc32(f"{seed} {place}".encode()))
    hard = order[: max(1, most)]
    yield from (ValueTrial(tuple(_round(members, place))) for place in (0, *hard))
    for place, media_type in _in_others(hard, media_types, most, seed):
        changes = _round(members, place)
        # A form has no null, and many servers read an empty text in it as null.
        chosen = (change for change in changes if media_type != _FORM or change[1].value not in (None, ""))
        yield ValueTrial(tuple(chosen), media_type)


def _in_others(
    hard: Sequence[int], media_types: Sequence[str], most: int, seed: int
) -> Iterator[tuple[int, str]]:
    """Yield pairs of a round and a media type: round 0 with each type, then up to `most` numbers of `hard`.

    Each number of `hard` has one media type; the media types take turns.
    """
    yield from ((0, name) for name in media_types)
    count = len(media_types)
    planned = (
        (place, media_types[(number + turn + seed) % count])
        for turn in range(count)
        for number, place in enumerate(hard)
    )
    yield from islice(planned, max(1, most))


def _round(members: Sequence[ValueMember], place: int) -> Iterator[Change]:
    """Yield each member with its plain value in round 0, and with its hard values in turn in other rounds."""
    for member in members:
        plain, *hard = member.values
        yield member, hard[(place - 1) % len(hard)] if place else plain
