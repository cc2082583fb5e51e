from __future__ import annotations

import pytest

from mockserver.contract.samples import remove_member, set_member

ITEM = {"number": "1", "lines": [{"amount": 1}, {"amount": 2}]}


@pytest.mark.parametrize(
    ("pointer", "changed"),
    [
        ("/number", {"number": None, "lines": [{"amount": 1}, {"amount": 2}]}),
        ("/colour", {**ITEM, "colour": None}),
        ("/lines/1/amount", {"number": "1", "lines": [{"amount": 1}, {"amount": None}]}),
        ("/a~1b", {**ITEM, "a/b": None}),
        ("", None),
    ],
)
def test_a_value_is_set_at_a_pointer(pointer: str, changed: object) -> None:
    assert set_member(pointer, None)(ITEM) == changed


@pytest.mark.parametrize(
    ("pointer", "changed"),
    [
        ("/number", {"lines": [{"amount": 1}, {"amount": 2}]}),
        ("/lines/0/amount", {"number": "1", "lines": [{}, {"amount": 2}]}),
        ("/colour", ITEM),
    ],
)
def test_a_member_is_taken_out_at_a_pointer(pointer: str, changed: object) -> None:
    assert remove_member(pointer)(ITEM) == changed


def test_the_item_itself_stays_as_it_is() -> None:
    set_member("/lines/0/amount", 9)(ITEM)
    remove_member("/lines/0/amount")(ITEM)

    assert ITEM == {"number": "1", "lines": [{"amount": 1}, {"amount": 2}]}
