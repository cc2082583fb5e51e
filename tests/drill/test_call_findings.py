"""Faults with whole calls: what is found, and the nearest run in which it must not be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.drill.call_findings import describe_refusals
from mockserver.drill.run import VendorAbilities
from mockserver.journal.entry import Entry
from mockserver.model import Action, Delivery
from tests.drill.runs import (
    CLEAN,
    KEYED,
    READABLE,
    RESET,
    UNANSWERABLE,
    call,
    keyed,
    look,
    run_of,
    said,
)
from tests.support.engine_samples import NOW
from tests.support.journal_entries import item_results


def told(*calls: Entry, abilities: VendorAbilities = READABLE, status: int | None = 1) -> list[str]:
    """The findings of a run of these calls, whose items are stored."""
    return said(run_of(CLEAN, calls=calls, status=status, timeout_s=30), abilities=abilities)


def many(number: int, **changes: Any) -> list[Entry]:
    return [call(at, **changes) for at in range(1, number + 1)]


# No end


@pytest.mark.parametrize(("calls", "words"), [(1, "1 call"), (3, "3 calls")])
def test_a_client_that_does_not_end_hangs(calls: int, words: str) -> None:
    assert told(*many(calls), status=None) == [f"HANGS: no end after 30 s and {words}"]


@pytest.mark.parametrize("status", [0, 1, -9])
def test_a_client_that_ends_does_not_hang(status: int) -> None:
    assert told(*many(3), status=status) == []


# For ever


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501])
def test_a_call_that_is_refused_for_good_is_sent_four_times_at_most(status: int) -> None:
    is_refused = status < 500

    assert told(*many(4, reply_status=status)) == []
    sentence = f"FOREVER: PUT /orders was refused for good with {status}, and sent 5 times"
    assert told(*many(5, reply_status=status)) == ([sentence] if is_refused else [])


@pytest.mark.parametrize("status", [401, 402, 408, 409, 423, 425, 429, 500, 503])
def test_a_call_whose_refusal_may_pass_may_be_sent_more_often(status: int) -> None:
    calls = [call(at, reply_status=status, headers={}) for at in range(1, 9)]

    assert told(*calls) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"method": "GET"}, id="a look"),
        pytest.param(
            {"decided": item_results(("R-1", Action.REJECTED))}, id="items were refused, not the call"
        ),
        pytest.param({"delivery": RESET}, id="the answer was lost"),
    ],
)
def test_other_calls_may_be_sent_more_often(changes: dict[str, Any]) -> None:
    assert told(*many(9, reply_status=422, **changes)) == []


def test_a_call_that_is_changed_is_not_sent_in_vain() -> None:
    assert told(*(call(at, reply_status=400, body=b"%d" % at) for at in range(1, 9))) == []


# Credentials


def with_token(number: int, token: str, **changes: Any) -> Entry:
    return call(number, headers={"authorization": token} if token else {}, **changes)


@pytest.mark.parametrize(("later", "words"), [([2], "once (#2)"), ([2, 3, 4], "3 times (#2, #3, #4)")])
def test_a_refused_credential_that_is_used_again_is_told(later: list[int], words: str) -> None:
    calls = [with_token(1, "a", reply_status=401), *(with_token(at, "a") for at in later)]

    assert told(*calls) == [f"LOGIN: the credential that #1 was refused for was used again, {words}"]


def test_a_refused_credential_is_told_once_though_it_is_refused_again() -> None:
    calls = [with_token(at, "a", reply_status=401) for at in (1, 2, 3)]

    assert told(*calls) == ["LOGIN: the credential that #1 was refused for was used again, 2 times (#2, #3)"]


def test_a_refused_credential_is_told_where_the_clock_of_the_sandbox_stands() -> None:
    assert len(told(with_token(1, "a", reply_status=401, now=NOW), with_token(2, "a", now=NOW))) == 1


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(with_token(2, "b"), id="another"),
        pytest.param(with_token(2, ""), id="none"),
        pytest.param(
            with_token(2, "a", at=NOW + timedelta(seconds=3), duration_ms=1950), id="under way before"
        ),
    ],
)
def test_a_refused_credential_that_is_not_used_again_is_not_told(later: Entry) -> None:
    assert told(with_token(1, "a", reply_status=401), later) == []


def test_a_call_without_credentials_may_be_made_again() -> None:
    assert told(with_token(1, "", reply_status=401), with_token(2, "")) == []


def test_a_credential_is_all_headers_that_hold_one() -> None:
    calls = [
        call(1, headers={"x-api-key": "k", "authorization": "a"}, reply_status=401),
        call(2, headers={"x-api-key": "k", "authorization": "b"}),
    ]

    assert told(*calls) == []


# Waits


def throttled(wait: str, status: int = 429, number: int = 1) -> Entry:
    """An answer at 0.1 s after second `number`, which says so long to wait."""
    headers = (("Retry-After", wait),) if wait else ()
    return call(number, reply_status=status, reply_headers=headers)


def after(milliseconds: int, number: int = 2, **changes: Any) -> Entry:
    """A call so long after the answer to call 1 had ended."""
    arrival = NOW + timedelta(seconds=1, milliseconds=100 + milliseconds)
    return call(number, **{"now": arrival, "at": arrival, "duration_ms": 0, **changes})


DATE = "Mon, 05 Jan 2026 09:00:03 GMT"
"""2 s after second 1, and 1.9 s after the answer to call 1."""


@pytest.mark.parametrize(
    ("answer", "wait", "sentence"),
    [
        (throttled("2"), 300, "#1 was answered 429 with Retry-After 2 s, called again after 0.3 s"),
        (throttled(" 2 "), 1800, "#1 was answered 429 with Retry-After 2 s, called again after 1.8 s"),
        (throttled("2", 503), 300, "#1 was answered 503 with Retry-After 2 s, called again after 0.3 s"),
        (throttled(DATE), 300, "#1 was answered 429 with Retry-After in 1.9 s, called again after 0.3 s"),
        (
            throttled(DATE.replace("GMT", "-0000")),
            300,
            "#1 was answered 429 with Retry-After in 1.9 s, called again after 0.3 s",
        ),
        (
            throttled("9" * 30),
            300,
            f"#1 was answered 429 with Retry-After {'9' * 30} s, called again after 0.3 s",
        ),
        (throttled(""), 20, "#1 was answered 429 with no Retry-After, called again after 0.0 s"),
    ],
)
def test_a_client_that_calls_again_too_early_is_rude(answer: Entry, wait: int, sentence: str) -> None:
    assert told(answer, after(wait)) == [f"RUDE: {sentence}"]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        pytest.param(throttled("2"), 1950, id="a tenth of a second is nothing"),
        pytest.param(throttled("2"), 2100, id="it waited"),
        pytest.param(throttled("0"), 1, id="no wait"),
        pytest.param(throttled(DATE), 1850, id="it waited to the date"),
        pytest.param(throttled("Mon, 05 Jan 2026 08:00:00 GMT"), 1, id="a date in the past"),
        pytest.param(throttled("soon"), 1, id="words that say nothing"),
        pytest.param(throttled(""), 60, id="a twentieth of a second where none is said"),
        pytest.param(throttled("", 503), 1, id="503 without a wait"),
        pytest.param(throttled("soon", 503), 1, id="503 with words that say nothing"),
        pytest.param(throttled("2", 200), 1, id="another answer"),
        pytest.param(throttled("2", 413), 1, id="another refusal"),
    ],
)
def test_a_client_that_waits_as_told_is_not_rude(answer: Entry, wait: int) -> None:
    assert told(answer, after(wait), status=0) == []


def test_a_client_is_rude_once_and_all_its_calls_are_counted() -> None:
    calls = [
        throttled("2"),
        after(300),
        after(500, number=3),
        throttled("9", number=4),
        after(3500, number=5),
    ]

    assert told(*calls) == [
        "RUDE: #1 was answered 429 with Retry-After 2 s, called again after 0.3 s, 2 times"
    ]


def test_a_client_is_rude_though_the_sandbox_read_its_clock_late_in_the_first_call() -> None:
    late = call(1, now=NOW + timedelta(seconds=1, milliseconds=90), reply_status=429, reply_headers=())

    assert told(late, after(3)) == ["RUDE: #1 was answered 429 with no Retry-After, called again after 0.0 s"]


def test_a_client_that_waited_is_not_rude_where_the_clock_of_the_sandbox_stands() -> None:
    first = call(1, now=NOW, reply_status=429, reply_headers=(("Retry-After", "2"),))

    assert told(first, after(2100, now=NOW), status=0) == []
    assert told(first, after(300, now=NOW), status=0) == [
        "RUDE: #1 was answered 429 with Retry-After 2 s, called again after 0.3 s"
    ]


def test_calls_that_were_made_before_the_429_was_answered_are_not_rude() -> None:
    assert told(throttled("2"), after(-50), after(-1, number=3)) == []


# Idempotency keys


def test_a_key_for_two_requests_is_told() -> None:
    calls = [keyed(1, "a"), keyed(2, "b"), keyed(3, "a", body=b"{}")]

    assert told(*calls, abilities=KEYED) == ["KEY: the key a was used for two requests (#1, #3)"]


def test_keys_are_nothing_to_a_vendor_that_has_none() -> None:
    assert told(keyed(1, "a"), keyed(2, "a", body=b"{}"), abilities=READABLE) == []


@pytest.mark.parametrize(
    "second",
    [
        keyed(2, "a"),
        keyed(2, "b", body=b"{}"),
        keyed(2, "", body=b"{}"),
        keyed(2, "a", body=b"{}", operation="payOrders"),
    ],
)
def test_a_key_for_one_request_is_right(second: Entry) -> None:
    assert told(keyed(1, "a"), second, abilities=KEYED) == []


LOST = keyed(1, "a", delivery=RESET)


@pytest.mark.parametrize(
    "lost",
    [
        LOST,
        keyed(1, "a", delivery=Delivery(fraction=0.5)),
        keyed(1, "a", reply_status=504),
        keyed(1, "a", reply_status=302),
        keyed(1, "a", off_contract="a body that is no JSON"),
    ],
)
def test_a_new_key_for_the_same_bytes_after_an_answer_that_told_nothing_is_told(lost: Entry) -> None:
    assert told(lost, keyed(3, "b"), abilities=KEYED) == [
        "KEY: the answer to #1 told nothing, and #3 sent the same under another key"
    ]


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param([keyed(1, "a"), keyed(3, "b")], id="the answer came"),
        pytest.param([LOST, keyed(3, "a")], id="the same key"),
        pytest.param([LOST, look(2), keyed(3, "b")], id="a look between them"),
        pytest.param([LOST, keyed(3, "b", body=b"{}")], id="another request"),
        pytest.param([LOST, keyed(2, "a"), keyed(3, "b")], id="an answer under the same key between them"),
        pytest.param(
            [LOST, keyed(2, "b", at=NOW + timedelta(seconds=2), duration_ms=1950)],
            id="the other was under way before the answer was lost",
        ),
        pytest.param([LOST, keyed(2, "b"), keyed(3, "a")], id="the same key, after another of two alike"),
        pytest.param([LOST], id="nothing more"),
    ],
)
def test_a_new_key_for_new_work_is_right(calls: list[Entry]) -> None:
    assert told(*calls, abilities=KEYED) == []


def test_a_look_that_failed_is_no_look() -> None:
    calls = [LOST, call(2, method="GET", reply_status=500), keyed(3, "b")]

    assert len(told(*calls, abilities=KEYED)) == 1


# Refusals


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (
            [call(1, reply_status=415, reason="no Content-Type")],
            "the only call was refused: 415, no Content-Type",
        ),
        (
            many(3, reply_status=415, reason="no Content-Type"),
            "all 3 calls were refused: 415, no Content-Type",
        ),
        (many(2, reply_status=403, refusal="forbidden"), "all 2 calls were refused: 403, forbidden"),
        (many(2, reply_status=403), "all 2 calls were refused: 403, without a reason"),
        (
            [*many(2, reply_status=400), call(3, reply_status=404, reason="no such path")],
            "all 3 calls were refused: 404, no such path",
        ),
        ([], ""),
        ([call(1), call(2, reply_status=415)], ""),
        ([call(1, reply_status=415, applied=("drill/r",))], ""),
        ([call(1, reply_status=415, delivery=RESET)], ""),
        ([call(1, reply_status=503)], ""),
    ],
)
def test_refusals_of_all_calls_are_told_by_the_last(entries: list[Entry], sentence: str) -> None:
    assert describe_refusals(entries) == sentence


def test_no_call_at_all_is_no_fault_of_a_call() -> None:
    assert said(run_of({}, status=1), abilities=UNANSWERABLE) == []
