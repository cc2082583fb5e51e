from __future__ import annotations

import pytest

from tests.support.linearizability import Operation, is_linearizable


def test_what_overlaps_may_have_happened_in_any_order() -> None:
    assert is_linearizable([Operation(0, 5, 1, 2), Operation(1, 4, 0, 1)])


@pytest.mark.parametrize(
    "history",
    [
        [Operation(0, 1, 0, 1), Operation(2, 3, 0, 1)],  # a change was lost
        [Operation(0, 1, 0, 1), Operation(2, 3, 0, 0)],  # an old value was read after a new one was stored
        [Operation(0, 1, 1, 2), Operation(2, 3, 0, 1)],  # a value was read before it was stored
        [Operation(0, 9, 0, 1), Operation(0, 9, 0, 2)],  # both changed the same value
    ],
    ids=["lost", "stale", "early", "split"],
)
def test_what_cannot_have_happened_is_found(history: list[Operation]) -> None:
    assert not is_linearizable(history)
