"""Whether what concurrent clients saw of one register can have happened one after the other.

The search of Wing and Gong with the memory of Lowe, as Porcupine has it: an operation may come first if no
other ended before it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of the register: `old` is what it returned, `new` what it left, if that is not the same.

    It lasted from `began` to `ended`, by one clock for all clients.
    """

    began: float
    ended: float
    old: int
    new: int


def is_linearizable(history: Sequence[Operation], first: int = 0) -> bool:
    """Return whether there is an order of the operations in which each saw what the one before it left."""
    seen: set[tuple[frozenset[int], int]] = set()
    waiting = [(frozenset(range(len(history))), first)]
    while waiting:
        left, value = waiting.pop()
        if not left:
            return True
        if (left, value) in seen:
            continue
        seen.add((left, value))
        soonest = min(history[at].ended for at in left)
        waiting += [
            (left - {at}, history[at].new)
            for at in left
            if history[at].began <= soonest and history[at].old == value
        ]
    return False
