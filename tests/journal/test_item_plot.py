"""The drawing of items: one row each, one mark an attempt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from mockserver.journal.item_history import ItemAttempt, ItemHistory, Told
from mockserver.journal.item_plot import draw_items
from mockserver.journal.view import View

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def attempt(number: int, at: int = 0, took: int = 0, told: Told = Told.STORED, **members: Any) -> ItemAttempt:
    """An attempt so many milliseconds after the start."""
    arrived = START + timedelta(milliseconds=at)
    made = {"action": "created", "stored": True, "status": 207, **members}
    until = arrived + timedelta(milliseconds=took)
    return ItemAttempt(number=number, index=0, at=arrived, until=until, told=told, **made)


def history(*attempts: ItemAttempt, key: str = "R-1") -> ItemHistory:
    return ItemHistory("acme", "putOrders", key, attempts)


def draw(*histories: ItemHistory) -> Element:
    drawn: Element = fromstring(draw_items(histories, View()))
    return drawn


def words(drawing: Element) -> list[str]:
    return [one.text or "" for one in drawing.iter(f"{SVG}text")]


def marks(drawing: Element) -> list[tuple[float, str, str, str]]:
    """Place, shape, colour and filling of each attempt's mark."""
    found = [one for group in drawing.iter(f"{SVG}g") for one in group if "transform" in one.attrib]
    places = [float(re.findall(r"[\d.]+", one.attrib["transform"])[0]) for one in found]
    return [
        (place, one.attrib["d"], one.attrib["stroke"], one.attrib["fill"])
        for place, one in zip(places, found, strict=True)
    ]


def test_attempts_stand_by_time_with_their_numbers_and_long_waits() -> None:
    drawing = draw(history(attempt(1, took=100), attempt(2, 30_100, 100), attempt(3, 60_200, 100)))

    first, second, third = (place for place, *_ in marks(drawing))
    assert third - second == pytest.approx(second - first, abs=1)
    assert {"#1", "#2", "#3", "30 s", "0", "20 s", "40 s", "60 s"} <= set(words(drawing))


def test_each_told_has_a_shape_and_a_colour_and_only_what_took_effect_is_filled() -> None:
    told = [attempt(number, number * 1000, told=one) for number, one in enumerate(Told)]
    drawn = marks(draw(history(*told, attempt(9, 9000, told=Told.STORED, stored=False))))

    assert len({shape for _, shape, _, _ in drawn}) == len({colour for _, _, colour, _ in drawn}) == len(Told)
    assert [fill == colour for _, _, colour, fill in drawn] == [True] * len(Told) + [False]


def test_an_attempt_is_a_bar_from_its_arrival_to_its_answer() -> None:
    text = draw_items([history(attempt(1, took=1000), attempt(2, 1500, 500))], View())

    assert '<path d="M160.0 18H430.0"' in text
    assert '<path d="M565.0 18H700.0"' in text


@pytest.mark.parametrize("count", [2, 40, 300])
def test_attempts_at_one_instant_stand_side_by_side_in_the_order_of_calls(count: int) -> None:
    drawing = draw(history(*(attempt(number) for number in range(1, count + 1))))

    places = [place for place, *_ in marks(drawing)]
    assert len(set(places)) == len(places) == count
    assert (places == sorted(places), min(places) >= 160, max(places) <= 700) == (True, True, True)
    assert "in the order of calls, not by time" in words(drawing)


def test_a_few_attempts_close_together_stay_by_time_without_covering_each_other() -> None:
    near = [attempt(number, number) for number in (1, 2, 3)]

    drawing = draw(history(*near, attempt(4, 60_000)))

    places = [place for place, *_ in marks(drawing)]
    assert all(after - before >= 13 for before, after in pairwise(places))
    assert "60 s" in words(drawing)


def test_many_attempts_close_together_stand_in_order_with_their_waits() -> None:
    drawing = draw(history(*(attempt(number, number) for number in range(8)), attempt(9, 60_000)))

    assert {"in the order of calls, not by time", "60 s"} <= set(words(drawing))


def test_numbers_never_cover_each_other() -> None:
    drawing = draw(history(*(attempt(number, number * 500, 10) for number in range(100, 145))))

    numbers = [word for word in words(drawing) if word.startswith("#")]
    assert 10 < len(numbers) < 45


def test_items_share_the_axis() -> None:
    drawing = draw(history(attempt(1), attempt(3, 2000)), history(attempt(2, 1000), key="R-2"))

    assert [place for place, *_ in marks(drawing)] == [160, 700, 430]
    assert {"R-1", "R-2"} <= set(words(drawing))
    assert drawing.findtext(f"{SVG}title") == "Attempts of 2 items"


@pytest.mark.parametrize(
    ("millis", "label"),
    [(3, "1 ms"), (700, "200 ms"), (20_000, "5 s"), (3_600_000, "10 min"), (10**12, "3650 d")],
)
def test_the_axis_has_round_steps(millis: int, label: str) -> None:
    assert label in words(draw(history(attempt(1), attempt(2, millis))))


def test_one_attempt_is_drawn() -> None:
    assert len(marks(draw(history(attempt(1))))) == 1


def test_a_tooltip_and_the_description_tell_all_of_an_attempt() -> None:
    lost = attempt(
        2, 1200, told=Told.NOTHING, status=None, fault="EMPTY_RESPONSE", rules=("s/r",), detail="why"
    )
    drawing = draw(history(attempt(1), lost))

    said = "#2 after 1.2 s, no answer, created, told nothing, stored, EMPTY_RESPONSE, s/r, why"
    assert said in [one.text for one in drawing.iter(f"{SVG}title")]
    assert said in (drawing.findtext(f"{SVG}desc") or "")
    assert drawing.attrib["role"] == "img"


def test_whatever_a_key_says_is_text() -> None:
    hostile = "</title><script>alert(1)</script>&\"'\x00\ud800"

    text = draw_items([history(attempt(1, detail=hostile), attempt(2, 9), key=hostile)], View())

    assert "<script" not in text
    fromstring(text)
    assert text.encode()


def test_a_credential_in_a_key_is_cut() -> None:
    assert "s3cr3t" not in draw_items([history(attempt(1), key="POST /x?access_token=s3cr3tlong")], View())
