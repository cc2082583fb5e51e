from __future__ import annotations

import pytest

from tests.support.few_cases import spread


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, list(range(10))), (11, list(range(10)))],
)
def test_values_are_spread_from_the_first_to_the_last(number: int, expected: list[int]) -> None:
    assert spread(list(range(10)), number) == expected
