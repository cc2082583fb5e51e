"""A thousand elements, good and bad among each other: each is accounted for once, in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import BATCHES, EACH, INVOICES, TOO_MUCH, ZERO, messages

NUMBERS = range(1000)
NO_LINES = "One or more line items must be specified"
TAKEN = "Invoice # must be unique."
NO_CONTACT = "A Contact must be specified for this type of transaction"
NOT_POSITIVE = "Payment amount must be greater than zero"
NO_DOCUMENT = "Document could not be found"

BAD_INVOICES: Mapping[int, tuple[str, Any, str]] = {
    3: ("LineItems", [], NO_LINES),
    5: ("InvoiceNumber", "R1", TAKEN),
    7: ("Contact", None, NO_CONTACT),
}
BAD_PAYMENTS: Mapping[int, tuple[str, Any, str]] = {
    3: ("Amount", 500, TOO_MUCH),
    5: ("Amount", 0, NOT_POSITIVE),
    7: ("Invoice", {"InvoiceNumber": "NOPE"}, NO_DOCUMENT),
}
"""What is wrong with an element, by the last digit of its number: a member, its value, what is said of it."""

GOOD = [number for number in NUMBERS if number % 10 not in BAD_INVOICES]
BAD = [number for number in NUMBERS if number % 10 in BAD_INVOICES]


def cents(number: int) -> Decimal:
    """From 0.01 to 10.00: binary fractions that do not add up."""
    return Decimal(number + 1).scaleb(-2)


def good_invoice(number: int) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceNumber": f"T-{number:04}",
        "Contact": {"Name": "Ridgeway University"},
        "DueDate": "2026-02-05",
        "Status": "AUTHORISED",
        "LineAmountTypes": "NoTax",
        "LineItems": [{"Description": "Hours", "UnitAmount": cents(number), "AccountCode": "SALES"}],
    }


def good_batch(number: int) -> dict[str, Any]:
    payment = {"Invoice": {"InvoiceNumber": f"T-{number:04}"}, "Amount": cents(number)}
    return {
        "Account": {"Code": "BANK1"},
        "Reference": f"B-{number:04}",
        "Date": "2026-01-05",
        "Payments": [payment],
    }


def mixed_invoice(number: int) -> dict[str, Any]:
    member, value, _ = BAD_INVOICES.get(number % 10, ("Type", "ACCREC", ""))
    sent = {**good_invoice(number), member: value}
    return {name: value for name, value in sent.items() if value is not None}


def mixed_batch(number: int) -> dict[str, Any]:
    batch = good_batch(number)
    if number % 10 in BAD_PAYMENTS:
        member, value, _ = BAD_PAYMENTS[number % 10]
        batch["Payments"] = [{**batch["Payments"][0], member: value}]
    return batch


@pytest.fixture
def _billed(bill: Put) -> None:
    """A thousand invoices that can be paid."""
    answer = bill(*map(good_invoice, NUMBERS))

    assert all(one["StatusAttributeString"] == "OK" for one in answer.json["Invoices"])


def test_every_invoice_is_answered_in_its_place(bill: Put) -> None:
    shown = bill(*map(mixed_invoice, NUMBERS)).json["Invoices"]

    assert len(shown) == 1000
    assert [number for number in NUMBERS if shown[number]["InvoiceID"] == ZERO] == BAD
    assert [shown[number]["InvoiceNumber"] for number in GOOD] == [f"T-{number:04}" for number in GOOD]
    assert [messages(shown[number]) for number in BAD] == [[BAD_INVOICES[number % 10][2]] for number in BAD]


def test_seven_hundred_invoices_are_there_and_add_up(bill: Put, books: Callable[[], Any]) -> None:
    before = set(books()["invoices"])

    bill(*map(mixed_invoice, NUMBERS))

    stored = [one for key, one in books()["invoices"].items() if key not in before]
    assert sorted(one["InvoiceNumber"] for one in stored) == [f"T-{number:04}" for number in GOOD]
    assert sum(Decimal(one["AmountDue"]) for one in stored) == sum(map(cents, GOOD)) == Decimal("3502.00")


@pytest.mark.usefixtures("_billed")
def test_every_batch_is_answered_in_its_place(put: Put) -> None:
    shown = put(*map(mixed_batch, NUMBERS)).json["BatchPayments"]

    assert [one["Reference"] for one in shown] == [f"B-{number:04}" for number in NUMBERS]
    assert [number for number in NUMBERS if shown[number]["BatchPaymentID"] == ZERO] == BAD
    assert [messages(shown[number]) for number in BAD] == [[BAD_PAYMENTS[number % 10][2]] for number in BAD]
    assert len({shown[number]["BatchPaymentID"] for number in GOOD}) == 700
    assert sum(shown[number]["TotalAmount"] for number in GOOD) == Decimal("3502.00")


@pytest.mark.usefixtures("_billed")
def test_what_was_refused_left_no_trace(put: Put, books: Callable[[], Any]) -> None:
    before = books()

    put(*map(mixed_batch, NUMBERS))

    after = books()
    grown = {name: len(after[name]) - len(before[name]) for name in before}
    assert grown == dict.fromkeys(before, 0) | {"batch-payments": 700, "payments": 700, "history": 2100}
    due = [
        one
        for one in after["invoices"].values()
        if one["InvoiceNumber"].startswith("T-") and one["AmountDue"]
    ]
    assert sorted(one["InvoiceNumber"] for one in due) == [f"T-{number:04}" for number in BAD]
    assert sum(Decimal(one["AmountDue"]) for one in due) == sum(map(cents, BAD)) == Decimal("1503.00")


@pytest.mark.usefixtures("_billed")
def test_a_summary_names_the_bad_ones_once_and_saves_the_good_ones(
    xero: Client, books: Callable[[], Any]
) -> None:
    before = len(books()["batch-payments"])

    answer = xero.put(BATCHES, json={"BatchPayments": list(map(mixed_batch, NUMBERS))})

    assert answer.status == 400
    assert [one["Reference"] for one in answer.json["Elements"]] == [f"B-{number:04}" for number in BAD]
    assert len(books()["batch-payments"]) - before == 700


@pytest.mark.usefixtures("_billed")
def test_a_batch_of_a_thousand_payments_is_one_sum(put: Put, read: Read) -> None:
    payments = [good_batch(number)["Payments"][0] for number in NUMBERS]

    (made,) = put({**good_batch(0), "Payments": payments}).json["BatchPayments"]

    assert (len(made["Payments"]), made["TotalAmount"]) == (1000, Decimal("5005.00"))
    assert [one["Amount"] for one in made["Payments"]] == list(map(cents, NUMBERS))
    assert read(f"BatchPayments/{made['BatchPaymentID']}") == [made]


@pytest.mark.usefixtures("_billed")
def test_the_last_of_a_thousand_payments_undoes_them_all(put: Put, books: Callable[[], Any]) -> None:
    before = books()
    payments = [good_batch(number)["Payments"][0] for number in NUMBERS]
    payments[-1]["Amount"] = 500

    (failed,) = put({**good_batch(0), "Payments": payments}).json["BatchPayments"]

    assert messages(failed) == [TOO_MUCH]
    assert books() == before


@pytest.mark.usefixtures("_billed")
def test_a_thousand_invoices_change_each_in_its_place(xero: Client) -> None:
    sent = [{"InvoiceNumber": f"T-{number:04}", "Reference": f"Ref {number}"} for number in NUMBERS]

    shown = xero.post(f"{INVOICES}{EACH}", json={"Invoices": sent}).json["Invoices"]

    assert [(one["InvoiceNumber"], one["Reference"]) for one in shown] == [
        (f"T-{number:04}", f"Ref {number}") for number in NUMBERS
    ]
