"""Apply envelope effects to a reply: counts, empty maps, schema drift, media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Json, Path, Reply
from mockserver.scenario.model import EnvelopeEffect
from mockserver.spec.openapi import Batch, parse_pointer

WILDCARD = "*"
TEXT = "{text}"

MAX_TEXT = 64 * 1024
"""Limit of characters of a text that a drift makes of another."""

MAX_GROWTH = 1024 * 1024
"""Limit of characters that the drifts of a call add to its answer, besides eight times its own.

Each place that they look at costs eight too.
"""

_PLACE = _TIMES = 8
_USED_UP = "the drifts of a rule would make too much of the answer: the rest of them is not done"

Change = Callable[[dict[str, Any], str], None]


@dataclass(slots=True)
class _Growth:
    """How many characters drifts may still add."""

    left: int

    def take(self, characters: int) -> bool:
        """Return whether so many may be added; if not, nothing is from then on."""
        self.left = self.left - characters if 0 <= characters <= self.left else -1
        return self.left >= 0


def apply_envelope(reply: Reply, effect: EnvelopeEffect | None, batch: Batch | None) -> Reply:
    """Return the reply with the effect on its JSON; one that is not JSON takes the media type only.

    `batch` says where the count and the maps are; without it maps are all empty objects.
    """
    if effect is None:
        return reply
    if effect.content_type:
        reply = replace(reply, media_type=effect.content_type)
    if not (effect.count_add or effect.empty_map_as_array or effect.drift) or not reply.body:
        return reply
    try:
        document = json.decode(reply.body)
    except MalformedBody:
        return reply
    growth = _Growth(MAX_GROWTH + _TIMES * len(reply.body))
    if effect.count_add and batch is not None and "count" in batch.outcome:
        _change(document, parse_pointer(batch.outcome["count"]), _add_number(effect.count_add), growth)
    if effect.empty_map_as_array:
        document = _replace_empty_maps(document, batch, growth)
    for drift in effect.drift:
        _change(document, drift.path, _CHANGES[drift.change](drift.to, growth), growth)
    reply = replace(reply, body=json.encode(document))
    return reply if growth.left >= 0 else replace(reply, reason=_USED_UP)


def _replace_empty_maps(document: Json, batch: Batch | None, growth: _Growth) -> Json:
    if batch is None or not batch.maps:
        return _replace_empty_objects(document)
    for pointer in batch.maps:
        _change(document, parse_pointer(pointer), _replace_by_array, growth)
    return document


def _replace_empty_objects(node: Json) -> Json:
    if isinstance(node, dict):
        return {name: _replace_empty_objects(child) for name, child in node.items()} if node else []
    return [_replace_empty_objects(child) for child in node] if isinstance(node, list) else node


def _replace_by_array(holder: dict[str, Any], name: str) -> None:
    if holder.get(name) == {}:
        holder[name] = []


def _add_number(number: int) -> Change:
    def add(holder: dict[str, Any], name: str) -> None:
        if isinstance(holder.get(name), (int, Decimal)):
            holder[name] += number

    return add


def _change(node: Json, path: Path, change: Change, growth: _Growth) -> None:
    """Do `change` to the member at `path` wherever an object is there to hold it, up to the limit."""
    if not path:
        return
    step, rest = path[0], path[1:]
    if isinstance(node, list):
        for at in range(len(node)) if step == WILDCARD else range(len(node))[_slice_of(step)]:
            if growth.take(_PLACE):
                _change_element(node, at, rest, change, growth)
    elif isinstance(node, dict):
        for name in list(node) if step == WILDCARD else [str(step)]:
            if growth.take(_PLACE):
                _change_member(node, name, rest, change, growth)


def _slice_of(step: str | int) -> slice:
    return slice(step, step + 1) if isinstance(step, int) else slice(0)


def _change_member(members: dict[str, Any], name: str, rest: Path, change: Change, growth: _Growth) -> None:
    if rest:
        _change(members.get(name), rest, change, growth)
    else:
        change(members, name)


def _change_element(elements: list[Any], at: int, rest: Path, change: Change, growth: _Growth) -> None:
    if rest:
        _change(elements[at], rest, change, growth)
        return
    holder = {WILDCARD: elements[at]}
    change(holder, WILDCARD)
    elements[at] = holder.get(WILDCARD, elements[at])


def _set_member(to: Json, growth: _Growth) -> Change:
    """Set a copy, because later drifts may change it."""
    written = json.encode(to)

    def change(holder: dict[str, Any], name: str) -> None:
        if growth.take(len(written)):
            holder[name] = json.decode(written)

    return change


def _set_present_member(to: Json, growth: _Growth) -> Change:
    set_member = _set_member(to, growth)
    return lambda holder, name: set_member(holder, name) if name in holder else None


def _if_present(made: Callable[[Json], Json]) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder:
            holder[name] = made(holder[name])

    return change


def _rename_member(to: Json, growth: _Growth) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder and growth.take(len(str(to))):
            renamed = {str(to) if member == name else member: child for member, child in holder.items()}
            holder.clear()
            holder.update(renamed)

    return change


def _widen_member(_to: Json, _room: _Growth) -> Change:
    return _if_present(_widen_value)


def _widen_value(value: Json) -> Json:
    """Return a number or a truth as text, anything else as a list of itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal)) else [value]


def _reword_text(to: Json, growth: _Growth) -> Change:
    pieces = (str(to) if to is not None else f"«{TEXT}»").split(TEXT)

    def reword(text: Json) -> Json:
        """Return the new words; the old ones if these would be too long."""
        if not isinstance(text, str):
            return text
        characters = sum(map(len, pieces)) + len(text) * (len(pieces) - 1)
        return text.join(pieces) if characters <= MAX_TEXT and growth.take(characters) else text

    return _if_present(reword)


_CHANGES: Mapping[str, Callable[[Json, _Growth], Change]] = {
    "add": _set_member,
    "value": _set_present_member,
    "null": lambda _to, _room: _if_present(lambda _old: None),
    "rename": _rename_member,
    "widen": _widen_member,
    "reword": _reword_text,
}
