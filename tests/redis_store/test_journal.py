from __future__ import annotations

import pytest

from mockserver.redis_store.journal import share_of_each


@pytest.mark.parametrize(
    ("sizes", "most", "share"),
    [
        ([], 10, 10),
        ([4, 6], 10, 10),
        ([4, 7], 10, 6),
        ([1, 1, 50, 60], 42, 20),
        ([5, 5, 5], 9, 3),
        ([0, 0, 30], 10, 10),
    ],
)
def test_the_largest_shrink_until_all_have_room(sizes: list[int], most: int, share: int) -> None:
    assert share_of_each(sizes, most) == share
    assert sum(min(size, share) for size in sizes) <= most
