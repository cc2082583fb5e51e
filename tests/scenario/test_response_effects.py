from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockserver.engine.declared_refusals import refuse_with_problem_details
from mockserver.errors import Refusal
from mockserver.model import Answer, Call, Delivery, Reply
from mockserver.scenario.effects import (
    apply_quota_refusal,
    apply_response,
    build_delivery,
    refusal_for_status,
)
from mockserver.scenario.model import Decision, Dribble, ResponseBody, ResponseEffect
from tests.support.engine_samples import store, transact

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
