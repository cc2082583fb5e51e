from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.journal.entry import ItemResults, Query, select
from mockserver.model import Action, Delivery, Item, Outcome, Problem
from tests.support.engine_samples import NOW
from tests.support.journal_entries import entry, item_results

CALLED = entry(
    decided=item_results(("A", Action.CREATED), ("B", Action.REJECTED)),
    applied=("flaky-third/r1",),
    delivery=Delivery(fault="WRONG_LENGTH"),
    off_contract="said",
)
PLAIN = entry()


@pytest.mark.parametrize(
    ("passing", "other"),
    [
        ({"vendor": "acme"}, {"vendor": "other"}),
        ({"operation": "putOrders"}, {"operation": "listOrders"}),
        ({"method": "put"}, {"method": "POST"}),
        ({"status": "207"}, {"status": "208"}),
        ({"status": "2xx"}, {"status": "4xx"}),
        ({"outcome": "rejected"}, {"outcome": "updated"}),
        ({"item": "A"}, {"item": "C"}),
        ({"item": "A", "outcome": "created"}, {"item": "A", "outcome": "rejected"}),
        ({"scenario": "flaky-third"}, {"scenario": "flaky"}),
        ({"scenario": "flaky-third/r1"}, {"scenario": "flaky-third/r2"}),
        ({"since": 16}, {"since": 17}),
        ({"since": NOW}, {"since": NOW + timedelta(seconds=1)}),
        ({"fault": "WRONG_LENGTH"}, {"fault": "NO_RESPONSE"}),
        ({"off_contract": True}, {"off_contract": False}),
        ({}, {"vendor": "acme", "status": "500"}),
    ],
    ids=" ".join,
)
def test_a_query_passes_what_it_asks_for(passing: dict[str, Any], other: dict[str, Any]) -> None:
    assert (Query(**passing).passes(CALLED), Query(**other).passes(CALLED)) == (True, False)


def test_any_fault_is_one_of_them() -> None:
    assert (Query(fault="any").passes(CALLED), Query(fault="any").passes(PLAIN)) == (True, False)


def test_where_no_status_left_there_is_none() -> None:
    lost = entry(delivery=Delivery(fault="EMPTY_RESPONSE"))

    assert [Query(status=one).passes(lost) for one in ("none", "207", "2xx")] == [True, False, False]
    assert Query(status="none").passes(PLAIN) is False


def test_an_item_that_was_warned_about_is_found() -> None:
    outcomes = (
        Outcome(Item(0, "A", {}), Action.CREATED),
        Outcome(Item(1, "B", {}), Action.CREATED, warnings=(Problem("too-long"),)),
    )
    warned = entry(decided=ItemResults.of(outcomes))

    assert [Query(item=key, outcome="warned").passes(warned) for key in ("A", "B")] == [False, True]


def test_an_item_without_a_key_is_found_by_an_empty_one() -> None:
    keyless = entry(decided=item_results(("", Action.REJECTED)))

    assert (Query(item="").passes(keyless), Query(item="").passes(CALLED)) == (True, False)


def test_the_newest_of_those_that_pass_come_in_their_order() -> None:
    entries = [entry(number=number, method="GET" if number % 2 else "PUT") for number in range(1, 8)]

    assert [one.number for one in select(entries, Query(method="GET"), 2)] == [5, 7]


TEXTS = entry(
    path="/orders/Nord",
    query="page=Süd",
    body=b'{"id": "Body-1"}',
    reply_body="{'text': 'Straße'}".encode(),
    decided=item_results(('key "7"', Action.CREATED)),
    reason="no such Database",
)


@pytest.mark.parametrize("text", ["nord", "SÜD", "body-1", "strasse", 'KEY "7"', "database"])
def test_a_text_is_found_wherever_people_look_for_it(text: str) -> None:
    assert Query(text=text).passes(TEXTS)


@pytest.mark.parametrize("text", ["west", "created", "[["])
def test_a_text_that_the_call_does_not_have_is_not_found(text: str) -> None:
    assert not Query(text=text).passes(TEXTS)


def test_bytes_that_are_no_text_are_searched_as_far_as_they_are() -> None:
    assert Query(text="ok").passes(entry(body=b"\xff\xfeok"))
