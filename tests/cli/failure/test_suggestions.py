from __future__ import annotations

import pytest

from mockserver.cli.options import choices, either, nearest, shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [("prot", "port"), ("PORT", "port"), ("Hots", "host"), ("assumed", "assume"), ("zzz", ""), ("", "")],
)
def test_the_nearest_name_is_found_whatever_the_letter_case(name: str, expected: str) -> None:
    assert nearest(name, ["host", "port", "assume"]) == expected


def test_a_beginning_is_near() -> None:
    assert nearest("fuzz", ["stateful", "fuzzing"]) == "fuzzing"


def test_many_choices_are_cut() -> None:
    assert choices("abcde", 3) == "a, b, c and 2 more"


def test_few_choices_are_listed() -> None:
    assert choices(["a", "b"]) == "a, b"


@pytest.mark.parametrize(("names", "expected"), [("a", "a"), ("ab", "a or b"), ("abc", "a, b or c")])
def test_choices_read_as_a_sentence(names: str, expected: str) -> None:
    assert either(names) == expected


def test_a_value_is_one_line_of_eighty_characters_at_most() -> None:
    assert shown("a\n" + "b" * 100) == "a " + "b" * 77 + "…"
