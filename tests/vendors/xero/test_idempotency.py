"""Calls with one key: what differs, and what overlaps."""

from __future__ import annotations

import json

from tests.support.client import Client
from tests.support.overlapping_calls import OverlappingRequest, send_overlapping
from tests.vendors.xero.documents import BATCHES, EACH, R1, batch, pay


def sent(key: str) -> OverlappingRequest:
    body = json.dumps(batch(pay(R1, 10))).encode()
    return OverlappingRequest("PUT", f"{BATCHES}{EACH}", body, {"idempotency-key": key})


def test_each_answer_has_its_own_correlation_id(xero: Client) -> None:
    ids = {
        xero.put(BATCHES, json=batch(pay(R1)), headers={"idempotency-key": "k"}).headers[
            "xero-correlation-id"
        ]
        for _ in range(2)
    }

    assert len(ids) == 2


def test_while_the_first_call_is_not_over_the_same_is_refused(xero: Client) -> None:
    first, second = send_overlapping(xero, sent("k"), sent("k"))

    assert (first.status, second.status) == (200, 409)
    assert second.json == {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "Idempotency Key: k is used with a request that is still in progress.",
    }


def test_a_key_that_is_too_long_is_no_key_in_flight(xero: Client) -> None:
    first, second = send_overlapping(xero, sent("k" * 129), sent("k" * 129))

    assert (first.status, second.status) == (400, 400)


def test_a_replay_names_the_call_whose_answer_it_repeats(xero: Client, client: Client, sandbox: str) -> None:
    for key in ("k-0", "k-1", "k-1"):
        xero.put(BATCHES, json=batch(pay(R1, 10)), headers={"idempotency-key": key})

    journal = f"/_mock/sandboxes/{sandbox}/journal"
    listed = client.get(journal).json
    shown = client.get(f"{journal}/3").json
    said = "same answer as #2, key k-1"
    assert [one["replays"] for one in (*listed, shown)] == [None, None, said, said]
    assert said in listed[2]["line"]
