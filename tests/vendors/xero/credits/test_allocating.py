"""Credits are allocated to invoices, and allocations are taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, B1, EACH, R1, R2, R4_DRAFT, R5_PAID, RUSD, ZERO, messages

C3 = "c4ed1700-0000-4000-8000-000000000003"
BILL_CREDIT = "c4ed1700-0000-4000-8000-0000000000b1"
OVERPAYMENT = "0be44a1d-0000-4000-8000-000000000001"
PREPAYMENT = "94e4a1d0-0000-4000-8000-000000000001"
PAID_OFF = "The invoice you are trying to allocate to has already been paid off"
OVER_DUE = "Credit Note cannot be allocated as amount is greater than amount outstanding"
OVER_CREDIT = (
    "Credit Note cannot be allocated as the allocation amount is greater than the amount remaining on the "
    "Credit Note"
)
Allocate: TypeAlias = Callable[..., Response]


def part(invoice: str, amount: Any = 10.0, **members: Any) -> dict[str, Any]:
    return {"Invoice": {"InvoiceID": invoice}, "Amount": amount, "Date": "2019-03-05", **members}


@pytest.fixture
def allocate(xero: Client) -> Allocate:
    def allocate(*parts: Any, credit: str = f"CreditNotes/{C3}", query: str = EACH) -> Response:
        return xero.put(f"{API}/{credit}/Allocations{query}", json={"Allocations": list(parts)})

    return allocate


@pytest.mark.parametrize(
    ("element", "told"),
    [
        (part(R4_DRAFT), ["Credit Note can only be allocated to Authorised invoices"]),
        (part(R5_PAID), [PAID_OFF, OVER_DUE]),
        (part(R1, 51), [OVER_CREDIT]),
        (part(R1, 101), [OVER_DUE, OVER_CREDIT]),
        (part(R1, 0), ["Allocation amount must be greater than zero"]),
        (part(ZERO), ["Document could not be found"]),
        ({"Amount": 1}, ["Document could not be found"]),
        (part(RUSD), ["Credit Note can only be allocated to invoices of the same currency"]),
        (
            part(B1),
            [
                "Credit Note cannot be allocated to an incorrect invoice type",
                "Credit Note can only be allocated to invoices of the same contact",
            ],
        ),
        (
            part(R1, Date="2015-12-31"),
            ["The document date cannot be before the period lock date, currently set at 31 December 2015"],
        ),
    ],
)
def test_a_credit_note_is_not_allocated(allocate: Allocate, element: Any, told: list[str]) -> None:
    refused = allocate(element).json["Allocations"][0]

    assert refused["StatusAttributeString"] == "ERROR"
    assert messages(refused) == told


@pytest.mark.parametrize("number", ["C1", "C2", "C4", "C5"])
def test_a_credit_note_that_is_not_approved_is_not_allocated(allocate: Allocate, number: str) -> None:
    refused = allocate(part(R1), credit=f"CreditNotes/{number}").json["Allocations"][0]

    assert messages(refused) == ["Credit Note not of valid status for allocation"]


def test_what_is_refused_changes_nothing(allocate: Allocate, books: Callable[[], Any]) -> None:
    before = books()

    allocate(part(R1, 101))

    assert books() == before


def test_a_credit_that_is_not_there_is_an_error_of_each_element(allocate: Allocate) -> None:
    refused = allocate(part(R1), credit=f"CreditNotes/{ZERO}")

    assert messages(refused.json["Allocations"][0]) == [
        "The document with the supplied id was not found for this endpoint."
    ]


def test_an_overpayment_says_what_it_is(allocate: Allocate) -> None:
    refused = allocate(part(R1, 41), credit=f"Overpayments/{OVERPAYMENT}").json["Allocations"][0]

    assert messages(refused) == [OVER_CREDIT.replace("Credit Note", "Overpayment")]


def test_later_elements_see_the_earlier_ones(allocate: Allocate, read: Read) -> None:
    first, second, third = allocate(part(R1, 30), part(R2, 30), part(R2, 20)).json["Allocations"]

    assert [first["StatusAttributeString"], third["StatusAttributeString"]] == ["OK", "OK"]
    assert messages(second) == [OVER_CREDIT]
    assert read("CreditNotes/C3")[0]["Status"] == "PAID"


def test_summarised_errors_show_the_failed_elements_alone(allocate: Allocate, read: Read) -> None:
    refused = allocate(part(R1, 101), part(R1, 1), query="")

    assert refused.status == 400
    assert [messages(one) for one in refused.json["Elements"]] == [[OVER_DUE, OVER_CREDIT]]
    assert read("Invoices/R1")[0]["AmountCredited"] == 1


def test_an_element_without_its_wrapper_is_dated_today(xero: Client, read: Read) -> None:
    made = xero.put(
        f"{API}/CreditNotes/C3/Allocations", json={"Invoice": {"InvoiceNumber": "R1"}, "Amount": "5"}
    )

    assert made.status == 200
    assert read("CreditNotes/C3")[0]["Allocations"][0]["Date"] == "/Date(1767571200000+0000)/"


def test_an_invoice_with_a_credit_cannot_be_changed(xero: Client, allocate: Allocate) -> None:
    allocate(part(R1))

    refused = xero.post(f"{API}/Invoices/R1", json={"Invoices": [{"Status": "VOIDED"}]})

    assert messages(refused.json["Elements"][0]) == [
        "This document cannot be edited as it has a payment or credit note allocated to it."
    ]


def test_a_credit_note_that_was_used_cannot_be_changed(xero: Client, allocate: Allocate) -> None:
    allocate(part(R1, 50))

    refused = xero.post(f"{API}/CreditNotes/C3", json={"CreditNotes": [{"Reference": "late"}]})

    assert messages(refused.json["Elements"][0]) == [
        "Credit Note not of valid status for modification",
        "This document cannot be edited as it has a payment or credit note allocated to it.",
    ]


@pytest.mark.parametrize(
    ("credit", "invoice"),
    [
        (f"CreditNotes/{C3}", R1),
        (f"CreditNotes/{BILL_CREDIT}", B1),
        (f"Overpayments/{OVERPAYMENT}", R1),
        (f"Prepayments/{PREPAYMENT}", R1),
    ],
)
def test_a_deleted_allocation_is_due_again(
    xero: Client, allocate: Allocate, read: Read, credit: str, invoice: str
) -> None:
    made = allocate(part(invoice, 20), credit=credit).json["Allocations"][0]

    gone = xero.delete(f"{API}/{credit}/Allocations/{made['AllocationID']}")

    shown = read(f"Invoices/{invoice}")[0]
    assert (gone.status, gone.json["Allocations"][0]["IsDeleted"]) == (200, True)
    assert (shown["Status"], shown["AmountDue"], shown["AmountCredited"]) == ("AUTHORISED", shown["Total"], 0)
    left = read(credit)[0]
    assert (left["Status"], left["RemainingCredit"], left["Allocations"]) == ("AUTHORISED", left["Total"], [])


def test_an_allocation_of_another_credit_is_not_found(xero: Client, allocate: Allocate) -> None:
    made = allocate(part(R1)).json["Allocations"][0]["AllocationID"]

    paths = (f"CreditNotes/C2/Allocations/{made}", f"CreditNotes/{ZERO}/Allocations/{made}")

    assert [xero.delete(f"{API}/{path}").status for path in paths] == [404, 404]
