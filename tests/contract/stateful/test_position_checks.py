"""Numbers of messages that follow the place of a bad item are compared with it."""

from __future__ import annotations

import pytest

from mockserver.contract.sequences.run import find_counts


@pytest.mark.parametrize(
    ("texts", "shifts"),
    [
        ({1: "row 1: no text", 0: "row 0: no text", 2: "row 2: no text"}, [0]),
        ({1: "$[2].name", 0: "$[1].name", 2: "$[3].name"}, [1]),
        ({1: "row 0: no text", 0: "row -1: no text", 2: "row 1: no text"}, [-1]),
        ({1: "items-3 of 4", 0: "items-2 of 4", 2: "items-4 of 4"}, [2]),
        ({1: "item 1 is 12, not 11", 0: "item 0 is 12, not 11", 2: "item 2 is 12, not 11"}, [0]),
    ],
)
def test_a_number_that_follows_the_place_is_a_position(texts: dict[int, str], shifts: list[int]) -> None:
    assert [shift for shift, _ in find_counts({place: [text] for place, text in texts.items()})] == shifts


@pytest.mark.parametrize(
    "texts",
    [
        {1: "call 41", 0: "call 42", 2: "call 43"},
        {1: "call 2", 0: "call 3", 2: "call 4"},
        {1: "row 1 is bad", 0: "row 0 is broken", 2: "row 2 is bad"},
        {1: "row 0 is bad", 0: "row 0 is bad", 2: "row 0 is bad"},
        {1: "LineNumber: 3", 0: "LineNumber: 2", 2: "LineNumber: 4"},
        {1: "at line 3", 0: "at line 2", 2: "at line 4"},
        {1: "key 7000001", 0: "key 7000000", 2: "key 7000002"},
    ],
)
def test_other_numbers_are_no_position(texts: dict[int, str]) -> None:
    assert not list(find_counts({place: [text] for place, text in texts.items()}))


def test_messages_of_another_shape_are_not_compared() -> None:
    assert not list(find_counts({1: ["row 0", "bad"], 0: ["row -1"], 2: ["row 1", "bad"]}))
