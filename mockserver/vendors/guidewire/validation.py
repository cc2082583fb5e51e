"""Validation: what is wrong with an invoice as a whole, kept as alerts until a later look finds nothing.

Source: Guidewire fact sheet §4.1 and §5 rules 3, 6, 11, 13, 16, 17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from mockserver.model import Document, Json
from mockserver.store import State
from mockserver.vendors.guidewire import instants
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.readings import present
from mockserver.vendors.guidewire.records import BANK_ACCOUNTS, INVOICES, PAYEES, items_of, keep
from mockserver.vendors.guidewire.texts import ALERTS


def validate(invoice: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Look at the invoice, and keep when that was and what was found."""
    items = items_of(invoice, state)
    alerts = [
        *_on_amounts(invoice, items),
        *_on_payee(invoice, state),
        *_on_number(invoice, assumptions, state),
    ]
    looked_at = {
        **invoice,
        "lastValidatedDate": instants.printed(state.now),
        "valid": not alerts,
        "validationAlerts": alerts or None,
    }
    return keep(present(looked_at), (), state)


def _on_amounts(invoice: Document, items: Sequence[Document]) -> Iterator[Json]:
    if not items:
        yield _alert("noItems")
    total = Decimal(invoice["bulkInvoiceTotal"])
    if total and not invoice["splitEqually"] and total != Decimal(invoice["totalAmount"]):
        yield _alert("totalDiffers", total=invoice["bulkInvoiceTotal"], sum=invoice["totalAmount"])


def _on_payee(invoice: Document, state: State) -> Iterator[Json]:
    payee = state.collection(PAYEES)[invoice["payeeAddressBookUID"]]
    if invoice["paymentMethod"] == "eft" and invoice["payeeAddressBookUID"] not in state.collection(
        BANK_ACCOUNTS
    ):
        yield _alert("noBankData")
    if invoice["paymentMethod"] == "check" and "primaryAddress" not in payee:
        yield _alert("noMailingAddress")
    if invoice["reportability"] == "reportable" and "taxId" not in payee:
        yield _alert("noTaxId")


def _on_number(invoice: Document, assumptions: Mapping[str, str], state: State) -> Iterator[Json]:
    number = invoice.get("invoiceNumber")
    if assumptions["duplicate_invoice_numbers"] == "allowed" or not number:
        return
    if any(_is_same(number, other.get("invoiceNumber"), assumptions) for other in _others(invoice, state)):
        yield _alert("duplicateInvoiceNumber", number=number)


def _others(invoice: Document, state: State) -> Iterator[Document]:
    return (other for other in state.collection(INVOICES).values() if other["id"] != invoice["id"])


def _is_same(number: str, other: str | None, assumptions: Mapping[str, str]) -> bool:
    if other is None or assumptions["ci_keys"] != ON:
        return number == other
    return number.lower() == other.lower()


def _alert(kind: str, **values: str) -> Json:
    return {"message": ALERTS[kind].format(**values), "type": kind}
