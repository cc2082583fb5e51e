"""Bulk invoices: made, changed, dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.model import Document
from mockserver.store import State
from mockserver.vendors.guidewire import instants
from mockserver.vendors.guidewire.readings import present, read_invoice
from mockserver.vendors.guidewire.records import INVOICES, ITEMS, PAYEES, items_of, keep, new_id
from mockserver.vendors.guidewire.settling import Whole, doubted, drafted, reopened, settled

_NEW: Document = {
    "approvalStatus": "unapproved",
    "approvedAmount": "0",
    "bulkInvoiceTotal": "0",
    "currency": "usd",
    "deliveryMethod": "send",
    "paymentMethod": "check",
    "reportability": "notreportable",
    "splitEqually": False,
    "status": "draft",
    "valid": False,
    "version": 0,
}
_DOUBTFUL = ("bulkInvoiceTotal", "currency", "payeeAddressBookUID", "splitEqually")


def open_invoice(sent: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Make a draft without items; whatever was not sent gets its default.

    Source: Guidewire fact sheet §2.2.
    """
    payee = state.collection(PAYEES)[sent["payeeAddressBookUID"]]
    draft = {
        **_NEW,
        "id": new_id(assumptions["id_prefix"], state),
        "position": state.next("position"),
        "mailTo": payee["displayName"],
        "scheduledSendDate": instants.midnight(state.now),
        **read_invoice(sent),
    }
    return keep(settled(present(draft), (), assumptions)[0], (), state)


def revise(invoice: Document, sent: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Change what was sent and all that follows from it; what changes nothing leaves everything as it is.

    Source: Guidewire fact sheet §4.2 and §5 rules 1, 4, 8, 9, 19.
    """
    changes = read_invoice(sent)
    payee_id = str(changes.get("payeeAddressBookUID", invoice["payeeAddressBookUID"]))
    if payee_id != invoice["payeeAddressBookUID"]:
        changes = {"mailTo": state.collection(PAYEES)[payee_id]["displayName"], **changes}
    changed = present({**invoice, **changes})
    revised, items = settled(changed, items_of(invoice, state), assumptions)
    if revised == invoice:
        return invoice
    if any(revised[name] != invoice[name] for name in _DOUBTFUL):
        revised = doubted(revised)
    revised, items = reopened(revised, items, assumptions)
    if assumptions["delivery_hold"] == "sets_onhold":
        revised, items = _held(invoice, revised, items)
    return keep(revised, items, state)


def drop(invoice: Document, state: State) -> None:
    """Delete an invoice with its items. Source: Guidewire fact sheet §4.1."""
    items = state.collection(ITEMS)
    for item in items_of(invoice, state):
        del items[item["id"]]
    del state.collection(INVOICES)[invoice["id"]]


def _held(before: Document, invoice: Document, items: Sequence[Document]) -> Whole:
    """On hold, or no longer so, where the delivery method says that. Source: §5 rule 10 (assumed)."""
    was, now = before["deliveryMethod"], invoice["deliveryMethod"]
    if was != "hold" and now == "hold":
        return {**invoice, "status": "onhold"}, list(items)
    if was == "hold" and now != "hold" and invoice["status"] == "onhold":
        return drafted(invoice, items)
    return invoice, list(items)
