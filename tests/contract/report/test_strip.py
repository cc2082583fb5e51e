from __future__ import annotations

import pytest

from mockserver.contract.report.files import outcome_bar


def items(*outcomes: str) -> list[dict[str, str]]:
    return [{"key": f"A{number}", "outcome": outcome} for number, outcome in enumerate(outcomes)]


def test_each_item_is_a_square_in_its_order() -> None:
    strip = outcome_bar(items("created", "rejected", "created"))

    assert [square.outcome for square in strip.squares] == ["created", "rejected", "created"]
    assert strip.squares[1].says == "item 1 A1: rejected"
    assert strip.says == "3 items: 2 created, 1 rejected"


@pytest.mark.parametrize(("number", "squares"), [(0, 0), (1, 1), (60, 60), (61, 31), (200, 50), (10_000, 60)])
def test_there_are_sixty_squares_at_most(number: int, squares: int) -> None:
    assert len(outcome_bar(items(*["created"] * number)).squares) == squares


def test_a_square_of_several_items_shows_the_worst_of_them() -> None:
    outcomes = ["created"] * 120
    outcomes[3] = "rejected"

    square = outcome_bar(items(*outcomes)).squares[1]

    assert (square.outcome, square.says) == ("rejected", "items 2 to 3: 1 created, 1 rejected")


def test_the_last_square_may_stand_for_fewer_items() -> None:
    assert outcome_bar(items(*["created"] * 61)).squares[-1].says == "item 60 A60: created"


def test_a_long_strip_has_rows_that_fit_a_telephone() -> None:
    strip = outcome_bar(items(*["created"] * 60))

    assert (strip.width, strip.height) == (240, 36)
    assert max(square.x for square in strip.squares) < strip.width


def test_no_two_squares_are_in_one_place() -> None:
    squares = outcome_bar(items(*["created"] * 60)).squares

    assert len({(one.x, one.y) for one in squares}) == 60
