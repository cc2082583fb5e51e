"""Idempotency keys: six minutes of the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.support.client import Client
from tests.support.overlapping_calls import OverlappingRequest, send_overlapping
from tests.vendors.xero.conftest import Due, Put, Read
from tests.vendors.xero.documents import BATCHES, HARBOUR, INVOICES, R1, R2, R4_DRAFT, batch, invoice, pay

OTHER_REQUEST = "Idempotency Key: k is used with a different request."


def test_the_same_request_gets_the_same_bytes_and_happens_once(put: Put, due: Due, read: Read) -> None:
    first = put(batch(pay(R1, 10)), idempotency_key="k")
    second = put(batch(pay(R1, 10)), idempotency_key="k")

    assert (second.status, second.body) == (200, first.body)
    assert (due(R1), len(read("BatchPayments"))) == (90, 3)


def test_without_a_key_the_same_request_happens_twice(put: Put, due: Due) -> None:
    put(batch(pay(R1, 10)))
    put(batch(pay(R1, 10)))

    assert due(R1) == 80


def test_each_answer_has_its_own_correlation_id(put: Put) -> None:
    first = put(batch(pay(R1, 10)), idempotency_key="k")
    second = put(batch(pay(R1, 10)), idempotency_key="k")

    assert first.headers["xero-correlation-id"] != second.headers["xero-correlation-id"]


def test_another_body_is_refused(put: Put, due: Due) -> None:
    put(batch(pay(R1, 10)), idempotency_key="k")

    answer = put(batch(pay(R1, 20)), idempotency_key="k")

    assert answer.status == 400
    assert answer.json == {"ErrorNumber": 10, "Type": "ValidationException", "Message": OTHER_REQUEST}
    assert due(R1) == 90


def test_another_query_is_another_request(put: Put) -> None:
    put(batch(pay(R1, 10)), idempotency_key="k")

    assert put(batch(pay(R1, 10)), query="", idempotency_key="k").status == 400


def test_another_operation_is_another_request(put: Put, xero: Client) -> None:
    put(batch(pay(R1, 10)), idempotency_key="k")

    answer = xero.put(
        "/api.xro/2.0/Invoices", json={"Invoices": [invoice()]}, headers={"idempotency-key": "k"}
    )

    assert (answer.status, answer.json["Message"]) == (400, OTHER_REQUEST)


def test_after_six_minutes_the_request_happens_anew(
    put: Put, due: Due, set_clock: Callable[[str], None]
) -> None:
    put(batch(pay(R1, 10)), idempotency_key="k")

    set_clock("2026-01-05T09:06:00Z")
    put(batch(pay(R1, 10)), idempotency_key="k")

    assert due(R1) == 80


def test_the_six_minutes_count_from_the_first_call(
    put: Put, due: Due, set_clock: Callable[[str], None]
) -> None:
    for minute in ("00", "05", "06"):
        set_clock(f"2026-01-05T09:{minute}:00Z")
        put(batch(pay(R1, 10)), idempotency_key="k")

    assert due(R1) == 80


def test_an_error_is_replayed_though_its_cause_is_gone(put: Put, xero: Client, due: Due) -> None:
    bad = batch(pay(R4_DRAFT, 50))
    first = put(bad, query="", idempotency_key="k")
    xero.post(f"{INVOICES}/{R4_DRAFT}", json={"Invoices": [{"Status": "AUTHORISED"}]})

    second = put(bad, query="", idempotency_key="k")

    assert (first.status, second.status, second.body) == (400, 400, first.body)
    assert (due(R4_DRAFT), put(bad, query="").status) == (100, 200)


def test_half_of_the_payments_are_paid_once_though_the_call_broke(put: Put, due: Due) -> None:
    both = batch(pay(R1, 10)), batch(pay(R2, 10))
    first = put(*both, idempotency_key="k", mock_scenario="half-then-500")

    again = put(*both, idempotency_key="k")

    assert (first.status, again.status, again.body) == (500, 500, first.body)
    assert (due(R1), due(R2)) == (90, 100)


def test_a_body_that_cannot_be_read_uses_its_key_up(put: Put, due: Due) -> None:
    first = put(batch(pay("nonsense")), idempotency_key="k")

    again = put(batch(pay("nonsense")), idempotency_key="k")
    other = put(batch(pay(R1, 10)), idempotency_key="k")

    assert (again.status, again.body) == (400, first.body)
    assert (other.status, other.json["Message"], due(R1)) == (400, OTHER_REQUEST, 100)


def test_tenants_and_callers_have_keys_of_their_own(put: Put, due: Due) -> None:
    put(batch(pay(R1, 10)), idempotency_key="k")
    put(batch(pay(R1, 20)), idempotency_key="k", xero_tenant_id=HARBOUR)

    answer = put(batch(pay(R1, 30)), idempotency_key="k", authorization="Bearer whoever")

    assert (answer.status, due(R1)) == (200, 60)


def test_a_client_that_logs_in_after_a_token_of_the_fixtures_keeps_its_keys(
    put: Put, due: Due, xero: Client
) -> None:
    app = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    token = xero.post("/connect/token", content=urlencode(app).encode(), headers=form).json["access_token"]
    first = put(batch(pay(R1, 10)), idempotency_key="k")

    again = put(batch(pay(R1, 10)), idempotency_key="k", authorization=f"Bearer {token}")

    assert (again.body, due(R1)) == (first.body, 90)


def test_an_empty_key_is_none(put: Put, due: Due) -> None:
    put(batch(pay(R1, 10)), idempotency_key="")
    put(batch(pay(R1, 20)), idempotency_key="")

    assert due(R1) == 70


def test_a_key_of_128_characters_is_taken(put: Put) -> None:
    assert put(batch(pay(R1)), idempotency_key="k" * 128).status == 200


def test_a_key_of_129_characters_is_refused(put: Put, due: Due) -> None:
    answer = put(batch(pay(R1)), idempotency_key="k" * 129)

    assert (answer.status, answer.json["ErrorNumber"], due(R1)) == (400, 10, 100)
    assert answer.json["Message"] == "Idempotency Key is too long. Maximum of 128 characters allowed"


@pytest.mark.parametrize("key", ["k", "k" * 500])
def test_reading_takes_no_notice_of_a_key(put: Put, xero: Client, key: str) -> None:
    xero.get(BATCHES, headers={"idempotency-key": key})
    put(batch(pay(R1)))

    assert len(xero.get(BATCHES, headers={"idempotency-key": key}).json["BatchPayments"]) == 3


def sent(body: object, **headers: str) -> OverlappingRequest:
    path = f"{BATCHES}?summarizeErrors=false"
    return OverlappingRequest("PUT", path, json.dumps(body).encode(), {"idempotency-key": "k", **headers})


def test_while_the_first_call_is_not_over_the_same_is_refused(xero: Client, due: Due) -> None:
    first, second = send_overlapping(xero, sent(batch(pay(R1, 10))), sent(batch(pay(R1, 10))))

    assert (first.status, second.status, due(R1)) == (200, 409, 90)
    assert second.json == {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "Idempotency Key: k is used with a request that is still in progress.",
    }


def test_a_key_that_is_too_long_is_no_key_in_flight(xero: Client) -> None:
    long = {"idempotency-key": "k" * 129}

    first, second = send_overlapping(xero, sent(batch(pay(R1)), **long), sent(batch(pay(R1)), **long))

    assert (first.status, second.status) == (400, 400)
