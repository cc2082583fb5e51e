"""Make a good item bad: set or remove a member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from mockserver.contract.profile import Json

ChangeDocument: TypeAlias = Callable[[Json], Json]


def set_member(pointer: str, value: Json) -> ChangeDocument:
    """Return the item with `value` at the pointer (`/payee_ID`, `/body/data/checksum`, "" for all of it).

    What leads there must be in the item; the last member need not be.
    """
    steps = _steps(pointer)
    return lambda item: _set(item, steps, value)


def remove_member(pointer: str) -> ChangeDocument:
    """Return the item without the member at the pointer."""
    *way, last = _steps(pointer)

    def change(item: Json) -> Json:
        holder = item
        for step in way:
            holder = _child(holder, step)
        return _set(item, way, {name: held for name, held in holder.items() if name != last})

    return change


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _set(item: Json, steps: Sequence[str], value: Json) -> Json:
    if not steps:
        return value
    step, *rest = steps
    inner = _set(_child(item, step), rest, value) if rest else value
    if isinstance(item, list):
        return [inner if place == int(step) else held for place, held in enumerate(item)]
    return {**item, step: inner}


def _child(item: Json, step: str) -> Json:
    return item[int(step)] if isinstance(item, list) else item[step]
