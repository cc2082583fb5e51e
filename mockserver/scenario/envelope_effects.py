"""Apply envelope effects to a reply: counts, empty maps, schema drift, media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Json, Path, Reply
from mockserver.scenario.model import EnvelopeEffect, SchemaDrift
from mockserver.spec.openapi import Batch, parse_pointer

WILDCARD = "*"
_TEXT = "{text}"

Change = Callable[[dict[str, Any], str], None]


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
    if effect.count_add and batch is not None and "count" in batch.outcome:
        _change(document, parse_pointer(batch.outcome["count"]), _add_number(effect.count_add))
    if effect.empty_map_as_array:
        document = _replace_empty_maps(document, batch)
    for drift in effect.drift:
        _apply_drift(document, drift)
    return replace(reply, body=json.encode(document))


def _replace_empty_maps(document: Json, batch: Batch | None) -> Json:
    if batch is None or not batch.maps:
        return _replace_empty_objects(document)
    for pointer in batch.maps:
        _change(document, parse_pointer(pointer), _replace_by_array)
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


def _apply_drift(document: Json, drift: SchemaDrift) -> None:
    _change(document, drift.path, _CHANGES[drift.change](drift.to))


def _change(node: Json, path: Path, change: Change) -> None:
    """Do `change` to the member at `path` wherever an object is there to hold it."""
    if not path:
        return
    step, rest = path[0], path[1:]
    if isinstance(node, list):
        for at in range(len(node)) if step == WILDCARD else range(len(node))[_slice_of(step)]:
            _change_element(node, at, rest, change)
    elif isinstance(node, dict) and not rest:
        for name in list(node) if step == WILDCARD else [str(step)]:
            change(node, name)
    elif isinstance(node, dict):
        for child in list(node.values()) if step == WILDCARD else [node.get(str(step))]:
            _change(child, rest, change)


def _slice_of(step: str | int) -> slice:
    return slice(step, step + 1) if isinstance(step, int) else slice(0)


def _change_element(elements: list[Any], at: int, rest: Path, change: Change) -> None:
    if rest:
        _change(elements[at], rest, change)
        return
    holder = {WILDCARD: elements[at]}
    change(holder, WILDCARD)
    elements[at] = holder.get(WILDCARD, elements[at])


def _set_member(to: Json) -> Change:
    return lambda holder, name: holder.__setitem__(name, to)


def _if_present(made: Callable[[Json], Json]) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder:
            holder[name] = made(holder[name])

    return change


def _rename_member(to: Json) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder:
            renamed = {str(to) if member == name else member: child for member, child in holder.items()}
            holder.clear()
            holder.update(renamed)

    return change


def _widen_member(_to: Json) -> Change:
    return _if_present(_widen_value)


def _widen_value(value: Json) -> Json:
    """Return a number or a truth as text, anything else as a list of itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal)) else [value]


def _reword_text(to: Json) -> Change:
    template = str(to) if to is not None else f"«{_TEXT}»"
    return _if_present(lambda text: template.replace(_TEXT, text) if isinstance(text, str) else text)


_CHANGES: Mapping[str, Callable[[Json], Change]] = {
    "add": _set_member,
    "value": lambda to: _if_present(lambda _old: to),
    "null": lambda _to: _if_present(lambda _old: None),
    "rename": _rename_member,
    "widen": _widen_member,
    "reword": _reword_text,
}
