"""Part-paid sales invoices that are read, changed and sent back: what says what is there changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Put, Read
from tests.vendors.xero.documents import EACH, INVOICES, R1, batch, invoice, line, messages, pay

Send: TypeAlias = Callable[..., Response]

GIFTS = "1abe1ed0-0000-4000-8000-000000000103"
HAS_PAYMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."
XML = {"accept": "application/xml"}


@pytest.fixture
def send(xero: Client) -> Send:
    def send(key: str, **members: Any) -> Response:
        sent = {"Invoices": [{"InvoiceID": key, **members}]}
        return xero.post(f"{INVOICES}{EACH}", json=sent)

    return send


def refusal(answer: Response) -> list[str]:
    return messages(answer.json["Invoices"][0])


def test_a_whole_document_is_sent_back_with_a_change_in_xml(xero: Client, read: Read) -> None:
    (before,) = read("Invoices/INV-0003")
    shown = xero.get(f"{INVOICES}/INV-0003", headers=XML).body.decode()
    element = shown[shown.index("<Invoices>") : shown.index("</Invoices>") + len("</Invoices>")]

    answer = xero.post(
        INVOICES,
        content=element.replace("Gift season", "Gifts").encode(),
        headers={"content-type": "application/xml"},
    )

    (after,) = read("Invoices/INV-0003")
    assert (answer.status, after["Reference"]) == (200, "Gifts")
    assert after["LineItems"] == before["LineItems"]


@pytest.mark.parametrize("omitted", [("AccountID",), ("Tracking", "TaxAmount", "LineAmount")])
def test_lines_may_leave_out_members(send: Send, read: Read, omitted: tuple[str, ...]) -> None:
    before = read(f"Invoices/{GIFTS}")[0]["LineItems"]
    lines = [{name: value for name, value in one.items() if name not in omitted} for one in before]

    assert "ValidationErrors" not in send(GIFTS, LineItems=lines).json["Invoices"][0]
    assert read(f"Invoices/{GIFTS}")[0]["LineItems"] == before


def test_lines_without_their_ids_would_be_other_lines(send: Send, read: Read) -> None:
    before = read(f"Invoices/{GIFTS}")[0]["LineItems"]
    lines = [{name: value for name, value in one.items() if name != "LineItemID"} for one in before]

    assert refusal(send(GIFTS, LineItems=lines)) == [HAS_PAYMENTS]


def test_a_unit_amount_is_sent_back_as_precise_as_it_was_shown(
    xero: Client, send: Send, put: Put, read: Read
) -> None:
    sent = invoice(LineItems=[line(Quantity=100, UnitAmount=1.2345)])
    (made,) = xero.put(f"{INVOICES}?unitdp=4", json={"Invoices": [sent]}).json["Invoices"]
    key = made["InvoiceID"]
    put(batch(pay(key, 10)))
    shown = read(f"Invoices/{key}")[0]["LineItems"]

    send(key, Reference="Late", LineItems=shown)

    after = read(f"Invoices/{key}?unitdp=4")[0]
    assert (after["Reference"], str(after["LineItems"][0]["UnitAmount"])) == ("Late", "1.2345")


@pytest.mark.parametrize(
    "change",
    [
        {"UnitAmount": 101},
        {"Description": "Gifts"},
        {"AccountCode": "260"},
        {"Tracking": [{"Name": "Region", "Option": "North"}]},
        {"LineItemID": R1},
        {"DiscountRate": 10},
    ],
    ids=str,
)
def test_a_changed_line_is_refused(send: Send, read: Read, change: Any) -> None:
    first, second = read(f"Invoices/{GIFTS}")[0]["LineItems"]

    assert refusal(send(GIFTS, LineItems=[{**first, **change}, second])) == [HAS_PAYMENTS]
