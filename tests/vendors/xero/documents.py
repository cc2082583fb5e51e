"""The fixtures' ids, and the shortest words for what tests send and read."""

from __future__ import annotations

from typing import Any

API = "/api.xro/2.0"
BATCHES = f"{API}/BatchPayments"
INVOICES = f"{API}/Invoices"
EACH = "?summarizeErrors=false"

TENANT = "00000000-0000-4000-8000-000000000001"
ZERO = "00000000-0000-0000-0000-000000000000"

BANK1 = "5ec2f302-cd60-4f8b-a915-9229dd45e6fa"

R1 = "3323652c-155e-433b-8a73-4dde7cfbf410"
R2 = "e4abafb4-1f5b-4d9f-80b3-9a7b815bc302"
R3 = "e6039672-b161-40cd-b07b-a0178e7186ad"
R4_DRAFT = "1abe1ed0-0000-4000-8000-000000000004"
R5_PAID = "1abe1ed0-0000-4000-8000-000000000005"
TWO_CURRENCIES = "d318c343-208e-49fe-b04a-45642349bcf1"
RIDGEWAY = "c0ffee00-0000-4000-8000-000000000001"
PAPERPEN = "c0ffee00-0000-4000-8000-000000000002"

TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"


def pay(invoice: str, amount: Any = 1.0, **members: Any) -> dict[str, Any]:
    """A payment on an invoice."""
    return {"Invoice": {"InvoiceID": invoice}, "Amount": amount, **members}


def batch(*payments: Any, account: str = BANK1, **members: Any) -> dict[str, Any]:
    """A batch payment from BANK1 on 22 February 2019; a member given as None is left out."""
    sent = {
        "Account": {"AccountID": account},
        "Date": "2019-02-22",
        "Payments": list(payments),
        **members,
    }
    return {name: value for name, value in sent.items() if value is not None}


def invoice(**members: Any) -> dict[str, Any]:
    """A sales invoice of 100.00; a member given as None is left out."""
    sent = {
        "Type": "ACCREC",
        "Contact": {"Name": "Ridgeway University"},
        "Date": "2019-02-22",
        "DueDate": "2019-03-22",
        "LineAmountTypes": "NoTax",
        "Status": "AUTHORISED",
        "LineItems": [line()],
        **members,
    }
    return {name: value for name, value in sent.items() if value is not None}


def line(**members: Any) -> dict[str, Any]:
    """Two hours at fifty; a member given as None is left out."""
    sent = {
        "Description": "Consulting",
        "Quantity": 2,
        "UnitAmount": 50.0,
        "AccountCode": "SALES",
        **members,
    }
    return {name: value for name, value in sent.items() if value is not None}


def messages(element: Any) -> list[str]:
    """What an element is said to have wrong."""
    return [error["Message"] for error in element["ValidationErrors"]]
