from __future__ import annotations

import pytest

from mockserver.contract.report.files import outcome_squares


def items(*outcomes: str) -> list[dict[str, str]]:
    return [{"key": f"A{number}", "outcome": outcome} for number, outcome in enumerate(outcomes)]


def test_each_item_is_a_square_in_its_order() -> None:
    squares = outcome_squares(items("created", "rejected", "created"))

    assert [square.outcome for square in squares] == ["created", "rejected", "created"]
    assert squares[1].says == "item 1 A1: rejected"
    assert [square.sign for square in squares] == ["✓", "✕", "✓"]


@pytest.mark.parametrize(("number", "squares"), [(0, 0), (1, 1), (60, 60), (61, 31), (200, 50), (10_000, 60)])
def test_there_are_sixty_squares_at_most(number: int, squares: int) -> None:
    assert len(outcome_squares(items(*["created"] * number))) == squares


def test_a_square_of_several_items_shows_the_worst_of_them() -> None:
    outcomes = ["created"] * 120
    outcomes[3] = "rejected"

    assert outcome_squares(items(*outcomes))[1] == ("rejected", "items 2 to 3: 1 created, 1 rejected")


def test_the_last_square_may_stand_for_fewer_items() -> None:
    assert outcome_squares(items(*["created"] * 61))[-1].says == "item 60 A60: created"
