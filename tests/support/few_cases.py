"""Marker `few(n)`: of many cases of one test n are run, evenly spread; all of them with EVERY_CASE=1."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")


def leave_out_cases(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that are too many, unless a test is named on its own."""
    if os.environ.get("EVERY_CASE") == "1" or any("::" in argument for argument in config.args):
        return
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("few"):
            cases[item.nodeid.partition("[")[0]].append(item)
    kept = {case for same in cases.values() for case in spread(same, _number(same[0]))}
    left_out = [item for same in cases.values() for item in same if item not in kept]
    if left_out:
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left_out)


def spread(values: Sequence[T], number: int) -> list[T]:
    """Return so many of the values, the first and the last among them and the others evenly between."""
    if number >= len(values):
        return list(values)
    if number == 1:
        return [values[0]]
    return [values[round(at * (len(values) - 1) / (number - 1))] for at in range(number)]


def _number(item: pytest.Item) -> int:
    marker = item.get_closest_marker("few")
    assert marker is not None
    number: int = marker.args[0]
    return number
