"""A checker of histories: does some order of the operations on one register explain all that was read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """A write of `value`, or a read that found it; from tick `begun` to tick `ended`."""

    writes: bool
    value: str | None
    begun: int
    ended: int


def linearizable(history: Sequence[Operation], value: str | None) -> bool:
    """Whether each operation can have happened at one moment of its time; `value` was there before."""
    if not history:
        return True
    soonest = min(one.ended for one in history)
    for at, one in enumerate(history):
        if one.begun > soonest or not (one.writes or one.value == value):
            continue
        rest = [*history[:at], *history[at + 1 :]]
        if linearizable(rest, one.value):
            return True
    return False
