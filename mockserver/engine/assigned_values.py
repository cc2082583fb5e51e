"""Values that the server assigns in the rows of accepted items, such as ids and times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.engine.declared_values import SchemaFilling
from mockserver.engine.drawn_values import chance_of, draw_value, time_of
from mockserver.model import EMPTY, Document, Json, Outcome
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch, OutcomeRows
from mockserver.spec.marks import is_record_path, key_member, mark_of
from mockserver.spec.openapi import parameter_names, plain
from mockserver.spec.outcomes import is_assigned
from mockserver.spec.schema import COMMON_FORMATS, compile_schema

_SEQUENCE = "assigned"
_TURNS = range(1, 24)
"""Numbers of the values that are drawn for a row until one of them is valid."""

AssignValues = Callable[[Outcome, Any, State], Any]
"""A function that returns a row with the required members that the server assigns."""


def value_assigner(filling: SchemaFilling, row: Document, rows: OutcomeRows, batch: Batch) -> AssignValues:
    """Return a function that completes the rows of accepted items; other rows stay as they are.

    A value is that of the item or of its record, the time, or drawn. The members that may tell an outcome, or
    a sentence, stay missing.
    """
    document, places = filling.document, filling.document.get("paths", EMPTY).items()
    required = {name: filling.at(row, (name,)) for name in row.get("required", ())}
    nodes = {name: one for name, one in required.items() if is_assigned(name, one)}
    if rows.subset != "accepted" or not nodes:
        return lambda _outcome, made, _state: made
    accepts = {name: compile_schema(document, one, COMMON_FORMATS).accepts for name, one in nodes.items()}
    of_records = (path for path, one in places if is_record_path(path) and mark_of(one) == batch.collection)
    keys = {plain(parameter_names(path)[-1]) for path in of_records}

    def assign(outcome: Outcome, made: dict[str, Json], state: State) -> dict[str, Json]:
        known, found = known_members(outcome), dict[str, Json]()
        for name in (one for one in nodes if one not in made):
            member = key_member({"properties": known}, name) if plain(name) in keys else name
            value = known.get(member, time_of(name, nodes[name], state))
            found |= {name: value} if accepts[name](value) else {}
        absent = {name: one for name, one in nodes.items() if name not in made and name not in found}
        if absent:
            chance = chance_of(state, f"{batch.collection}/{state.next(_SEQUENCE)}")
            whole = {"type": "object", "properties": absent, "required": [*absent]}
            is_valid = compile_schema(document, whole, COMMON_FORMATS).accepts
            values = (draw_value(document, whole, number, chance) for number in _TURNS)
            found |= next(filter(is_valid, values), {})
        return {**made, **found}

    return assign


def known_members(outcome: Outcome) -> dict[str, Json]:
    """Return the members of an item and, if the item is accepted, those of its record instead."""
    documents = (outcome.item.document, outcome.document if outcome.accepted else None)
    return {name: one for known in documents if isinstance(known, dict) for name, one in known.items()}
