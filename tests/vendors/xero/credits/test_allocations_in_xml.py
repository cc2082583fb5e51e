"""In XML the amount of an allocation has another name."""

from __future__ import annotations

from tests.support.client import Client
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, R1

BODY = (
    f"<Allocations><Allocation><AppliedAmount>12.50</AppliedAmount><Invoice><InvoiceID>{R1}</InvoiceID></Invoice>"
    "</Allocation></Allocations>"
)


def test_an_allocation_is_sent_and_answered_in_xml(xero: Client, read: Read) -> None:
    sent = {"content-type": "text/xml", "accept": "text/xml"}

    made = xero.put(f"{API}/CreditNotes/C3/Allocations", content=BODY.encode(), headers=sent)

    assert made.status == 200
    assert "<AppliedAmount>12.5</AppliedAmount>" in made.text
    assert read(f"Invoices/{R1}")[0]["AmountCredited"] == 12.5


def test_credit_notes_are_read_in_xml(xero: Client) -> None:
    shown = xero.get(f"{API}/CreditNotes/C6", headers={"accept": "text/xml"}).text

    assert "<CreditNotes><CreditNote><CreditNoteID>" in shown
    assert "<Allocations><Allocation><AllocationID>" in shown
