"""What follows from a change: shares, sums, printed amounts, and how far the invoice is still trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from mockserver.model import Document
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.lifecycle import REOPENED, STUCK
from mockserver.vendors.guidewire.readings import present

Whole = tuple[Document, list[Document]]
"""An invoice with its items."""


def settled(invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]) -> Whole:
    """Share out the total where that is asked for, print every amount in the currency, and sum up.

    Source: Guidewire fact sheet §5 rules 1, 4, 5, 7.
    """
    currency = invoice["currency"]
    whole = Decimal(invoice["bulkInvoiceTotal"])
    each: Sequence[Decimal] = [Decimal(item["amount"]) for item in items]
    if invoice["splitEqually"] and items:
        each = amounts.shares(whole, len(items), currency, assumptions["split_remainder"])
    summed = {
        **invoice,
        "approvedAmount": amounts.printed(Decimal(invoice["approvedAmount"]), currency),
        "bulkInvoiceTotal": amounts.printed(whole, currency),
        "totalAmount": amounts.printed(amounts.total(each), currency),
    }
    return summed, [
        {**item, "amount": amounts.printed(amount, currency), "currency": currency}
        for item, amount in zip(items, each, strict=True)
    ]


def doubted(invoice: Document) -> Document:
    """The invoice with neither validity nor approval."""
    return unapproved({**invoice, "valid": False})


def unapproved(invoice: Document) -> Document:
    """The invoice as if nobody had ever approved or rejected it."""
    amount = amounts.printed(amounts.ZERO, invoice["currency"])
    return present(
        {**invoice, "approvalStatus": "unapproved", "approvedAmount": amount, "approvalDate": None}
    )


def reopens(invoice: Document, assumptions: Mapping[str, str]) -> bool:
    """Whether a change leads the invoice back to draft. Source: Guidewire fact sheet §4.2 (assumed)."""
    return invoice["status"] == STUCK or (
        invoice["status"] in REOPENED and assumptions["reopen_on_change"] == ON
    )


def reopened(invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]) -> Whole:
    """Back to draft with all items, where a change leads there."""
    return drafted(invoice, items) if reopens(invoice, assumptions) else (invoice, list(items))


def drafted(invoice: Document, items: Sequence[Document]) -> Whole:
    """The invoice and its items as drafts."""
    return unapproved({**invoice, "status": "draft"}), with_status(items, "draft")


def with_status(items: Sequence[Document], status: str, explanation: str | None = None) -> list[Document]:
    """The items in that status; an older explanation is forgotten."""
    return [present({**item, "status": status, "explanation": explanation}) for item in items]
