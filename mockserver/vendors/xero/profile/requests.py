"""Build requests and documents, and read documents from responses, for Xero's contract profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.profile import DrawnValues, Facts, Record
from mockserver.model import Json

WITHOUT_SUMMARY = {"summarizeErrors": "false"}
UNKNOWN_ID = "00000000-0000-4000-8000-00000000dead"
"""An id that no document has."""

_API = "/api.xro/2.0"
_JSON = {"accept": "application/json"}
_FOUND, _NOT_FOUND = 200, 404
_CENT = Decimal("0.01")
_WHOLES = tuple(map(Decimal, ("0.30", "19.99", "1234567890.12", "33.34", "4.35")))


def read_request(path: str, **query: str) -> Request:
    """Return a read below the API's own path."""
    return Request("GET", f"{_API}/{path}{_query(query)}", _JSON)


def write_request(method: str, path: str, document: Json, **query: str) -> Request:
    """Return a write below the API's own path."""
    return json_request(method, f"{_API}/{path}{_query(query)}", document, _JSON)


def batch_request(method: str, plural: str, **query: str) -> Callable[[Sequence[Json], int], Request]:
    """Return the call that writes elements."""
    return lambda items, _tenant: write_request(method, plural, {plural: list(items)}, **query)


def read_authorised(plural: str, condition: str = "") -> Request:
    """Return a read of authorised payments, or batches of them, that match the condition."""
    return read_request(
        plural, where=f'{condition} AND Status=="AUTHORISED"' if condition else 'Status=="AUTHORISED"'
    )


def path_segment(text: str) -> str:
    """`text` as a segment of a path."""
    return quote(text, safe="")


def split_amount(amount: Decimal) -> tuple[Decimal, Decimal]:
    """Split an amount into two, in cents; the second is zero if there is only one cent."""
    half = (amount / 2).quantize(_CENT, ROUND_DOWN)
    return amount - half, half


def full_amount(key: str) -> Decimal:
    """Return what a key is paid with that is paid as a whole: of the same key always the same."""
    return _WHOLES[int(key.rpartition("-")[2]) % len(_WHOLES)]


def invoice_document(facts: Facts, number: str, *amounts: Decimal) -> Json:
    """Return an approved sales invoice with a line for each amount, without tax."""
    return {
        "Type": "ACCREC",
        "InvoiceNumber": number,
        "Contact": {"Name": facts["contact"]},
        "Date": facts["date"],
        "DueDate": facts["due_date"],
        "LineAmountTypes": "NoTax",
        "Status": "AUTHORISED",
        "LineItems": [
            {"Description": "Hall hire", "Quantity": 1, "UnitAmount": amount, "AccountCode": facts["account"]}
            for amount in amounts
        ],
    }


def create_invoices(*invoices: Json) -> tuple[Request, ...]:
    """Return the call that brings invoices about."""
    return (write_request("POST", "Invoices", {"Invoices": list(invoices)}),)


def payment_document(facts: Facts, number: str, amount: Decimal) -> Json:
    """Return a payment on the invoice of that number."""
    return {
        "Invoice": {"InvoiceNumber": number},
        "Account": {"Code": facts["bank"]},
        "Date": facts["date"],
        "Amount": amount,
    }


def delete_first(plural: str, name: str) -> Callable[[Exchange, str, DrawnValues, int], Request]:
    """Return the deletion of the first document found, by its address."""

    def request(exchange: Exchange, _key: str, _drawn: DrawnValues, _tenant: int) -> Request:
        return write_request("POST", f"{plural}/{first_id(exchange, plural, name)}", {"Status": "DELETED"})

    return request


def first_id(exchange: Exchange, plural: str, name: str) -> str:
    """Return the id of the first document found, or an unused id."""
    return next((str(one[name]) for one in documents_in(exchange, plural)), UNKNOWN_ID)


def documents_in(exchange: Exchange, plural: str) -> Sequence[Mapping[str, Any]]:
    """Return the documents that an answer shows; none where it is a 404.

    Raises:
        ValueError: it is neither.
    """
    response = exchange.response
    if response.status == _NOT_FOUND:
        return ()
    document = response.json() if response.status == _FOUND else None
    shown = document.get(plural) if isinstance(document, dict) else None
    if not isinstance(shown, list):
        raise ValueError(f"a read was answered {response.status} and shows no {plural}")  # noqa: TRY004 - unreadable
    return shown


def read_paid(_key: str, exchange: Exchange) -> Record | None:
    """Return the amount paid of the invoices in a response; None without any.

    Raises:
        ValueError: what was paid, what was credited and what is due of one do not make up its total.
    """
    total = Decimal(0)
    for one in documents_in(exchange, "Invoices"):
        came, due = Decimal(one["AmountPaid"]), Decimal(one["AmountDue"])
        credited = Decimal(one.get("AmountCredited", 0))
        if came + credited + due != Decimal(one["Total"]):
            raise ValueError(
                f"of {one['Total']}, {came} is shown as paid, {credited} as credited and {due} as due"
            )
        total += came
    return {"Paid": total} if total else None


def read_paid_by_reference(plural: str, amount: str) -> Callable[[Exchange], Mapping[str, Record]]:
    """Return what was paid by the documents of a list, together for each reference."""

    def listed(exchange: Exchange) -> Mapping[str, Record]:
        totals: dict[str, Decimal] = {}
        for one in documents_in(exchange, plural):
            if reference := one.get("Reference"):
                totals[reference] = totals.get(reference, Decimal(0)) + Decimal(one[amount])
        return {reference: {"Paid": total} for reference, total in totals.items()}

    return listed


def _query(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""
