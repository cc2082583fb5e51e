from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.batch import apply_all, apply_each
from mockserver.engine.declared_answers import AnswerForm
from mockserver.engine.declared_outcomes import render_outcomes
from mockserver.engine.declared_refusals import refuse_with_problem_details
from mockserver.errors import Refusal
from mockserver.model import Action, Answer, AppliedEffect, Call, Delivery, Fault, Item, Outcome, Reply
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.store import State
from mockserver.scenario.effects import (
    MAX_GROWTH,
    MAX_TEXT,
    AppliedEffects,
    applied_effects,
    apply_envelope,
    apply_quota_refusal,
    apply_response,
    build_delivery,
    default_extra_outcome,
    refusal_for_status,
    reorder_outcomes,
)
from mockserver.scenario.model import (
    Decision,
    Dribble,
    Effect,
    EnvelopeEffect,
    ResponseBody,
    ResponseEffect,
    SchemaDrift,
)
from mockserver.spec.batch_annotation import read_outcome
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, PathForms, Spec
from mockserver.vendor import BatchResult, CompleteBatchHandler, Request, default_fault_problem
from tests.support.engine_samples import BATCH, OPERATION, batch_handler, orders, store, stored, transact

COUNTED_OUTCOME = read_outcome({"count": "/meta/count", "maps": ["/errors", "/warnings"]})
COUNTED = replace(BATCH, outcome=COUNTED_OUTCOME)


def bent(document: Any, effect: EnvelopeEffect) -> Any:
    return json.decode(apply_envelope(Reply(200, json.encode(document), "text/plain"), effect, COUNTED).body)


def drifted(document: Any, path: tuple[str | int, ...], change: str, to: Any = None) -> Any:
    return bent(document, EnvelopeEffect(drift=(SchemaDrift(path, change, to),)))


def test_without_an_effect_the_reply_is_the_same() -> None:
    reply = Reply(200, b"{}")

    assert apply_envelope(reply, None, COUNTED) is reply


def test_a_count_is_off_by_what_is_added() -> None:
    assert bent({"meta": {"count": 3}}, EnvelopeEffect(count_add=-1)) == {"meta": {"count": 2}}


def test_a_count_that_is_not_there_stays_away() -> None:
    assert bent({"meta": {}}, EnvelopeEffect(count_add=-1)) == {"meta": {}}


def test_empty_maps_are_lists_and_others_stay() -> None:
    assert bent({"errors": {}, "other": {}}, EnvelopeEffect(empty_map_as_array=True)) == {
        "errors": [],
        "other": {},
    }
    assert bent({"errors": {"a": ["x"]}, "warnings": {}}, EnvelopeEffect(empty_map_as_array=True)) == {
        "errors": {"a": ["x"]},
        "warnings": [],
    }


def test_a_media_type_may_be_another() -> None:
    assert apply_envelope(
        Reply(207, b"{}", "text/plain"), EnvelopeEffect(content_type="a/b"), COUNTED
    ) == Reply(207, b"{}", "a/b")


@pytest.mark.parametrize("body", [b"", b"<a/>", b"plain"])
def test_what_is_not_json_is_left_as_it_is(body: bytes) -> None:
    reply = Reply(200, body)

    assert apply_envelope(reply, EnvelopeEffect(count_add=1), COUNTED) == reply


@pytest.mark.parametrize(
    ("document", "path", "change", "to", "expected"),
    [
        ({"a": 1}, ("b",), "add", {"c": 2}, {"a": 1, "b": {"c": 2}}),
        ({"a": 1}, ("x", "b"), "add", 2, {"a": 1}),
        ({"a": 1, "b": 2}, ("a",), "rename", "z", {"z": 1, "b": 2}),
        ({"b": 2}, ("a",), "rename", "z", {"b": 2}),
        ({"a": 1}, ("a",), "widen", None, {"a": "1"}),
        ({"a": True}, ("a",), "widen", None, {"a": "true"}),
        ({"a": "x"}, ("a",), "widen", None, {"a": ["x"]}),
        ({"a": 1}, ("a",), "null", None, {"a": None}),
        ({}, ("a",), "null", None, {}),
        ({"a": "OPEN"}, ("a",), "value", "NEW", {"a": "NEW"}),
        ({"a": "No"}, ("a",), "reword", None, {"a": "«No»"}),
        ({"a": "No"}, ("a",), "reword", "Nein: {text}", {"a": "Nein: No"}),
        ({"a": 1}, ("a",), "reword", None, {"a": 1}),
        ({"l": [{"a": 1}, {"a": 2}]}, ("l", "*", "a"), "null", None, {"l": [{"a": None}, {"a": None}]}),
        ({"l": [{"a": 1}, {"a": 2}]}, ("l", 1, "a"), "null", None, {"l": [{"a": 1}, {"a": None}]}),
        ({"l": ["x", "y"]}, ("l", 0), "reword", None, {"l": ["«x»", "y"]}),
        ({"l": ["x"]}, ("l", 3), "null", None, {"l": ["x"]}),
        ({"m": {"k": ["x"]}}, ("m", "*", "*"), "reword", None, {"m": {"k": ["«x»"]}}),
        ([{"a": 1}], ("*", "a"), "widen", None, [{"a": "1"}]),
    ],
)
def test_a_schema_drifts(
    document: Any, path: tuple[str | int, ...], change: str, to: Any, expected: Any
) -> None:
    assert drifted(document, path, change, to) == expected


def test_members_keep_their_order_and_amounts_their_scale() -> None:
    reply = Reply(200, b'{"b":1.50,"a":1,"c":0}')

    bent = apply_envelope(reply, EnvelopeEffect(drift=(SchemaDrift(("a",), "rename", "z"),)), None)

    assert bent.body == b'{"b":1.50,"z":1,"c":0}'


def test_a_text_is_not_reworded_to_a_very_long_one() -> None:
    half = "a" * (MAX_TEXT // 2)
    assert drifted({"a": half}, ("a",), "reword", "{text}{text}") == {"a": half * 2}
    assert drifted({"a": half}, ("a",), "reword", "{text}{text}.") == {"a": half}


@pytest.mark.parametrize(
    "drift",
    [
        SchemaDrift(("l", "*"), "value", "v" * 1000),
        SchemaDrift(("l", "*"), "reword", "{text}" * 1000),
        SchemaDrift(("o", "*", "a"), "add", ["v" * 1000]),
        SchemaDrift(("o", "*", "a"), "rename", "v" * 1000),
    ],
    ids=lambda drift: drift.change,
)
def test_drifts_make_an_answer_not_very_much_longer_and_say_so(drift: SchemaDrift) -> None:
    document = json.encode({"l": ["x"] * 5000, "o": [{"a": 1} for _ in range(5000)]})
    limit = MAX_GROWTH + 9 * len(document)
    bent = apply_envelope(Reply(200, document), EnvelopeEffect(drift=(drift,)), None)
    assert limit / 2 < len(bent.body) < limit
    assert bent.reason.startswith("the drifts of a rule would make too much")


def test_lists_that_drifts_put_into_lists_come_to_an_end() -> None:
    into = [SchemaDrift(("l", *"*" * depth), "value", [0] * 100) for depth in range(1, 9)]
    bent = apply_envelope(Reply(200, b'{"l": [1]}'), EnvelopeEffect(drift=tuple(into)), None)
    assert len(bent.body) < MAX_GROWTH


def test_what_a_drift_adds_is_the_same_each_time_whatever_a_later_one_makes_of_it() -> None:
    drifts = (SchemaDrift(("b",), "add", {"c": "x"}), SchemaDrift(("b", "c"), "reword", "{text}{text}"))
    effect = EnvelopeEffect(drift=drifts)
    assert bent({}, effect) == bent({}, effect) == {"b": {"c": "xx"}}


FAILS = Effect(fail=Fault("internal", 500, "it broke"))
ABC = ("A", "B", "C")
SPEC = Spec("acme", "", {}, {}, (), (), PathForms(), any_case_query=False, idempotency_header="")


def bend(effects: dict[int, Effect] | None = None, envelope: EnvelopeEffect | None = None) -> AppliedEffects:
    return AppliedEffects(
        Decision(
            ("s/r",),
            effects=effects or {},
            envelope=envelope,
            effect_rules=dict.fromkeys(effects or (), "s/r"),
        ),
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
    bent = bending.batch_handler(furnished(), batch)

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
        store(), lambda state: apply_each(orders("A"), {}, bending.batch_handler(furnished(), BATCH), state)
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

    bent = bend(envelope=EnvelopeEffect(phantom=1)).batch_handler(furnished(extra_outcome=phantom), BATCH)
    outcomes = (Outcome(Item(0, "A", {"id": "A"}), Action.CREATED),)

    reply = transact(store(), lambda state: bent.render(BatchResult(orders("A"), outcomes), state))

    assert json.decode(reply.body)["results"][1]["order"]["id"] == "ghost-1"


def test_a_phantom_of_a_numbered_item_has_a_number_that_nobody_uses() -> None:
    outcome = Outcome(Item(0, "3", {"id": 3, "text": "x"}), Action.CREATED)

    assert default_extra_outcome(outcome, 1, BATCH, 1).item.document == {"id": 2**30 + 1, "text": "x"}


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


CALL = Call("acme", "default", "PUT", "/orders", query="a=1", mount="/sandboxes/s/acme")
DONE = Answer(
    Reply(207, b'{"ok":1}', "application/json", (("Retry-After", "1"), ("X-Own", "y"))), "putOrders"
)


def say(refusal: Refusal) -> Reply:
    return transact(store(), lambda state: refuse_with_problem_details(refusal, CALL, None, state))


def answered(retry_after: str = "", **effect: object) -> Reply:
    decision = Decision(("s/r",), response=ResponseEffect(**effect), retry_after=retry_after)  # type: ignore[arg-type]
    return apply_response(DONE, decision, CALL, say).reply


def test_the_rules_that_bent_it_stand_in_the_answer() -> None:
    assert apply_response(DONE, Decision(("s/r", "t/q")), CALL, say).applied == ("s/r", "t/q")


def test_another_good_status_keeps_the_body() -> None:
    reply = answered(status=200)

    assert (reply.status, reply.body) == (200, DONE.reply.body)


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 502, 503, 504]
)
def test_an_error_is_in_the_vendors_words_with_that_status(status: int) -> None:
    reply = answered(status=status)

    assert (reply.status, reply.media_type) == (status, "application/problem+json")


def test_a_redirect_leads_to_the_call_itself_unless_it_says_where() -> None:
    assert answered(status=307).headers == (("Location", "/sandboxes/s/acme/orders?a=1"),)
    assert answered(status=302, headers={"location": "/x"}).headers == (("location", "/x"),)


def test_a_redirect_writes_the_path_as_it_was_sent() -> None:
    effect = Decision(("s/r",), response=ResponseEffect(status=307))
    sent = replace(CALL, path="/orders/€ b", target="/acme/orders/%E2%82%AC%20b")

    assert apply_response(DONE, effect, sent, say).reply.headers == (
        ("Location", "/acme/orders/%E2%82%AC%20b?a=1"),
    )


def test_an_example_stands_in_for_the_answer_with_what_else_the_rule_says() -> None:
    effect = Decision(("s/r",), response=ResponseEffect(status=404, example="gone", headers={"X-Own": "z"}))

    reply = apply_response(DONE, effect, CALL, say, Reply(404, b"gone", "text/plain")).reply

    assert reply == Reply(404, b"gone", "text/plain", (("X-Own", "z"),))


def test_a_literal_body_is_sent_as_it_is() -> None:
    reply = answered(status=502, body=ResponseBody("<h1>Bad Gateway</h1>", "text/html"))

    assert reply == Reply(502, b"<h1>Bad Gateway</h1>", "text/html")


def test_headers_take_the_place_of_those_of_the_same_name() -> None:
    reply = answered(headers={"x-own": "z", "Content-Type": "a/b"}, retry_after="9")

    assert (reply.headers, reply.media_type) == ((("Retry-After", "1"), ("x-own", "z")), "a/b")


def test_a_retry_after_is_the_one_that_the_rule_says() -> None:
    decision = Decision(("s/r",), response=ResponseEffect(status=429, retry_after=7), retry_after="7")

    headers = apply_response(DONE, decision, CALL, say).reply.headers

    assert [text for name, text in headers if name.lower() == "retry-after"] == ["7"]


def test_an_answer_that_leaves_at_once_has_no_delivery() -> None:
    assert build_delivery(Decision(("s/r",), response=ResponseEffect(status=500))) is None


def test_a_delivery_says_delay_pieces_part_and_fault() -> None:
    effect = ResponseEffect(dribble=Dribble(5, 2000), truncate_at=0.5, fault="TRUNCATED_BODY")

    assert build_delivery(Decision(("s/r",), response=effect, delay_ms=12.5)) == Delivery(
        12.5, 5, 2000, 0.5, "TRUNCATED_BODY"
    )


def test_a_quota_refuses_with_the_status_that_it_says() -> None:
    answer = apply_quota_refusal(Answer(Reply(429)), Decision(("s/r",), wait_s=3, quota_status=503))

    assert (answer.reply.status, answer.applied) == (503, ("s/r",))


def test_the_wait_of_a_throttled_call_reaches_the_vendor() -> None:
    assert getattr(refusal_for_status(429, CALL, 7), "wait", None) == 7
