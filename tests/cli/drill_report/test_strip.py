"""The strip of a run: one column an item, one row a call, and a square for what became of the item in it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.cli.drill_report.strip import FATES, MOST_COLUMNS, Strip, draw_strip
from tests.support.drill_results import attempt, call, finding, item, result


def drawn(strip: Strip) -> list[str]:
    """Each row as text: the number of its call, and the fates by column."""
    return [
        f"#{row.call['number']} {' '.join(one[0] if one else '.' for one in row.squares)}".rstrip()
        for row in strip.rows
    ]


def test_the_fate_of_an_item_reads_downwards() -> None:
    run = result(
        "a",
        items=(
            item("R-1", attempt(1, "rejected", stored=False), attempt(3)),
            item("R-2", attempt(1)),
            item("R-3", attempt(2)),
        ),
        calls=(call(1), call(2), call(3)),
    )

    strip = draw_strip(run)
    assert [key for key, _ in strip.heads] == ["R-1", "R-2", "R-3"]
    assert drawn(strip) == ["#1 rejected good .", "#2 . . good", "#3 good . ."]


@pytest.mark.parametrize(
    ("one", "fate"),
    [
        (attempt(1), "good"),
        (attempt(1, "nothing"), "untold"),
        (attempt(1, "rejected"), "denied"),
        (attempt(1, "stored", stored=False), "lie"),
        (attempt(1, "rejected", stored=False), "rejected"),
        (attempt(1, "refused", stored=False, action="unread"), "refused"),
        (attempt(1, "nothing", stored=False), "unsure"),
        (attempt(1, "stored", stored=False, action="repeated"), "repeated"),
    ],
)
def test_a_square_tells_what_took_effect_and_what_was_told(one: dict[str, Any], fate: str) -> None:
    assert drawn(draw_strip(result("a", items=(item("R-1", one),)))) == [f"#1 {fate}"]


def test_an_item_that_was_created_twice_stands_out_but_not_one_that_was_updated() -> None:
    run = result(
        "a",
        items=(
            item("R-1", attempt(1), attempt(2)),
            item("R-2", attempt(1), attempt(2, action="updated")),
        ),
        calls=(call(1), call(2)),
    )

    assert drawn(draw_strip(run)) == ["#1 good good", "#2 again good"]


def test_a_key_is_shown_as_it_was_sent() -> None:
    strip = draw_strip(result("a", finding("DROPPED", "2026~1001"), items=(item("2026~1001", attempt(1)),)))

    assert strip.heads == [("2026/001", True)]
    assert str(strip.rows[0].squares[0]).startswith("('good', '2026/001: ")


def test_no_two_fates_look_alike() -> None:
    assert len({(fate.sign, fate.is_stored) for fate in FATES.values()}) == len(FATES)


def test_items_and_calls_of_findings_are_marked() -> None:
    run = result(
        "a",
        finding("TWICE", "R-2", calls=(2,)),
        items=(item("R-1", attempt(1)), item("R-2", attempt(1), attempt(2))),
        calls=(call(1), call(2)),
    )

    strip = draw_strip(run)
    assert [is_marked for _, is_marked in strip.heads] == [False, True]
    assert [row.is_marked for row in strip.rows] == [False, True]


def test_of_very_many_items_those_of_findings_are_shown() -> None:
    items = [item(f"R-{at}", attempt(1)) for at in range(1000)]
    strip = draw_strip(result("a", finding("DROPPED", "R-500", calls=(1,)), items=tuple(items)))

    assert strip.heads[:2] == [("R-500", True), ("R-0", False)]
    assert len(strip.heads) == len(strip.rows[0].squares) == MOST_COLUMNS
    assert strip.left_out == 1000 - MOST_COLUMNS


def test_of_very_many_calls_those_in_the_middle_are_left_out() -> None:
    strip = draw_strip(result("a", calls=tuple(call(at) for at in range(1, 301))))

    assert [row.call["number"] for row in strip.rows] == [*range(1, 41), *range(281, 301)]


def test_a_call_tells_what_happened_to_it() -> None:
    odd = call(
        1, status=None, fault="NO_RESPONSE", delayMillis=3000, applied=["drill/x"], reason="a rule did"
    )
    refused = call(2, status=429, retryAfter="2", refusal="throttled", reason="too many")
    rows = draw_strip(result("a", calls=(odd, refused))).rows

    assert [row.notes for row in rows] == [
        ["no response", "took 3.0 s"],
        ["Retry-After 2", "refused: throttled: too many"],
    ]
