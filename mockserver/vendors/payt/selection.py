"""The `fields` parameter: which members an answer has.

Source: Payt fact sheet §1.3; that `only` gives exactly what it names is assumed.
"""

from __future__ import annotations

from typing import TypeAlias

from mockserver.codec import json
from mockserver.model import Document, Json
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt.entities import Entity, Kind

Selection: TypeAlias = list[Json]
"""Names, and `{name: [names]}` for parts of a member."""


def read(request: Request) -> Selection | None:
    """What `fields` asks for, None for the ordinary answer; the spec has seen to its form."""
    text = request.parameters.get("fields")
    if text is None:
        return None
    named: Selection = json.decode(text.encode())["only"]
    return ["id", *named] if request.call.assumptions["only_fields"] == "with_id" else list(named)


def show(stored: Document, kind: Kind, selection: Selection | None, state: State) -> Entity:
    """The record as it is answered."""
    entity = kind.shown(stored, state)
    return entity if selection is None else _only(entity | kind.asked(stored, state), selection)


def _only(entity: Entity, selection: Selection) -> Entity:
    chosen: Entity = {}
    for wanted in selection:
        parts = wanted if isinstance(wanted, dict) else {wanted: None}
        chosen |= {name: _part(entity[name], inner) for name, inner in parts.items() if name in entity}
    return chosen


def _part(value: Json, inner: Selection | None) -> Json:
    if inner is None:
        return value
    if isinstance(value, list):
        return [_only(one, inner) for one in value]
    return _only(value, inner) if isinstance(value, dict) else value
