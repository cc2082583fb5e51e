from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.batch import apply_all, apply_each
from mockserver.engine.declared_answers import AnswerForm, render_outcomes
from mockserver.engine.declared_refusals import refuse_with_problem_details
from mockserver.errors import Refusal
from mockserver.model import Action, AppliedEffect, Call, Fault, Item, Outcome, Reply
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import State
from mockserver.scenario.effects import (
    AppliedEffects,
    applied_effects,
    default_extra_outcome,
    reorder_outcomes,
)
from mockserver.scenario.model import Decision, Effect, EnvelopeEffect
from mockserver.spec.openapi import Batch, Operation, PathForms, Spec
from mockserver.vendor import BatchResult, CompleteBatchHandler, Request, default_fault_problem
from tests.support.engine_samples import BATCH, OPERATION, batch_handler, orders, store, stored, transact

FAILS = Effect(fail=Fault("internal", 500, "it broke"))
ABC = ("A", "B", "C")
SPEC = Spec("acme", "", {}, {}, (), (), PathForms(), any_case_query=False, idempotency_header="")


def bend(effects: dict[int, Effect] | None = None, envelope: EnvelopeEffect | None = None) -> AppliedEffects:
    return AppliedEffects(
        Decision(("s/r",), effects=effects or {}, envelope=envelope),
        default_fault_problem,
        refuse_with_problem_details,
    )


def furnished(**parts: Any) -> CompleteBatchHandler:
    return dataclasses.replace(
        batch_handler(), render=render_outcomes(SPEC, BATCH, AnswerForm(207, "application/json", {})), **parts
    )


def sent(
    bending: AppliedEffects,
    keys: tuple[str, ...] = ABC,
    apply: Callable[..., tuple[Outcome, ...]] = apply_each,
    batch: Batch = BATCH,
) -> tuple[list[tuple[str, int]], list[str], list[str]]:
    """What is answered of each item, what became of it, and what is stored."""
    made: MemoryStore = store()
    bent = bending.room(furnished(), batch)

    def work(state: State) -> tuple[Reply, tuple[Outcome, ...]]:
        outcomes = apply(orders(*keys), {}, bent, state)
        return bent.render(BatchResult(orders(*keys), outcomes), state), bending.actual_outcomes(outcomes)

    reply, outcomes = transact(made, work)
    told = [(one["order"]["id"], one["status"]) for one in json.decode(reply.body)["results"]]
    return told, [str(one.action) for one in outcomes], stored(made)


def test_an_item_that_fails_is_refused_and_leaves_no_trace() -> None:
    assert sent(bend({1: FAILS})) == (
        [("A", 201), ("B", 500), ("C", 201)],
        ["created", "rejected", "created"],
        ["A", "C"],
    )


def test_an_item_that_fails_undoes_an_all_or_nothing_batch() -> None:
    assert sent(bend({1: FAILS}), apply=apply_all)[1:] == (["skipped", "rejected", "skipped"], [])


def test_an_item_that_fails_and_commits_is_stored_though_the_answer_says_otherwise() -> None:
    assert sent(bend({1: replace(FAILS, commit=True)})) == (
        [("A", 201), ("B", 500), ("C", 201)],
        ["created", "created", "created"],
        ["A", "B", "C"],
    )


def test_an_item_that_does_not_commit_is_answered_as_done() -> None:
    assert sent(bend({1: Effect(commit=False)})) == (
        [("A", 201), ("B", 201), ("C", 201)],
        ["created", "skipped", "created"],
        ["A", "C"],
    )


def test_an_item_that_hangs_fails_with_a_timeout() -> None:
    told, became, kept = sent(bend({0: Effect(hang_ms=5)}))

    assert (told[0][0], became[0], kept) == ("A", "rejected", ["B", "C"])


def test_an_outcome_that_is_left_out_does_not_keep_its_item_from_being_stored() -> None:
    assert sent(bend({1: Effect(omit=True)})) == (
        [("A", 201), ("C", 201)],
        ["created", "created", "created"],
        ["A", "B", "C"],
    )


def test_an_outcome_may_be_left_out_and_its_item_with_it() -> None:
    assert sent(bend({1: Effect(omit=True, commit=False)}))[2] == ["A", "C"]


@pytest.mark.parametrize(
    ("effect", "did"),
    [
        (FAILS, ("failed",)),
        (replace(FAILS, commit=True), ("failed", "stored")),
        (Effect(commit=False), ("not-stored",)),
        (Effect(hang_ms=5), ("held",)),
        (Effect(warn=Fault("too-long")), ("warned",)),
        (Effect(omit=True), ("omitted",)),
        (Effect(omit=True, commit=False), ("omitted", "not-stored")),
        (Effect(duplicate=2), ("duplicated",)),
        (Effect(duplicate=1, commit=True), ("duplicated",)),
    ],
)
def test_what_a_rule_did_to_an_item_is_told_with_the_rule(effect: Effect, did: tuple[str, ...]) -> None:
    decision = Decision(("qa/r1", "qa/r2"), effects={1: effect}, effect_rules={1: "qa/r2"})

    assert applied_effects(decision) == {1: AppliedEffect("qa/r2", did)}


def test_an_outcome_is_told_as_often_as_it_is_duplicated() -> None:
    assert [key for key, _ in sent(bend({1: Effect(duplicate=2)}))[0]] == ["A", "B", "B", "B", "C"]


def test_a_warning_stands_beside_the_outcome() -> None:
    bending = bend({0: Effect(warn=Fault("too-long", message="rather long"))})

    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {}, bending.room(furnished(), BATCH), state)
    )

    assert [warning.detail for warning in outcomes[0].warnings] == ["rather long"]


def test_a_phantom_is_an_outcome_of_an_item_that_was_never_sent() -> None:
    told, became, kept = sent(bend(envelope=EnvelopeEffect(phantom=2)))

    assert [key for key, _ in told] == ["A", "B", "C", "phantom-1", "phantom-2"]
    assert (len(became), kept) == (3, ["A", "B", "C"])


def test_a_batch_without_outcomes_has_no_phantom() -> None:
    assert sent(bend(envelope=EnvelopeEffect(phantom=2)), keys=())[0] == []


def test_a_room_makes_phantoms_its_own_way() -> None:
    def phantom(outcome: Outcome, number: int) -> Outcome:
        return replace(outcome, item=Item(0, f"ghost-{number}", {}))

    bent = bend(envelope=EnvelopeEffect(phantom=1)).room(furnished(extra_outcome=phantom), BATCH)
    outcomes = (Outcome(Item(0, "A", {"id": "A"}), Action.CREATED),)

    reply = transact(store(), lambda state: bent.render(BatchResult(orders("A"), outcomes), state))

    assert json.decode(reply.body)["results"][1]["order"]["id"] == "ghost-1"


def test_a_phantom_of_a_numbered_item_has_a_number_that_nobody_uses() -> None:
    outcome = Outcome(Item(0, "3", {"id": 3, "text": "x"}), Action.CREATED)

    assert default_extra_outcome(outcome, 1, BATCH).item.document == {"id": 2**30 + 1, "text": "x"}


@pytest.mark.parametrize("order", ["reverse", "rotate", "shuffle"])
def test_another_order_has_the_same_outcomes(order: str) -> None:
    told = [key for key, _ in sent(bend(envelope=EnvelopeEffect(order=order)))[0]]

    assert told != list(ABC)
    assert sorted(told) == list(ABC)


@pytest.mark.parametrize("salt", range(20))
def test_a_shuffle_of_two_never_leaves_them_as_they_are(salt: int) -> None:
    outcomes = [Outcome(Item(index, key, {}), Action.CREATED) for index, key in enumerate("AB")]

    assert reorder_outcomes(outcomes, "shuffle", str(salt)) == outcomes[::-1]


def handled(effect: Effect, envelope: EnvelopeEffect | None = None) -> tuple[Reply, list[str]]:
    """What the handler of an operation that is no batch answers, and what is stored."""

    def handler(_request: Request, state: State) -> Reply:
        state.collection("orders")["A"] = {"id": "A"}
        return Reply(200, b'{"map": {}}', "application/json")

    made = store()
    one = replace(orders("A"), operation=dataclasses.replace(OPERATION, batch=None))
    bent = bend({0: effect}, envelope).handler(handler)
    return transact(made, lambda state: bent(one, state)), stored(made)


def test_an_operation_that_is_no_batch_fails_as_a_whole() -> None:
    reply, kept = handled(Effect(fail=Fault("conflict")))

    assert (reply.status, kept) == (409, [])


@pytest.mark.parametrize(
    ("code", "status"), [("internal", 500), ("timeout", 503), ("throttled", 429), ("locked", 409)]
)
def test_a_neutral_code_is_the_nearest_refusal_of_a_whole_call(code: str, status: int) -> None:
    assert handled(Effect(fail=Fault(code)))[0].status == status


def test_the_status_that_a_rule_says_is_the_one_that_is_answered() -> None:
    assert handled(Effect(fail=Fault("internal", 502)))[0].status == 502


def test_a_rules_own_words_for_a_whole_call_are_the_vendors() -> None:
    for code in ("internal", "timeout", "throttled", "conflict"):
        reply, _kept = handled(Effect(fail=Fault(code, message="it is late")))

        assert "it is late" in reply.body.decode(), code


def test_what_refuses_a_whole_call_writes_nothing() -> None:
    def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        state.collection("orders")["trace"] = {}
        return refuse_with_problem_details(refusal, call, operation, state)

    made = store()
    one = replace(orders("A"), operation=dataclasses.replace(OPERATION, batch=None))
    bending = AppliedEffects(Decision(("s/r",), effects={0: FAILS}), default_fault_problem, refuse)

    transact(made, lambda state: bending.handler(lambda _request, _state: Reply(200))(one, state))

    assert stored(made) == []


def test_an_operation_may_fail_after_its_work_was_done() -> None:
    reply, kept = handled(Effect(fail=Fault("internal"), commit=True))

    assert (reply.status, kept) == (500, ["A"])


def test_an_operation_may_be_answered_as_done_and_is_not() -> None:
    reply, kept = handled(Effect(commit=False))

    assert (reply.status, kept) == (200, [])


def test_an_envelope_effect_bends_any_answer() -> None:
    array = EnvelopeEffect(empty_map_as_array=True)
    label = EnvelopeEffect(content_type="text/plain")

    assert handled(Effect(warn=Fault("x")), array)[0].body == b'{"map":[]}'
    assert handled(FAILS, label)[0].media_type == "text/plain"
