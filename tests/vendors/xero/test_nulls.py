"""Members that are null: texts, lists and objects count as left out, other values are refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.documents import API, BATCHES, INVOICES, R1, batch, invoice, pay


@pytest.mark.parametrize(
    "member",
    ["LineItems", "Contact", "Payments", "CreditNotes", "lineitems", "reference"],
)
def test_a_text_list_or_object_that_is_null_changes_nothing(xero: Client, member: str) -> None:
    answer = xero.post(INVOICES, json={"Invoices": [{"InvoiceID": R1, member: None}]})

    assert (answer.status, answer.json["Invoices"][0]["Total"]) == (200, 100)


@pytest.mark.parametrize("member", ["Addresses", "Phones", "ContactPersons", "addresses"])
def test_a_contact_has_lists_that_are_null(xero: Client, member: str) -> None:
    sent = {"Contacts": [{"Name": "Corner Shop", member: None}]}

    assert xero.put(f"{API}/Contacts", json=sent).status == 200


def test_the_account_of_a_payment_in_a_batch_may_be_null(xero: Client) -> None:
    assert xero.put(BATCHES, json={"BatchPayments": [batch(pay(R1, Account=None))]}).status == 200


def test_a_null_counts_as_left_out_in_a_bare_object_too(xero: Client) -> None:
    assert xero.post(f"{INVOICES}/{R1}", json={"LineItems": None, "Reference": "Late"}).status == 200


def test_an_invoice_whose_lines_are_null_has_none(xero: Client) -> None:
    answer = xero.put(INVOICES, json={"Invoices": [{**invoice(), "LineItems": None}]})

    assert answer.json["Elements"][0]["ValidationErrors"] == [
        {"Message": "One or more line items must be specified"}
    ]


@pytest.mark.parametrize(
    "sent",
    [{"InvoiceID": None}, {"CurrencyRate": None}, {"SentToContact": None}, {"Contact": {"ContactID": None}}],
    ids=str,
)
def test_a_value_that_is_null_is_refused(xero: Client, sent: Any) -> None:
    answer = xero.post(INVOICES, json={"Invoices": [{"InvoiceID": R1, **sent}]})

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 14)


@pytest.mark.parametrize("sent", [{"Invoices": None}, {"invoices": None}], ids=str)
def test_a_list_of_elements_that_is_null_is_no_data(xero: Client, sent: Any) -> None:
    answer = xero.put(INVOICES, json=sent)

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 17)
