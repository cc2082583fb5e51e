"""Allocations: what credits take off invoices, and how credits and invoices show it.

Source: docs/vendors/xero.md#credits.
"""

from collections.abc import Mapping
from decimal import Decimal

from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox.store import State
from mockserver.vendors.xero.dates import date_members, print_date, stored_instant
from mockserver.vendors.xero.invoices.amounts import amount_members
from mockserver.vendors.xero.invoices.kinds import CREDITS, INVOICE, DocumentKind
from mockserver.vendors.xero.invoices.storage import settle
from mockserver.vendors.xero.replies.envelope import pick_members

ALLOCATIONS = "allocations"
EMBEDDED_INVOICE: Mapping[str, Json] = {
    "Payments": [],
    "CreditNotes": [],
    "Prepayments": [],
    "Overpayments": [],
    "HasErrors": False,
    "IsDiscounted": False,
}
"""Members of an invoice inside a payment or an allocation, whatever the real one holds.

Source: docs/vendors/xero.md#dates-and-numbers.
"""

NO_ADDRESSES_OR_SERVICES: Mapping[str, Json] = {"InvoiceAddresses": [], "InvoicePaymentServices": []}
"""Members of an invoice, in a batch payment or an allocation apart. Source: docs/vendors/xero.md#invoice."""


class Allocation(Value, frozen=True):
    """An amount of a credit that is taken off an invoice on a day."""

    kind: DocumentKind
    credit: Document
    invoice: Document
    amount: Decimal
    day: str


def book_allocation(one: Allocation, state: State) -> Document:
    """Keep an allocation, take it off credit and invoice, and return it as it is stored."""
    stored = {
        "AllocationID": state.uuid(),
        one.kind.id: one.credit[one.kind.id],
        INVOICE.id: one.invoice[INVOICE.id],
        "Amount": one.amount,
        "Date": one.day,
    }
    state.collection(ALLOCATIONS)[stored["AllocationID"]] = stored
    _settle_both(one, one.amount, state)
    return stored


def reverse_allocation(one: Allocation, key: str, state: State) -> None:
    """Remove an allocation: the invoice is due again, and the credit has as much left again."""
    del state.collection(ALLOCATIONS)[key]
    _settle_both(one, -one.amount, state)


def _settle_both(one: Allocation, amount: Decimal, state: State) -> None:
    now = stored_instant(state.now)
    counted = {"AmountCredited": amount}
    for kind, document in ((INVOICE, one.invoice), (one.kind, one.credit)):
        state.collection(kind.collection)[document[kind.id]] = settle(document, kind, counted, one.day, now)


def allocations_of(credit: Document, kind: DocumentKind, state: State) -> list[Json]:
    """Return what was taken off invoices by a credit, in the order of days."""
    if credit[kind.unsettled] == credit["Total"]:
        return []
    found = state.collection(ALLOCATIONS).find(kind.id, credit[kind.id])
    return [represent_allocation(one, state) for one in sorted(found, key=_day)]


def represent_allocation(allocation: Document, state: State) -> dict[str, Json]:
    """Return an allocation as its credit shows it."""
    invoice = state.collection(INVOICE.collection).get(allocation[INVOICE.id]) or EMPTY
    return {
        **pick_members(allocation, "AllocationID"),
        **amount_members(allocation, "Amount"),
        "Date": print_date(allocation["Date"]),
        "Invoice": {
            INVOICE.id: allocation[INVOICE.id],
            **pick_members(invoice, INVOICE.number),
            **EMBEDDED_INVOICE,
            "LineItems": [],
        },
        "IsDeleted": False,
    }


def credits_on(invoice: Document, state: State) -> dict[str, list[Json]]:
    """Return the credits that were taken off an invoice: a list for each kind."""
    shown: dict[str, list[Json]] = {kind.plural: [] for kind in CREDITS}
    if not invoice["AmountCredited"]:
        return shown
    for allocation in sorted(state.collection(ALLOCATIONS).find(INVOICE.id, invoice[INVOICE.id]), key=_day):
        kind = next(one for one in CREDITS if one.id in allocation)
        shown[kind.plural].append(_represent_credit_on_invoice(allocation, kind, state))
    return shown


def _represent_credit_on_invoice(allocation: Document, kind: DocumentKind, state: State) -> Json:
    credit = state.collection(kind.collection).get(allocation[kind.id]) or EMPTY
    return {
        kind.id: allocation[kind.id],
        **pick_members(credit, kind.number),
        "ID": allocation[kind.id],
        **amount_members({"AppliedAmount": allocation["Amount"]}, "AppliedAmount"),
        **date_members("Date", credit),
        "LineItems": [],
        **amount_members(credit, "Total"),
    }


def _day(allocation: Document) -> str:
    return str(allocation["Date"])
