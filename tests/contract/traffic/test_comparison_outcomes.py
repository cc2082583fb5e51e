from __future__ import annotations

import json

import pytest

from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.profile import BatchItem, ReportedOutcome, ReportedOutcomes
from mockserver.contract.traffic import REFUSED_WHOLE, OutcomeDifference, compare_outcomes

ITEMS = (BatchItem(0, "A", {}), BatchItem(1, "B", {}))
DONE = ReportedOutcome(0, accepted=True, made="created")
BAD = ReportedOutcome(1, accepted=False, message="No such payee")


def exchange(status: int, sent: bytes = b"") -> Exchange:
    return Exchange(Request("PUT", "/", {}, sent), Response(status, {}, b""))


def held(
    record_before: ReportedOutcomes | None, now: ReportedOutcomes | None, sent: bytes = b""
) -> tuple[OutcomeDifference, ...]:
    tellings = {200: record_before, 201: now}
    return compare_outcomes(
        exchange(200, sent), exchange(201), ITEMS, lambda one, _items: tellings[one.response.status]
    )


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("Unknown payee", "rejected: Unknown payee"),
        ("no such payee", "rejected: no such payee"),
        ("", "rejected"),
        ("No such payee", None),
        ("No such payee.", "rejected: No such payee."),
    ],
)
def test_the_same_outcomes_differ_in_their_messages_alone(said: str, says: str | None) -> None:
    other = ReportedOutcome(1, accepted=False, message=said)
    found = held(ReportedOutcomes((DONE, BAD)), ReportedOutcomes((DONE, other)))

    before = "rejected: No such payee"
    assert found == (() if says is None else (OutcomeDifference(1, "B", before, says, is_worded=True),))


def test_numbers_and_values_that_were_sent_make_no_other_message() -> None:
    said = "Payee {} of {} is unknown"
    one, other = (
        ReportedOutcome(1, accepted=False, message=said.format(*of)) for of in (("P1", "b"), ("P2", "c"))
    )

    found = held(ReportedOutcomes((DONE, one)), ReportedOutcomes((DONE, other)), b'[{"name": "b"}, "c"]')

    assert found == ()


def refusal(status: int, body: object) -> Exchange:
    return Exchange(Request("PUT", "/"), Response(status, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("status", "body", "here"),
    [
        (404, {"code": "gone", "errors": [{"detail": "no such order"}]}, None),
        (404, {"code": "missing", "errors": [{"detail": "no such order"}]}, None),
        (404, {"errors": [{"detail": "the order is gone"}]}, "answered 404: the order is gone"),
        (404, {}, "answered 404"),
        (404, "no such order", None),
    ],
)
def test_a_refusal_of_the_whole_call_may_be_worded_otherwise(
    status: int, body: object, here: str | None
) -> None:
    before = refusal(404, {"code": "gone", "errors": [{"detail": "no such order"}]})
    found = compare_outcomes(before, refusal(status, body), (), None)

    said = "answered 404: no such order"
    assert found == (() if here is None else (OutcomeDifference(None, None, said, here, is_worded=True),))


def test_records_are_no_messages() -> None:
    assert compare_outcomes(refusal(200, {"name": "A b"}), refusal(200, {"name": "C d"}), (), None) == ()


def test_an_item_of_a_refused_call_has_no_message_to_compare() -> None:
    first = ReportedOutcome(0, accepted=False, message="No such payee")

    assert held(None, ReportedOutcomes((first, BAD))) == ()


def test_an_item_that_would_be_rejected_here_is_told_with_the_message() -> None:
    assert held(
        ReportedOutcomes((DONE, ReportedOutcome(1, accepted=True, made="updated"))),
        ReportedOutcomes((DONE, BAD)),
    ) == (OutcomeDifference(1, "B", "updated", "rejected: No such payee"),)


def test_created_there_and_updated_here_is_told() -> None:
    [one] = held(
        ReportedOutcomes((DONE, BAD)),
        ReportedOutcomes((ReportedOutcome(0, accepted=True, made="updated"), BAD)),
    )

    assert (one.place, one.recorded, one.here) == (0, "created", "updated")


def test_a_class_that_one_side_leaves_open_is_no_difference() -> None:
    assert (
        held(ReportedOutcomes((DONE, BAD)), ReportedOutcomes((ReportedOutcome(0, accepted=True), BAD))) == ()
    )


def test_an_item_that_nobody_tells_of_was_done_where_answers_tell_of_failures_alone() -> None:
    assert held(ReportedOutcomes((BAD,), is_complete=False), ReportedOutcomes((DONE, BAD))) == ()


def test_an_outcome_that_is_missing_is_told() -> None:
    [one] = held(ReportedOutcomes((DONE,)), ReportedOutcomes((DONE, BAD)))

    assert (one.place, one.recorded) == (1, "no outcome")


def test_a_call_that_is_refused_whole_differs_in_every_item_that_was_done() -> None:
    [one] = held(None, ReportedOutcomes((DONE, BAD)))

    assert (one.place, one.recorded, one.here) == (0, REFUSED_WHOLE, "created")


def test_an_answer_that_cannot_be_read_tells_of_no_item() -> None:
    def reader(one: Exchange, _items: object) -> ReportedOutcomes:
        if one.response.status == 200:
            raise ValueError("no list of outcomes")
        return ReportedOutcomes((DONE, BAD))

    found = compare_outcomes(exchange(200), exchange(201), ITEMS, reader)

    assert [other.recorded for other in found] == ["no outcome", "no outcome"]


@pytest.mark.parametrize(("now", "count"), [(200, 0), (404, 1)])
def test_where_nothing_is_told_of_items_the_statuses_are_compared(now: int, count: int) -> None:
    assert len(compare_outcomes(exchange(200), exchange(now), (), None)) == count
