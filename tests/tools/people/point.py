"""A point of the list of what people expect, and what came of checking it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

from tests.tools.people.stage import Stage

Check: TypeAlias = Callable[[Stage], str]
"""A check returns what it saw; it raises an AssertionError if the point does not hold."""


@dataclass(frozen=True, slots=True)
class Point:
    """One expectation with its number in the list, and its check."""

    number: int
    text: str
    check: Check


def point(number: int, text: str) -> Callable[[Check], Point]:
    """Declare a function as the check of a point."""
    return lambda check: Point(number, text, check)


def find_points(*modules: ModuleType) -> Iterator[Point]:
    """Yield the points of the modules, by number."""
    found = [one for module in modules for one in vars(module).values() if isinstance(one, Point)]
    yield from sorted(found, key=lambda one: one.number)
