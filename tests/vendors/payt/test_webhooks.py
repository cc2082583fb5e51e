"""Payt's webhooks, as docs/vendors/payt.md#webhooks says."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.receiver import Received, Receiver, receiving
from tests.vendors.payt.samples import invoice

PAID = {"amount_open": "0.00", "book_amount_open": "0.00"}
PAYMENT = {
    "origin_identifier": "P-1",
    "payment_date": "2026-06-02",
    "amount": "40.00",
    "book_amount": "40.00",
    "cost_type": "principal",
}


@pytest.fixture
def receiver(client: Client, sandbox: str) -> Iterator[Receiver]:
    with receiving() as made:
        body = [{"url": made.url, "vendor": "payt", "secret": "s3cret"}]
        assert client.put(f"/_mock/sandboxes/{sandbox}/webhooks", json=body).status == 200
        yield made


def posted(payt: Client, receiver: Receiver, number: int, **changes: object) -> list[Received]:
    """The webhooks of a call with one invoice."""
    body = {"administration_id": "81", "invoices": [invoice("W-1", **changes)]}
    answer = payt.post("/v1/invoices", json=body)
    assert answer.json.get("count") == 1, answer.text
    return receiver.take(number)


def test_a_new_invoice_is_told_with_the_promised_headers(payt: Client, receiver: Receiver) -> None:
    (one,) = posted(payt, receiver, 1)
    assert (one.json["event"], one.json["invoice"]["invoice_number"]) == ("invoice_created", "W-1")
    assert one.headers["X-PAYT-SIGNATURE"] == hmac.new(b"s3cret", one.body, "sha256").hexdigest()
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one.headers["X-PAYT-DELIVERY"])
    assert one.headers["X-PAYT-ADMINISTRATION-IDENTIFIER"] == one.json["administration_id"] == "81"


def test_a_paid_invoice_is_told_as_paid_too(payt: Client, receiver: Receiver) -> None:
    told = posted(payt, receiver, 2, **PAID)
    assert [one.json["event"] for one in told] == ["invoice_created", "invoice_paid"]


def test_a_payment_is_told_too(payt: Client, receiver: Receiver) -> None:
    told = posted(payt, receiver, 2, amount_open="60.00", book_amount_open="60.00", payments=[PAYMENT])
    assert [one.json["event"] for one in told] == ["invoice_created", "invoice_payment_created"]


def test_an_invoice_that_is_open_again_is_told_as_reopened(payt: Client, receiver: Receiver) -> None:
    posted(payt, receiver, 2, **PAID)
    assert [one.json["event"] for one in posted(payt, receiver, 1)] == ["invoice_reopened"]
    assert [one.json["event"] for one in posted(payt, receiver, 1, **PAID)] == ["invoice_paid"]


def test_a_label_that_the_invoice_did_not_have_is_told(payt: Client, receiver: Receiver) -> None:
    told = posted(payt, receiver, 2, labels=["late"])
    assert [one.json["event"] for one in told] == ["invoice_created", "label_added"]
    assert [one.json["event"] for one in posted(payt, receiver, 1, labels=["late", "call"])] == [
        "label_added"
    ]
    told = [
        *posted(payt, receiver, 0, labels=["call"]),
        *posted(payt, receiver, 0),
        *posted(payt, receiver, 1, labels=["late"]),
    ]
    assert [one.json["event"] for one in told] == ["label_added"]
    assert receiver.received.empty()
