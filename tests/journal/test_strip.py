from __future__ import annotations

import pytest

from mockserver.journal.entry import ItemResults
from mockserver.journal.view import GROUPS, strip
from mockserver.model import Action, Item, Outcome, Problem
from tests.support.journal_entries import item_results

CREATED, UPDATED, UNCHANGED = Action.CREATED, Action.UPDATED, Action.UNCHANGED
REJECTED, SKIPPED = Action.REJECTED, Action.SKIPPED


def of_actions(*actions: Action) -> list[str]:
    return strip(item_results(*((str(at), action) for at, action in enumerate(actions))))


def test_a_call_without_items_has_no_strip() -> None:
    assert strip(ItemResults()) == []


def test_each_of_up_to_sixty_items_has_its_word() -> None:
    actions = [CREATED, UPDATED, UNCHANGED, REJECTED, SKIPPED] * (GROUPS // 5)

    assert of_actions(*actions) == [str(action) for action in actions]


def test_an_item_with_a_warning_is_warned() -> None:
    outcomes = (
        Outcome(Item(0, "A", {}), CREATED),
        Outcome(Item(1, "B", {}), CREATED, warnings=(Problem("too-long"),)),
    )

    assert strip(ItemResults.of(outcomes)) == ["created", "warned"]


@pytest.mark.parametrize("action", [REJECTED, SKIPPED])
def test_a_warning_hides_no_item_that_was_not_done(action: Action) -> None:
    outcome = Outcome(Item(0, "A", {}), action, warnings=(Problem("too-long"),))

    assert strip(ItemResults.of((outcome,))) == [str(action)]


@pytest.mark.parametrize("total", [61, 119, 10_000])
def test_more_items_become_sixty_groups(total: int) -> None:
    assert of_actions(*[CREATED] * total) == ["created"] * GROUPS


@pytest.mark.parametrize("total", [61, 119, 10_000])
@pytest.mark.parametrize("group", [0, 30, 59])
def test_a_group_begins_where_it_is_said_to(total: int, group: int) -> None:
    actions = [CREATED] * total
    actions[group * total // GROUPS] = REJECTED

    assert [at for at, word in enumerate(of_actions(*actions)) if word == "rejected"] == [group]


def test_the_last_item_belongs_to_the_last_group() -> None:
    assert of_actions(*[CREATED] * 60, REJECTED)[-1] == "rejected"


@pytest.mark.parametrize(
    ("better", "worse"),
    [(UNCHANGED, CREATED), (CREATED, UPDATED), (UPDATED, SKIPPED), (SKIPPED, REJECTED)],
)
def test_a_group_has_the_word_of_its_worst_item(better: Action, worse: Action) -> None:
    for pair in ([better, worse], [worse, better]):
        assert of_actions(*pair * 60)[0] == str(worse)
