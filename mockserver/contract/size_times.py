"""How long batches of each size took: what a report says of the sizes of one batch operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SizeTime:
    """A batch that was answered: how many items, which of them were bad, the status, and how long it took.

    `compared`: of how many items the record was read afterwards, by itself or in a list. `due` are the
    seconds after which it is late, 0 if nobody says.
    """

    size: int
    bad: str
    status: int
    seconds: float
    compared: int = 0
    due: float = 0


@dataclass(frozen=True, slots=True)
class SizeTimes:
    """The sizes of a batch operation: `limit` is None if nobody states one, `limit_source` says who does.

    `most_calls`, `most_items` and `most_seconds` are the budget. `left_out` are sizes that were not tried,
    with the reason.
    """

    operation: str
    limit: int | None
    limit_source: str
    most_calls: int
    most_items: int
    most_seconds: int
    times: tuple[SizeTime, ...]
    left_out: Mapping[int, str]
