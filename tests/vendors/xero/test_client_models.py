"""The official Python client's models read every answer, and they are strict."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python import accounting, identity
from xero_python.api_client import ModelFinder
from xero_python.api_client.deserializer import deserialize

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Put
from tests.vendors.xero.documents import (
    API,
    EACH,
    R1,
    R2,
    R3,
    R4_DRAFT,
    R5_PAID,
    TOO_MUCH,
    TWO_CURRENCIES,
    ZERO,
    batch,
    invoice,
    line,
    pay,
)

SETTINGS = ("Currencies", "TaxRates", "Items", "Users", "TrackingCategories", "BrandingThemes")


def model(name: str, answer: Response) -> Any:
    document = json.loads(answer.body, parse_float=Decimal)
    return deserialize(name, document, ModelFinder(accounting))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("BankTransactions", "BankTransactions"),
        ("BankTransactions?page=1", "BankTransactions"),
        ("BatchPayments", "BatchPayments"),
        (f"BatchPayments/{TWO_CURRENCIES}", "BatchPayments"),
        ("Invoices", "Invoices"),
        ("Invoices?page=1", "Invoices"),
        ("Invoices?summaryOnly=true", "Invoices"),
        ("Invoices/R5", "Invoices"),
        (f"Invoices/{R1}/History", "HistoryRecords"),
        (f"Invoices/{R1}/OnlineInvoice", "OnlineInvoices"),
        (f"Invoices/{R5_PAID}/Attachments", "Attachments"),
        ("Accounts", "Accounts"),
        ("Payments", "Payments"),
        ("Payments?page=1", "Payments"),
        ("Contacts?includeArchived=true", "Contacts"),
        ("Contacts?summaryOnly=true", "Contacts"),
        ("Organisation", "Organisations"),
        ("CreditNotes", "CreditNotes"),
        ("CreditNotes?page=1", "CreditNotes"),
        ("CreditNotes/C1", "CreditNotes"),
        ("Overpayments", "Overpayments"),
        ("Prepayments?page=1", "Prepayments"),
        *((name, name) for name in SETTINGS),
    ],
)
def test_what_is_read_fits_the_models(xero: Client, path: str, name: str) -> None:
    read = model(name, xero.get(f"{API}/{path}"))

    assert next(value for value in read.to_dict().values() if isinstance(value, list))


def test_a_mixed_answer_fits_the_models(put: Put) -> None:
    read = model("BatchPayments", put(batch(pay(R1), pay(R2), pay(R3)), batch(pay(R1, 500)))).batch_payments

    good, bad = read
    assert (good.total_amount, good.date, len(good.payments)) == (3, date(2019, 2, 22), 3)
    assert not good.validation_errors
    assert (bad.batch_payment_id, [one.message for one in bad.validation_errors]) == (ZERO, [TOO_MUCH])


def test_an_element_with_everything_too_long_still_fits_the_models(put: Put) -> None:
    long = dict.fromkeys(("Reference", "Particulars", "Code", "Details", "Narrative"), "x" * 300)
    account = {"Code": "x" * 30, "Name": "x" * 300, "ValidationErrors": [{}]}

    sent = batch(pay(R4_DRAFT, 1, Reference="x" * 300, Date="2019-01-01"), Account=account, **long)

    read = model("BatchPayments", put(sent)).batch_payments[0]
    assert len(read.validation_errors) == 10
    assert (read.narrative, read.date) == (None, date(2019, 2, 22))


def test_invoices_good_warned_and_bad_fit_the_models(bill: Put) -> None:
    tracked = line(Tracking=[{"Name": "Region", "Option": "North"}])
    answer = bill(
        invoice(LineItems=[tracked]),
        invoice(Status="DRAFT", SentToContact=True),
        invoice(InvoiceNumber="R1", Date="2019-02-22", ExpectedPaymentDate="2019-03-01"),
    )

    states = [one.status_attribute_string for one in model("Invoices", answer).invoices]

    assert states == ["OK", "WARNING", "ERROR"]


def test_good_and_bad_contacts_fit_the_models(xero: Client) -> None:
    sent = [{"Name": "Good", "ContactPersons": [{"FirstName": "Jo"}]}, {"Name": "x" * 300}]

    good, bad = model("Contacts", xero.put(f"{API}/Contacts{EACH}", json={"Contacts": sent})).contacts

    assert (good.name, good.status_attribute_string, bad.name) == ("Good", "OK", None)
    assert bad.contact_id == ZERO


def test_a_summary_of_errors_fits_the_models(put: Put) -> None:
    read = model("Error", put(batch(pay(R1, 500)), query=""))

    assert (read.error_number, read.elements[0].validation_errors[0].message) == (10, TOO_MUCH)


def test_connections_fit_the_models(xero: Client) -> None:
    document = json.loads(xero.get("/connections").body)

    read = deserialize("list[Connection]", document, ModelFinder(identity))

    assert [one.tenant_name for one in read] == ["Demo Company (NZ)", "Harbour Trading Pty"]
