from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.control.http_client import LOSS_KINDS
from mockserver.journal.entry import (
    SILENT_FAULTS,
    ItemResults,
    JournalQuery,
    request_target,
    select,
    target_below_mount,
)
from mockserver.journal.replay import (
    LOSS_KINDS_BY_FAULT,
    loss_kind,
    to_other_server,
    to_same_target,
    to_sandbox,
)
from mockserver.journal.view import View
from mockserver.model import Action, Delivery, Item, Outcome, Problem
from mockserver.server.transport_faults import FAULTS
from tests.support.engine_samples import NOW
from tests.support.journal_entries import entry, item_results
from tests.support.spec_documents import spec

NAMED = FAULTS.keys() - {""}


def test_the_faults_that_the_journal_tells_apart_are_the_transports() -> None:
    assert SILENT_FAULTS <= NAMED
    assert LOSS_KINDS_BY_FAULT.keys() <= NAMED
    assert set(LOSS_KINDS_BY_FAULT.values()) <= set(LOSS_KINDS)


def test_the_journal_can_be_asked_for_every_fault() -> None:
    assert set(spec("_control")["components"]["schemas"]["FaultName"]["enum"]) == {"any", *NAMED}


def test_what_became_of_items_comes_out_as_it_went_in() -> None:
    fates = [("A", Action.CREATED), ("", Action.REJECTED), ("é/~", Action.SKIPPED)]

    assert item_results(*fates).items() == fates
    assert item_results(*fates).counts == {"created": 1, "rejected": 1, "skipped": 1}


def test_nothing_became_of_no_items() -> None:
    assert (ItemResults().items(), ItemResults().counts) == ([], {})


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_entry_weighs_its_bodies_its_keys_and_its_problems(number: int) -> None:
    problems = (Problem("too-long"),) * number
    outcome = Outcome(Item(0, "A", {}), Action.REJECTED, problems=problems)
    light, heavy = (
        entry(decided=ItemResults.of((one,))) for one in (Outcome(Item(0, "A", {}), Action.REJECTED), outcome)
    )

    assert light.size_bytes == len(b'{"orders":[]}') + len(b'{"results":[]}') + len(b'[["A"],[]]')
    assert heavy.size_bytes - light.size_bytes == 300 * number


TRUE = View(shown=True)
PREFIXED = entry(
    target="/sandboxes/one/acme/orders/A%2F1%20b",
    mount="/sandboxes/one/acme",
    path="/orders/A%2F1 b",
    query="",
)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/orders/A b", "/orders/A%20b"),
        ("/orders/A%2F1", "/orders/A%2F1"),
        ("/orders/A%252f1", "/orders/A%252f1"),
        ("/orders/50%", "/orders/50%25"),
        ("/orders/é?#", "/orders/%C3%A9%3F%23"),
    ],
)
def test_a_path_whose_bytes_are_not_known_is_escaped_again(path: str, sent: str) -> None:
    unknown = entry(path=path, target="", mount="/acme")

    assert (request_target(unknown), target_below_mount(unknown.call)) == (f"/acme{sent}", sent)


def test_a_path_is_sent_as_it_was_sent() -> None:
    assert request_target(PREFIXED) == "/sandboxes/one/acme/orders/A%2F1%20b"
    assert target_below_mount(PREFIXED.call) == "/orders/A%2F1%20b"


def test_a_path_of_an_alias_is_kept_below_the_vendor() -> None:
    assert (
        target_below_mount(entry(target="/acme/old/orders", mount="/acme", path="/orders").call)
        == "/old/orders"
    )


def test_a_call_goes_again_where_it_went() -> None:
    named = entry(headers={"mock-sandbox": "one", "accept": "x", "host": "h", "content-length": "3"})

    assert to_same_target(named, TRUE) == ("/acme/orders?page=2", {"mock-sandbox": "one", "accept": "x"})


def test_a_call_goes_into_another_sandbox_without_its_prefix() -> None:
    assert to_sandbox(PREFIXED, TRUE, "two")[0] == "/acme/orders/A%2F1%20b"
    assert to_sandbox(PREFIXED, TRUE, "two")[1]["mock-sandbox"] == "two"


def test_a_call_goes_away_without_credentials_and_words_of_ours() -> None:
    full = {"authorization": "x", "x-api-key": "x", "cookie": "x", "mock-scenario": "x", "mock-replay": "x"}

    assert to_other_server(entry(headers={**full, "accept": "x"}), TRUE) == (
        "/orders?page=2",
        {"accept": "x"},
    )


@pytest.mark.parametrize(
    ("fault", "method", "kind"),
    [
        ("", "PUT", ""),
        ("CONNECTION_RESET_BY_PEER", "PUT", "reset"),
        ("CLOSE_IDLE", "PUT", ""),
        ("TRUNCATED_BODY", "PUT", ""),
        ("WRONG_LENGTH", "PUT", "truncated"),
        ("WRONG_LENGTH", "HEAD", ""),
        ("NO_RESPONSE", "HEAD", "timeout"),
    ],
)
def test_a_lost_answer_has_a_kind(fault: str, method: str, kind: str) -> None:
    assert loss_kind(entry(delivery=Delivery(fault=fault), method=method)) == kind


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
    assert (JournalQuery(**passing).passes(CALLED), JournalQuery(**other).passes(CALLED)) == (True, False)


def test_any_fault_is_one_of_them() -> None:
    assert (JournalQuery(fault="any").passes(CALLED), JournalQuery(fault="any").passes(PLAIN)) == (
        True,
        False,
    )


def test_where_no_status_left_there_is_none() -> None:
    lost = entry(delivery=Delivery(fault="EMPTY_RESPONSE"))

    assert [JournalQuery(status=one).passes(lost) for one in ("none", "207", "2xx")] == [True, False, False]
    assert JournalQuery(status="none").passes(PLAIN) is False


def test_an_item_that_was_warned_about_is_found() -> None:
    outcomes = (
        Outcome(Item(0, "A", {}), Action.CREATED),
        Outcome(Item(1, "B", {}), Action.CREATED, warnings=(Problem("too-long"),)),
    )
    warned = entry(decided=ItemResults.of(outcomes))

    assert [JournalQuery(item=key, outcome="warned").passes(warned) for key in ("A", "B")] == [False, True]


def test_a_lost_item_is_not_found_among_the_skipped_ones() -> None:
    outcome = Outcome(Item(0, "A", {}), Action.SKIPPED, problems=(Problem("lost"),))
    lost = entry(decided=ItemResults.of((outcome,)))

    assert [JournalQuery(outcome=word).passes(lost) for word in ("skipped", "lost")] == [False, True]


def test_an_item_without_a_key_is_found_by_an_empty_one() -> None:
    keyless = entry(decided=item_results(("", Action.REJECTED)))

    assert (JournalQuery(item="").passes(keyless), JournalQuery(item="").passes(CALLED)) == (True, False)


def test_the_newest_of_those_that_pass_come_in_their_order() -> None:
    entries = [entry(number=number, method="GET" if number % 2 else "PUT") for number in range(1, 8)]

    assert [one.number for one in select(entries, JournalQuery(method="GET"), 2)] == [5, 7]


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
    assert JournalQuery(text=text).passes(TEXTS)


@pytest.mark.parametrize("text", ["west", "created", "[["])
def test_a_text_that_the_call_does_not_have_is_not_found(text: str) -> None:
    assert not JournalQuery(text=text).passes(TEXTS)


def test_bytes_that_are_no_text_are_searched_as_far_as_they_are() -> None:
    assert JournalQuery(text="ok").passes(entry(body=b"\xff\xfeok"))
