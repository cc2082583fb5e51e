from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from mockserver.engine.batch import apply_all, apply_each
from mockserver.errors import Rejected
from mockserver.model import Action, Item, Outcome, Problem, Verdict
from mockserver.sandbox.store import State
from mockserver.vendor import CompleteBatchHandler, Request, StoreItem
from tests.support.engine_samples import (
    apply_batch,
    batch_handler,
    orders,
    render_nothing,
    request,
    store,
    stored,
    transact,
)

WRONG = Problem("wrong-type", ("orders", 1), "it is wrong", "type")
ODD = Problem("odd", ("orders", 0), "it is odd")
KEYS = st.lists(st.sampled_from(["A", "B", "C", "bad-1", "bad-2"]), max_size=8)


def test_every_item_gets_its_outcome_in_the_order_of_the_wire() -> None:
    assert apply_batch(apply_each, orders("B", "bad", "A")) == (
        ["created", "rejected", "created"],
        ["A", "B"],
    )


def test_an_item_sees_what_earlier_ones_did() -> None:
    assert apply_batch(apply_each, orders("A", "A")) == (["created", "updated"], ["A"])


def test_an_item_does_not_see_what_a_rejected_one_did() -> None:
    assert apply_batch(apply_each, orders("bad", "bad", "A"))[0] == ["rejected", "rejected", "created"]


def test_the_numbers_of_a_rejected_item_are_given_again() -> None:
    made = store()

    outcomes = transact(made, lambda state: apply_each(orders("A", "bad", "B"), {}, batch_handler(), state))

    assert [outcome.document and outcome.document["number"] for outcome in outcomes] == [1, None, 2]


def test_an_item_with_problems_is_rejected_unseen() -> None:
    assert apply_batch(apply_each, orders("A", "B"), {1: Verdict((WRONG,))}) == (
        ["created", "rejected"],
        ["A"],
    )


def test_warnings_do_not_reject() -> None:
    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict(warnings=(ODD,))}, batch_handler(), state)
    )

    assert (outcomes[0].action, outcomes[0].warnings) == (Action.CREATED, (ODD,))


def test_warnings_of_the_judge_come_before_those_of_the_state() -> None:
    late = Problem("late")
    furnished = batch_handler(keep=lambda item, *_: Outcome(item, Action.UNCHANGED, warnings=(late,)))

    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict(warnings=(ODD,))}, furnished, state)
    )

    assert outcomes[0].warnings == (ODD, late)


def test_a_rejected_item_shows_the_problems_and_the_document_it_was_rejected_with() -> None:
    def refuse(_item: Item, _request: Request, _state: State) -> Outcome:
        raise Rejected(WRONG, document={"shown": True})

    outcomes = transact(store(), lambda state: apply_each(orders("A"), {}, batch_handler(keep=refuse), state))

    assert (outcomes[0].problems, outcomes[0].document) == ((WRONG,), {"shown": True})


def test_what_the_state_has_against_an_item_joins_what_the_judge_had() -> None:
    furnished = batch_handler(check=lambda *_: (ODD,))

    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict((WRONG,))}, furnished, state)
    )

    assert outcomes[0].problems == (WRONG, ODD)


def test_only_what_the_judge_found_bad_is_checked_as_a_bad_item() -> None:
    furnished = dataclasses.replace(batch_handler(), check_bad=lambda *_: (ODD,))
    verdicts = {0: Verdict(warnings=(ODD,)), 1: Verdict((WRONG,))}

    outcomes = transact(store(), lambda state: apply_each(orders("A", "B", "C"), verdicts, furnished, state))

    assert [outcome.problems for outcome in outcomes] == [(), (WRONG, ODD), ()]


def test_only_objects_are_held_against_the_state() -> None:
    furnished = batch_handler(check=lambda *_: (ODD,))

    outcomes = transact(
        store(), lambda state: apply_each(request("text"), {0: Verdict((WRONG,))}, furnished, state)
    )

    assert outcomes[0].problems == (WRONG,)


def test_the_last_item_is_the_one_that_ends_the_batch() -> None:
    furnished = batch_handler(aborts_batch=lambda item: item.key == "bad-last")

    answered = apply_batch(apply_each, orders("A", "bad", "B", "bad-last", "C"), furnished=furnished)

    assert answered == (["created", "rejected", "created", "rejected", "skipped"], ["A", "B"])


def test_an_item_that_is_accepted_ends_nothing() -> None:
    furnished = batch_handler(aborts_batch=lambda _item: True)

    assert apply_batch(apply_each, orders("A", "B"), furnished=furnished)[0] == ["created", "created"]


def test_an_empty_batch_has_no_outcomes() -> None:
    assert apply_batch(apply_each, orders()) == ([], [])


def test_a_batch_is_opened_once() -> None:
    opened: list[Request] = []

    def apply(batch: Request, _state: State) -> StoreItem:
        opened.append(batch)
        return lambda item: Outcome(item, Action.UNCHANGED)

    apply_batch(apply_each, orders("A", "B"), furnished=CompleteBatchHandler(apply, render_nothing))

    assert opened == [orders("A", "B")]


def test_all_or_nothing_stores_all_of_a_good_batch() -> None:
    assert apply_batch(apply_all, orders("A", "B")) == (["created", "created"], ["A", "B"])


def test_all_or_nothing_stores_nothing_when_the_judge_rejects_one() -> None:
    answered = apply_batch(apply_all, orders("A", "B", "C"), {1: Verdict((WRONG,))})

    assert answered == (["skipped", "rejected", "skipped"], [])


def test_all_or_nothing_undoes_everything_when_the_state_rejects_one() -> None:
    assert apply_batch(apply_all, orders("A", "bad", "B")) == (["skipped", "rejected", "skipped"], [])


def test_all_or_nothing_takes_its_numbers_back() -> None:
    made = store()

    transact(made, lambda state: apply_all(orders("A", "bad"), {}, batch_handler(), state))

    assert transact(made, lambda state: state.next("order")) == 1


def test_all_or_nothing_keeps_what_was_there() -> None:
    made = store()
    transact(made, lambda state: apply_all(orders("A"), {}, batch_handler(), state))

    transact(made, lambda state: apply_all(orders("A", "B", "bad"), {}, batch_handler(), state))

    assert stored(made) == ["A"]


@given(KEYS)
def test_there_are_as_many_outcomes_as_items_in_their_order(keys: list[str]) -> None:
    outcomes = transact(store(), lambda state: apply_each(orders(*keys), {}, batch_handler(), state))

    assert [outcome.item.key for outcome in outcomes] == keys


@given(KEYS)
def test_what_is_stored_is_what_was_accepted(keys: list[str]) -> None:
    assert apply_batch(apply_each, orders(*keys))[1] == sorted({key for key in keys if key[:3] != "bad"})


@given(KEYS)
def test_all_or_nothing_accepts_all_or_none(keys: list[str]) -> None:
    took_effect = {action in ("created", "updated") for action in apply_batch(apply_all, orders(*keys))[0]}

    assert len(took_effect) <= 1
