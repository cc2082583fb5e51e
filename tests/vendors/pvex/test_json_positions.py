from __future__ import annotations

import pytest

from mockserver.vendors.pvex.model_state import MAX_TEXT_LENGTH, find_positions, is_blank, path_at, print_path

TEXT = '[\n {"Number": "x", // first\n  \'amount\': "abc"},\r\n {}]'


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("[", ""),
        ("{", ""),
        ("[{", "[0]"),
        ('[{"A": ', "[0].A"),
        ('[{"A": 1, ', "[0].A"),
        ('[{"A": 1}', "[0]"),
        ('[{"A": 1}, {', "[1]"),
        ('[{"A": 1}, {"B" ', "[1].B"),
        ('[{"A": {"C": [1, [', "[0].A.C[1]"),
        ("[1, 2", "[1]"),
        ("[1]", ""),
        ("{A: 'it\\'s', B: ", "B"),
        ('{"a\\u0062": ', "ab"),
        ('{"a.b": ', "['a.b']"),
        ("[/* one */ 1 // two\n", "[0]"),
        ('["never closed', ""),
        ("]]", ""),
        (":,", ""),
        ('{"\\x": ', "['\\x']"),
    ],
)
def test_the_path_is_that_of_the_last_value_that_was_begun(text: str, path: str) -> None:
    assert print_path(path_at(text, len(text))) == path


def test_what_stands_behind_the_stop_is_not_looked_at() -> None:
    assert path_at('[{"A": 1, "B": 2}]', 9) == (0, "A")


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("value", (), "Path '', line 1, position 1."),
        ("value", (0, "Number"), "Path '[0].Number', line 2, position 15."),
        ("name", (0, "Amount"), "Path '[0].amount', line 3, position 11."),
        ("value", (0, "Amount"), "Path '[0].amount', line 3, position 17."),
        ("end", (0,), "Path '[0]', line 3, position 18."),
        ("value", (1,), "Path '[1]', line 4, position 2."),
        ("end", (), "Path '', line 4, position 4."),
        ("value", (1, "Nope"), "Path '[1].Nope', line 4, position 4."),
    ],
)
def test_a_place_has_path_line_and_position(kind: str, path: tuple[str | int, ...], said: str) -> None:
    assert find_positions(TEXT).describe(kind, path) == said


def test_the_very_beginning_is_on_no_line() -> None:
    assert find_positions("hello").describe_offset((), 0) == "Path '', line 0, position 0."


def test_a_text_that_is_too_long_is_not_searched() -> None:
    text = '[{"Number": ' + " " * MAX_TEXT_LENGTH

    assert path_at(text, len(text)) == ()
    assert find_positions(text).describe("value", (0,)) == f"Path '[0]', line 1, position {len(text)}."


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        (" \n", True),
        ("/* a */ // b", True),
        ("/* a", False),
        ("x", False),
        (" " * 50_000 + "x", False),
    ],
    ids=["nothing", "white", "comments", "open", "text", "long"],
)
def test_white_space_and_comments_are_nothing(text: str, blank: bool) -> None:  # noqa: FBT001 - expected
    assert is_blank(text) is blank
