"""The history of batch payments, invoices and payments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import (
    API,
    BANK1,
    BATCHES,
    DEPOSIT,
    INVOICES,
    R1,
    TWO_CURRENCIES,
    batch,
    invoice,
    messages,
    pay,
)

HISTORY = f"{BATCHES}/{TWO_CURRENCIES}/History"


def note(xero: Client, *texts: Any, path: str = HISTORY) -> Any:
    return xero.put(path, json={"HistoryRecords": [{"Details": text} for text in texts]})


def test_a_batch_begins_its_history(put: Put, read: Read) -> None:
    made = put(batch(pay(R1))).json["BatchPayments"][0]["BatchPaymentID"]

    assert read(f"BatchPayments/{made}/History", member="HistoryRecords") == [
        {
            "Changes": "Approved",
            "DateUTCString": "2026-01-05T09:00:00",
            "DateUTC": "/Date(1767603600000+0000)/",
            "User": "System Generated",
            "Details": "",
        }
    ]


def test_deleting_goes_into_it_newest_first(xero: Client, read: Read) -> None:
    note(xero, "One", "Two")
    xero.post(f"{BATCHES}/{TWO_CURRENCIES}", json={"Status": "DELETED"})

    found = read(f"BatchPayments/{TWO_CURRENCIES}/History", member="HistoryRecords")

    assert [(one["Changes"], one["Details"]) for one in found] == [
        ("Deleted", ""),
        ("Note", "Two"),
        ("Note", "One"),
        ("Approved", ""),
    ]


def test_batches_have_a_history_each(xero: Client, put: Put, read: Read) -> None:
    made = put(batch(pay(R1))).json["BatchPayments"][0]["BatchPaymentID"]
    note(xero, "Theirs")

    assert len(read(f"BatchPayments/{made}/History", member="HistoryRecords")) == 1


@pytest.mark.parametrize("name", ["History", "history", "HISTORY"])
def test_it_is_found_in_any_letter_case(xero: Client, name: str) -> None:
    assert xero.get(f"{BATCHES}/{TWO_CURRENCIES}/{name}").status == 200


def test_good_notes_are_kept_beside_bad_ones(xero: Client, read: Read) -> None:
    answer = note(xero, "Good", "", "x" * 2501)

    assert [messages(one) for one in answer.json["Elements"]] == [
        ["Details must be specified for the history record"],
        ["Details is too long. Maximum of 2500 characters allowed"],
    ]
    assert len(read(f"BatchPayments/{TWO_CURRENCIES}/History", member="HistoryRecords")) == 2


@pytest.mark.parametrize("key", ["99999999-9999-4999-8999-999999999999", "nonsense"])
def test_the_history_of_what_is_not_there_is_a_404(xero: Client, key: str) -> None:
    assert xero.get(f"{BATCHES}/{key}/History").status == 404


def test_a_call_without_notes_is_told_what_was_expected(xero: Client) -> None:
    answer = xero.put(HISTORY, json={"HistoryRecords": []})

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 17)
    assert "expecting HistoryRecord data" in answer.json["Message"]


def test_an_approved_invoice_begins_its_history(bill: Put, read: Read) -> None:
    made = bill(invoice(InvoiceNumber="H-1")).json["Invoices"][0]["InvoiceID"]

    assert [told(one) for one in read(f"Invoices/{made}/History", member="HistoryRecords")] == [
        ("Approved", "Received through the Xero API from Xero API Partner")
    ]


def test_an_invoice_says_what_became_of_it(xero: Client, bill: Put, read: Read) -> None:
    made = bill(invoice(InvoiceNumber="H-2", Status="DRAFT")).json["Invoices"][0]["InvoiceID"]
    for change in (
        {"Reference": "New"},
        {"Status": "SUBMITTED"},
        {"Status": "AUTHORISED"},
        {"Status": "VOIDED"},
    ):
        xero.post(f"{INVOICES}/{made}", json={"Invoices": [change]})

    found = read(f"Invoices/{made}/History", member="HistoryRecords")

    assert [one["Changes"] for one in found] == ["Voided", "Approved", "Submitted", "Edited", "Created"]
    assert found[0]["Details"] == "H-2 to Ridgeway University for 100.00."


def test_a_change_that_changes_nothing_leaves_no_line(xero: Client, bill: Put, read: Read) -> None:
    sent = invoice(InvoiceNumber="H-3")
    made = bill(sent).json["Invoices"][0]["InvoiceID"]
    xero.post(f"{INVOICES}/{made}", json={"Invoices": [sent]})

    assert len(read(f"Invoices/{made}/History", member="HistoryRecords")) == 1


def test_a_payment_goes_into_its_own_history_and_its_invoices(xero: Client, read: Read) -> None:
    paid = {**pay(R1, 40), "Account": {"AccountID": BANK1}}
    made = xero.put(f"{API}/Payments", json={"Payments": [paid]}).json["Payments"][0]["PaymentID"]
    xero.put(f"{API}/Payments", json={"Payments": [{**paid, "Amount": 60}]})
    xero.post(f"{API}/Payments/{made}", json={"Status": "DELETED"})

    lines = read(f"Invoices/{R1}/History", member="HistoryRecords")

    assert [one["Changes"] for one in lines] == ["Payment Deleted", "Paid", "Partially Paid", "Approved"]
    assert [one["Changes"] for one in read(f"Payments/{made}/History", member="HistoryRecords")] == [
        "Deleted",
        "Created",
    ]


@pytest.mark.parametrize("path", [f"Invoices/{R1}", f"Payments/{DEPOSIT}"])
def test_notes_are_kept_for_invoices_and_payments(xero: Client, read: Read, path: str) -> None:
    answer = note(xero, "Good", "", path=f"{API}/{path}/History")

    assert [messages(one) for one in answer.json["Elements"]] == [
        ["Details must be specified for the history record"]
    ]
    assert told(read(f"{path}/History", member="HistoryRecords")[0]) == ("Note", "Good")


@pytest.mark.parametrize("kind", ["Invoices", "Payments"])
def test_no_invoice_or_payment_of_that_id_has_a_history(xero: Client, kind: str) -> None:
    path = f"{API}/{kind}/99999999-9999-4999-8999-999999999999/History"

    assert xero.get(path).status == 404
    assert messages(note(xero, "Lost", path=path).json["Elements"][0]) == [
        "The document with the supplied id was not found for this endpoint."
    ]


def told(line: Any) -> tuple[str, str]:
    return line["Changes"], line["Details"]
