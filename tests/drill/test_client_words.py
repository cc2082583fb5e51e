"""Which items the lines of a client's output name as failed, judged by the shapes of the lines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mockserver.drill.client_words import ClientWords, SpokenItem


def words(
    output: str, usual: str = "", bad: Sequence[str] = ("R-1",), keys: str = "R-1 R-2 R-3"
) -> ClientWords:
    """The words of a client whose items `bad` failed, and whose other items were stored at once."""
    items = [
        SpokenItem(
            names=[key],
            usual_names=[key],
            is_good=key not in bad,
            is_usually_good=True,
            has_failed=key in bad,
            is_missing=key in bad,
        )
        for key in keys.split()
    ]
    return ClientWords(output, usual, items)


@pytest.mark.parametrize("line", ["R-1", "lost R-1", "(R-1): lost", '{"lost": ["R-1"]}'])
def test_a_line_that_comes_with_failures_names_its_item(line: str) -> None:
    assert words(f"sent R-1\n{line}", "sent R-1").has_named(0)


@pytest.mark.parametrize("line", ["", "lost R-11", "lost AR-1", "x-R-1", "R-1_a"])
def test_a_name_is_a_whole_word(line: str) -> None:
    assert not words(line).has_named(0)


@pytest.mark.parametrize(
    ("line", "usual"),
    [
        ("sent R-1", "sent R-1"),
        ("sent R-1", "sent R-2"),
        ("2026-11-26 09:00:07,120 INFO R-1", "2026-11-25 23:59:58,001 INFO R-1"),
        ("09:00 R-1", "23:59 R-1"),
        ("R-1 in 0.4 s", "R-1 in 12 s"),
        ("R-1 took 412 ms", "R-1 took 133 ms"),
        ("request 9f2c77ab-1d3e R-1", "request 0b11ffe2-77aa R-1"),
        ("sent: R-1, R-2", "sent: R-2"),
    ],
)
def test_a_line_of_a_usual_shape_names_nothing(line: str, usual: str) -> None:
    assert not words(line, usual).has_named(0)


def test_the_class_of_a_failing_status_belongs_to_the_shape() -> None:
    assert words("R-1 -> 422", "R-1 -> 201").has_named(0)


def test_a_shape_that_a_stored_item_has_too_names_nothing() -> None:
    assert not words("tried R-1\ntried R-2").has_named(0)


def test_a_name_may_be_escaped_as_in_json() -> None:
    assert words('{"lost": "\\u00c4\\"1"}', bad=['Ä"1'], keys='Ä"1').has_named(0)


def test_a_document_at_the_end_is_read_by_its_names() -> None:
    said = words('begin\n{\n  "ok": [\n    "R-2",\n    "R-3"\n  ],\n  "bad": [\n    "R-1"\n  ]\n}')

    assert (said.has_named(0), said.misnamed) == (True, [])


def test_a_document_within_the_output_is_read_by_its_names() -> None:
    assert words('{\n  "ok": [\n    "R-2"\n  ],\n  "bad": [\n    "R-1"\n  ]\n}\nend').has_named(0)


@pytest.mark.parametrize(
    "line",
    [
        "not stored: \x1b[1mR-1\x1b[0m",
        "stored: R-2 | failed: R-1",
        '{"stored": ["R-2"], "failed": ["R-1"]}',
        "gave up retrying R-1",
    ],
)
def test_colours_parts_of_a_line_and_lists_are_told_apart(line: str) -> None:
    assert words(line).has_named(0)


def test_a_row_of_a_table_is_not_cut() -> None:
    assert words("| R-1 | refused | 10 |\n| R-2 | stored | 10 |").has_named(0)


@pytest.mark.parametrize("line", ["WARN retrying R-1", "recovered: R-1", "DEBUG answer has R-1", "R-1 done"])
def test_a_line_that_says_that_all_is_well_or_tried_again_names_nothing(line: str) -> None:
    assert not words(line).has_named(0)


def test_the_longest_name_is_meant() -> None:
    said = words("lost: 1.1.2", bad=["1.1.2"], keys="1.1 1.1.2")

    assert (said.has_named(0), said.has_named(1)) == (False, True)


def test_a_list_with_a_wrong_name_names_the_others() -> None:
    said = words("lost: R-2, R-3", bad=["R-1", "R-2"])

    assert (said.has_named(0), said.has_named(1), said.misnamed) == (False, True, [2])


def test_text_that_only_begins_like_a_document_is_read_by_lines() -> None:
    assert words("{\nlost R-1").has_named(0)


@pytest.mark.parametrize(
    "line", ["try 2 of 3", "attempt 2", "2 items failed", "2 failed", "retry in 2 s", "page 2", "2/3"]
)
def test_a_small_number_beside_a_word_of_counting_is_no_name(line: str) -> None:
    assert not words(line, bad=["2"], keys="1 2 3").has_named(1)


@pytest.mark.parametrize("line", ["claim 2 was refused", "claim 2 failed", "refused: 2", "not stored: 1, 2"])
def test_a_small_number_in_another_place_is_a_name(line: str) -> None:
    assert words(line, bad=["1", "2"], keys="1 2 3").has_named(1)


@pytest.mark.parametrize(
    ("output", "is_any"), [("", False), ("1 item failed", False), ("R-1 failed", True), ("R-2 failed", True)]
)
def test_a_client_names_some_if_a_line_of_failures_has_a_name(output: str, *, is_any: bool) -> None:
    assert words(output).names_any is is_any


def test_an_item_that_never_failed_is_misnamed_by_a_line_of_failures() -> None:
    assert list(words("R-2 failed").misnamed) == [1]
    assert list(words("R-1 failed\nR-2 failed").misnamed) == []
