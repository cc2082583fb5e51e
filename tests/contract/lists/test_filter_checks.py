from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mockserver.contract.lists.checks import check_asked_order
from mockserver.contract.lists.walks import Row
from mockserver.contract.profile_reads import ListOrder


@pytest.mark.parametrize(
    ("before", "after", "is_wrong"),
    [
        ("P10", "P09", True),
        ("Pb", "Pa", True),
        ("P1", "P", True),
        ("P09", "P10", False),
        (2, 1, True),
        ("a", "B", False),
        ("é", "z", False),
        ("a-b", "a b", False),
    ],
)
def test_what_a_collation_decides_is_in_any_order(before: Any, after: Any, is_wrong: bool) -> None:  # noqa: FBT001 - expected
    found: list[str] = []
    rows = [Row(str(one), {"key": one}) for one in (before, after)]
    walk = SimpleNamespace(rows=rows, exchanges=())
    calls = SimpleNamespace(
        name="GET /rows",
        count=lambda *_: None,
        add_finding=lambda check, *_: found.append(check),
        walk=lambda *_: walk,
    )

    check_asked_order(cast("Any", calls), ListOrder("sort", "key", "/key"), cast("Any", walk), 10)

    assert bool(found) is is_wrong
