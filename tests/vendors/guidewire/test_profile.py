"""What Guidewire says of itself to the contract suite is so at the server."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from mockserver.contract.profile import DrawnValues, ReportedOutcome
from mockserver.model import Json
from mockserver.server.application import Application
from tests.support.profile_checks import Tried, told_of, trying


@pytest.fixture
def tried(number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    with trying("guidewire", number, app, sandbox) as one:
        yield one


MADE, CHANGED = 0, 1


@pytest.mark.parametrize("number", [CHANGED])
def test_there_are_as_many_bulk_invoices_to_change_as_are_named(tried: Tried) -> None:
    assert len({tried.subject.key(at) for at in range(51)}) == 3


@pytest.mark.parametrize("number", [MADE])
def test_of_two_with_one_number_the_newest_is_meant(tried: Tried) -> None:
    key = tried.subject.key(0)
    for at in (1, 2):
        tried.batch(tried.subject.item(key, DrawnValues(at, Decimal(at))))

    tried.do(tried.subject.steps[0], key, DrawnValues(3, Decimal(3)))

    assert tried.shown(key) == {**tried.subject.record(key, DrawnValues(3, Decimal(3)))}


PATCH = {"method": "patch", "path": "/bulk-invoices/xc:A"}
GONE = {"status": 404, "body": {"userMessage": "No resource was found"}, "headers": []}
DONE = {
    "status": 200,
    "body": {
        "data": {
            "attributes": {"id": "xc:A", "bulkInvoiceTotal": "3000.00"},
            "links": {"self": {"href": "/claim/v1/bulk-invoices/xc:A"}},
        }
    },
    "headers": [],
}


def told(answers: Json, *items: Json) -> list[ReportedOutcome]:
    """What is told of the items of these answers."""
    telling = told_of("guidewire.runBatch", {"responses": answers}, *items)
    assert telling is not None
    return list(telling.outcomes)


def test_an_answer_tells_which_resource_it_is_of_and_its_total() -> None:
    (one,) = told([DONE], PATCH)

    assert (one.place, one.key, one.made) == (0, "/bulk-invoices/xc:A", "updated")
    assert one.amount == Decimal("3000.00")


def test_a_call_that_failed_says_why() -> None:
    (one,) = told([GONE], PATCH)

    assert (one.accepted, one.status, one.message) == (False, 404, "No resource was found")


def test_calls_after_one_that_ended_the_batch_were_not_done() -> None:
    found = told([GONE], {**PATCH, "onFail": "abort"}, PATCH, PATCH)

    assert [(one.place, one.accepted) for one in found] == [(0, False), (1, False), (2, False)]


@pytest.mark.parametrize("first", [DONE, GONE])
def test_an_answer_that_is_missing_is_not_made_up(first: Json) -> None:
    assert len(told([first], PATCH, PATCH)) == 1


@pytest.mark.parametrize("answer", [{}, [], {"responses": None}, {"responses": [{}]}, {"responses": ["x"]}])
def test_an_answer_without_answers_cannot_be_read(answer: Json) -> None:
    with pytest.raises(ValueError, match="the answer"):
        told_of("guidewire.runBatch", answer, PATCH)
