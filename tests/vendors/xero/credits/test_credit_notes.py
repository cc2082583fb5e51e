"""Credit notes are sent and shown as invoices are, with members and words of their own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, EACH, R1, ZERO, invoice, line, messages

CREDIT_NOTES = f"{API}/CreditNotes"
Send: TypeAlias = Callable[..., Response]


def credit_note(**members: Any) -> dict[str, Any]:
    return invoice(**{"Type": "ACCRECCREDIT", "DueDate": None, **members})


@pytest.fixture
def send(xero: Client) -> Send:
    def send(*notes: Any, method: str = "put", query: str = EACH) -> Response:
        answered: Response = getattr(xero, method)(
            f"{CREDIT_NOTES}{query}", json={"CreditNotes": list(notes)}
        )
        return answered

    return send


@pytest.mark.parametrize(
    ("element", "told"),
    [
        (credit_note(Type=None), "Credit Note not of valid type for creation"),
        (credit_note(Status="PAID"), "Credit Note not of valid status for creation"),
        (credit_note(CreditNoteNumber="C1"), "Credit Note # must be unique."),
        (credit_note(Contact=None), "A Contact must be specified for this type of transaction"),
        (
            credit_note(LineItems=[line(AccountCode="NOPE")]),
            "Account code 'NOPE' is not a valid code for this document.",
        ),
        (credit_note(CurrencyCode="EUR"), "Organisation is not subscribed to currency EUR"),
    ],
)
def test_a_credit_note_is_refused(send: Send, element: Any, told: str) -> None:
    refused = send(element).json["CreditNotes"][0]

    assert (refused["CreditNoteID"], refused["HasErrors"]) == (ZERO, True)
    assert messages(refused) == [told]


def test_numbers_of_credit_notes_are_not_those_of_invoices(send: Send) -> None:
    made = send(credit_note(CreditNoteNumber="R1"), credit_note(), credit_note(Type="ACCPAYCREDIT"))

    assert [one.get("CreditNoteNumber") for one in made.json["CreditNotes"]] == ["R1", "CN-0001", None]


def test_allocations_that_come_with_a_credit_note_are_ignored(send: Send, read: Read) -> None:
    allocation = {"Invoice": {"InvoiceID": R1}, "Amount": 10, "Date": "2019-03-05"}

    made = send(credit_note(Allocations=[allocation])).json["CreditNotes"][0]

    assert (made["Allocations"], made["RemainingCredit"]) == ([], made["Total"])
    assert read(f"Invoices/{R1}")[0]["AmountCredited"] == 0


def test_an_id_that_is_not_there_is_not_created(send: Send) -> None:
    refused = send({"CreditNoteID": R1, "Reference": "none"}, method="post").json["CreditNotes"][0]

    assert messages(refused) == ["The document with the supplied id was not found for this endpoint."]


def test_a_list_has_no_lines_and_a_page_has(read: Read) -> None:
    assert not any(one["LineItems"] for one in read("CreditNotes"))
    assert all(one["LineItems"] for one in read("CreditNotes?page=1"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('where=Type=="ACCPAYCREDIT"', ["SC1"]),
        ("where=RemainingCredit<50 AND RemainingCredit>0", ["SC1"]),
        ('where=Contact.Name=="Paper %26 Pen Supplies"', ["SC1"]),
        ('where=CreditNoteNumber=="C4"', ["C4"]),
        ("order=CreditNoteNumber DESC&pageSize=2", ["SC1", "C6"]),
    ],
)
def test_credit_notes_are_picked_by(read: Read, query: str, found: list[str]) -> None:
    assert [one["CreditNoteNumber"] for one in read(f"CreditNotes?{query}")] == found


def test_only_what_changed_later_is_listed(xero: Client, send: Send) -> None:
    send(credit_note())

    later = xero.within(if_modified_since="2020-01-01T00:00:00").get(CREDIT_NOTES)

    assert [one["CreditNoteNumber"] for one in later.json["CreditNotes"]] == ["CN-0001"]


def test_the_reference_picks_overpayments_and_the_number_prepayments(read: Read) -> None:
    assert len(read("Overpayments?References=Paid twice,other")) == 1
    assert read("Overpayments?References=other") == []
    assert read("Prepayments?InvoiceNumbers=other") == []


@pytest.mark.parametrize("path", [f"CreditNotes/{ZERO}", f"Overpayments/{ZERO}", "Prepayments/P1"])
def test_what_is_not_there_is_not_found(xero: Client, path: str) -> None:
    assert xero.get(f"{API}/{path}").status == 404


def test_a_read_only_token_may_list_credits(xero: Client) -> None:
    reader = xero.within(authorization="Bearer read-only-token")

    assert reader.get(CREDIT_NOTES).status == 200
    assert reader.put(CREDIT_NOTES, json={"CreditNotes": [credit_note()]}).status == 401


def test_four_decimals_are_shown_on_request(send: Send, read: Read) -> None:
    send(credit_note(CreditNoteNumber="U", LineItems=[line(UnitAmount=1.2345)]), query="?unitdp=4")

    assert read("CreditNotes/U?unitdp=4")[0]["LineItems"][0]["UnitAmount"] == Decimal("1.2345")


def test_a_failed_change_shows_the_id_of_a_credit_note_named_by_its_number(xero: Client) -> None:
    answer = xero.post(f"{API}/CreditNotes/C1", json={"CreditNotes": [{"Type": "ACCPAYCREDIT"}]})

    shown = xero.get(f"{API}/CreditNotes/C1").json["CreditNotes"][0]["CreditNoteID"]
    assert (answer.status, answer.json["Elements"][0]["CreditNoteID"]) == (400, shown)
