"""The strip of a run: one column an item, one row a call, and a square for what became of the item in it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.cli.drill_report.strip import FATES, MOST_COLUMNS, Strip, draw_strip
from mockserver.testing.drill import Ending
from tests.support.drill_results import attempt, call, finding, item, result


def drawn(strip: Strip) -> list[str]:
    """Each row as text: the number of its call, and the fates by column."""
    return [
        f"{row.numbers} {' '.join(one.fate.name if one else '.' for one in row.squares)}".rstrip()
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

    strip = draw_strip(run, 100)
    assert [head.name for head in strip.heads] == ["R-1", "R-2", "R-3"]
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
    assert drawn(draw_strip(result("a", items=(item("R-1", one),)), 100)) == [f"#1 {fate}"]


def test_an_item_that_was_created_twice_stands_out_but_not_one_that_was_updated() -> None:
    run = result(
        "a",
        items=(
            item("R-1", attempt(1), attempt(2)),
            item("R-2", attempt(1), attempt(2, action="updated")),
        ),
        calls=(call(1), call(2)),
    )

    assert drawn(draw_strip(run, 100)) == ["#1 good good", "#2 again good"]


def test_no_two_fates_look_alike() -> None:
    assert len({(fate.sign, fate.is_stored) for fate in FATES}) == len(FATES)


def test_items_and_calls_of_findings_are_marked() -> None:
    run = result(
        "a",
        finding("TWICE", "R-2", calls=(2,)),
        items=(item("R-1", attempt(1)), item("R-2", attempt(1), attempt(2))),
        calls=(call(1), call(2)),
    )

    strip = draw_strip(run, 100)
    assert [head.is_marked for head in strip.heads] == [False, True]
    assert [[bool(one and one.is_marked) for one in row.squares] for row in strip.rows] == [
        [False, False],
        [False, True],
    ]
    assert [row.is_marked for row in strip.rows] == [False, True]


def test_an_item_that_was_never_sent_has_an_empty_column() -> None:
    strip = draw_strip(result("a", finding("LOST", "R-9")), 100)

    assert [(head.name, head.says) for head in strip.heads][-1] == ("R-9", "R-9 was never sent")
    assert drawn(strip) == ["#1 good good ."]


def test_of_very_many_items_a_square_shows_the_worst() -> None:
    items = [item(f"R-{at}", attempt(1)) for at in range(1000)]
    items[500] = item("R-500", attempt(1, "rejected", stored=False, code="internal"))
    strip = draw_strip(result("a", finding("LOST", "R-500", calls=(1,)), items=tuple(items)), 100)

    squares = strip.rows[0].squares
    assert len(strip.heads) == len(squares) <= MOST_COLUMNS
    worst = [one for one in squares if one and one.fate.name == "rejected"]
    assert [one.says for one in worst] == [
        "25 items: 24 stored, and the answer said so; 1 rejected, and the answer said so"
    ]
    assert (worst[0].is_marked, strip.heads[20].name) == (True, "501 to 525")


def test_of_very_many_calls_those_in_the_middle_are_left_out() -> None:
    calls = tuple(call(at) for at in range(1, 301))
    items = (item("R-1", *(attempt(at, "rejected", stored=False) for at in range(1, 301))),)
    strip = draw_strip(result("a", items=items, calls=calls), 100)

    assert (len(strip.rows), strip.gap, strip.left_out) == (100, 67, 200)
    assert [strip.rows[at].numbers for at in (66, 67, 99)] == ["#67", "#268", "#300"]


def test_many_reads_in_a_row_stand_in_one_row() -> None:
    reads = [call(at, "GET", 200) for at in range(2, 12)]
    strip = draw_strip(result("a", calls=(call(1), *reads, call(12, "GET", 429, retryAfter="2"))), 100)

    assert drawn(strip) == ["#1 good good", "#2 to #11", "#12"]
    assert strip.rows[1].what == "GET, 10 calls without items"


def test_a_call_tells_what_happened_to_it() -> None:
    odd = call(
        1, status=None, fault="NO_RESPONSE", delayMillis=3000, applied=["drill/x"], reason="a rule did"
    )
    refused = call(2, status=429, retryAfter="2", refusal="throttled", reason="too many")
    rows = draw_strip(result("a", calls=(odd, refused)), 100).rows

    assert (rows[0].answer, rows[0].notes, rows[0].is_case) == (
        "no answer",
        ("no response", "took 3.0 s"),
        True,
    )
    assert (rows[1].answer, rows[1].notes) == ("429", ("Retry-After 2", "refused: throttled: too many"))


def test_each_start_of_the_client_is_told() -> None:
    run = result("a", calls=tuple(map(call, range(1, 7))), ending=Ending(1, "", 60, (1, 3, 5)), items=())

    assert [row.start for row in draw_strip(run, 100).rows if row.start] == [2, 3]
