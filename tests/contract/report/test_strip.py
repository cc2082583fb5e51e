from __future__ import annotations

import re

import pytest

from mockserver.contract.report.files import html_page, outcome_squares
from mockserver.contract.report.results import report_document
from tests.support.contract_sessions import BEGAN, finding, seen


def items(*outcomes: str) -> list[dict[str, str]]:
    return [{"key": f"A{number}", "outcome": outcome} for number, outcome in enumerate(outcomes)]


def drawn(*outcomes: str) -> str:
    """The drawing of a batch on the page."""
    document = report_document([seen(finding())], BEGAN)
    document["vendors"][0]["operations"][0]["checks"][0]["finding"]["exchanges"][0]["items"] = items(
        *outcomes
    )
    (svg,) = re.findall(r'<svg class="strip".*?</svg>', html_page(document), re.DOTALL)
    return str(svg)


def test_each_item_is_a_square_in_its_order() -> None:
    squares = outcome_squares(items("created", "rejected", "created"))

    assert [square.outcome for square in squares] == ["created", "rejected", "created"]
    assert squares[1].says == "item 1 A1: rejected"
    assert ' aria-label="3 items: 2 created, 1 rejected">' in drawn("created", "rejected", "created")


@pytest.mark.parametrize(("number", "squares"), [(0, 0), (1, 1), (60, 60), (61, 31), (200, 50), (10_000, 60)])
def test_there_are_sixty_squares_at_most(number: int, squares: int) -> None:
    assert len(outcome_squares(items(*["created"] * number))) == squares


def test_a_square_of_several_items_shows_the_worst_of_them() -> None:
    outcomes = ["created"] * 120
    outcomes[3] = "rejected"

    assert outcome_squares(items(*outcomes))[1] == ("rejected", "items 2 to 3: 1 created, 1 rejected")


def test_the_last_square_may_stand_for_fewer_items() -> None:
    assert outcome_squares(items(*["created"] * 61))[-1].says == "item 60 A60: created"


@pytest.mark.parametrize(
    ("number", "width", "height"), [(1, 10, 10), (20, 238, 10), (21, 238, 22), (60, 238, 34)]
)
def test_a_long_strip_has_rows_that_fit_a_telephone(number: int, width: int, height: int) -> None:
    svg = drawn(*["created"] * number)

    assert f' width="{width}" height="{height}" viewBox="0 0 {width} {height}" ' in svg
    assert max(int(x) for x in re.findall(r' x="(\d+)"', svg)) < width


def test_no_two_squares_are_in_one_place() -> None:
    places = re.findall(r' x="(\d+)"(?: y="(\d+)")?>', drawn(*["created"] * 60))

    assert (len(places), len(set(places))) == (60, 60)
