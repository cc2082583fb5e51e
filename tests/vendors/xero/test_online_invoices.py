"""Where customers see sales invoices."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.xero.documents import B1, INVOICES, R1, R2, R4_DRAFT, R5_PAID


def url(xero: Client, key: str) -> str:
    found = xero.get(f"{INVOICES}/{key}/OnlineInvoice").json["OnlineInvoices"]
    return str(found[0]["OnlineInvoiceUrl"])


@pytest.mark.parametrize("key", [R1, R5_PAID])
def test_a_sale_has_an_address(xero: Client, key: str) -> None:
    assert url(xero, key).startswith("https://in.xero.example/")


def test_the_address_is_always_the_same(xero: Client, elsewhere: Client) -> None:
    assert url(xero, R1) == url(xero, R1) == url(elsewhere, R1)


def test_each_invoice_has_its_own(xero: Client) -> None:
    assert url(xero, R1) != url(xero, R2)


@pytest.mark.parametrize("key", [R4_DRAFT, B1, "99999999-9999-4999-8999-999999999999", "R1"])
def test_drafts_bills_and_what_is_not_there_have_none(xero: Client, key: str) -> None:
    assert xero.get(f"{INVOICES}/{key}/OnlineInvoice").status == 404
