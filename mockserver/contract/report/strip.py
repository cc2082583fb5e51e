"""The items of a batch as a strip of small squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockserver.contract.report.item_outcomes import BEST_TO_WORST, outcome_words

MOST = 60
"""Squares of a strip; beyond that a square stands for several items and shows the worst of them."""

A_ROW = 20
SIDE = 10
_STEP = 12


@dataclass(frozen=True, slots=True)
class Square:
    """A square at x and y, in pixels; `says` names its items."""

    x: int
    y: int
    outcome: str
    says: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The squares of a batch, and the whole of it in words."""

    squares: tuple[Square, ...]
    width: int
    height: int
    says: str


def make_strip(items: Sequence[Mapping[str, str]]) -> Strip:
    """Return the strip of the items of a call in a report's document."""
    size = -(-len(items) // MOST) or 1
    bins = [range(first, min(first + size, len(items))) for first in range(0, len(items), size)]
    squares = tuple(
        _square(place, [items[number] for number in numbers], numbers) for place, numbers in enumerate(bins)
    )
    rows = -(-len(squares) // A_ROW)
    return Strip(squares, min(len(squares), A_ROW) * _STEP, rows * _STEP, outcome_words(items))


def _square(place: int, items: Sequence[Mapping[str, str]], numbers: range) -> Square:
    worst = max((one["outcome"] for one in items), key=BEST_TO_WORST.index)
    if len(items) == 1:
        says = f"item {numbers[0]} {items[0]['key']}".rstrip() + f": {worst}"
    else:
        says = f"items {numbers[0]} to {numbers[-1]}: {outcome_words(items).partition(': ')[2]}"
    return Square(place % A_ROW * _STEP + 1, place // A_ROW * _STEP + 1, worst, says)
