"""Bulk invoices and their items: made, changed, summed up and shared out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mockserver.model import Document, Json
from mockserver.store import State
from mockserver.vendors.guidewire import amounts, instants
from mockserver.vendors.guidewire.assumed import REOPENED
from mockserver.vendors.guidewire.records import CLAIMS, ITEMS, PAYEES, items_of, keep, new_id
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_DEFAULTS, ITEM_TYPELISTS

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

Reading = Callable[[Json], Json]


def open_invoice(sent: Document, state: State) -> Document:
    """Make a draft without items; whatever was not sent gets its default.

    Source: Guidewire fact sheet §2.2.
    """
    payee = state.collection(PAYEES)[sent["payeeAddressBookUID"]]
    draft = {
        **_NEW,
        "id": new_id(state),
        "position": state.next("position"),
        "mailTo": payee["displayName"],
        "scheduledSendDate": instants.midnight(state.now),
        **_read(sent, _INVOICE_READINGS),
    }
    return keep(_settled(_present(draft), ())[0], (), state)


def revise(invoice: Document, sent: Document, state: State) -> Document:
    """Change what was sent and all that follows from it; what changes nothing leaves everything as it is.

    Source: Guidewire fact sheet §4.2 and §5 rules 1, 4, 8, 9, 19.
    """
    changes = _read(sent, _INVOICE_READINGS)
    payee_id = str(changes.get("payeeAddressBookUID", invoice["payeeAddressBookUID"]))
    if payee_id != invoice["payeeAddressBookUID"]:
        changes = {"mailTo": state.collection(PAYEES)[payee_id]["displayName"], **changes}
    revised, items = _settled(_present({**invoice, **changes}), items_of(invoice, state))
    if revised == invoice:
        return invoice
    if any(revised[name] != invoice[name] for name in _DOUBTFUL):
        revised = _doubted(revised)
    return keep(*_reopened(revised, items), state)


def add_item(invoice: Document, sent: Document, state: State) -> Document:
    """Make an item; the invoice is no longer valid nor approved, and its total grows.

    Source: Guidewire fact sheet §2.3, §4.2 and §5 rules 4, 7.
    """
    claim = state.collection(CLAIMS)[sent["claim"]["id"]]
    defaults = {name: invoice.get(default) for name, default in ITEM_DEFAULTS.items()}
    draft = {
        "amount": "0",
        "bulkInvoice": invoice["id"],
        "currency": invoice["currency"],
        "id": new_id(state),
        "nonEroding": False,
        "position": state.next("position"),
        "reservingCurrency": claim["currency"],
        "status": "draft",
        "version": 0,
        **defaults,
        **_read(sent, _ITEM_READINGS),
    }
    settled, items = _settled(invoice, (*items_of(invoice, state), _present(draft)))
    keep(*_reopened(_doubted(settled), items), state)
    return state.collection(ITEMS)[draft["id"]]


def _read(sent: Document, readings: Mapping[str, Reading]) -> dict[str, Any]:
    """What was sent, in the form in which it is kept; unknown members are left out."""
    return {name: reading(sent[name]) for name, reading in readings.items() if name in sent}


def _as_sent(value: Json) -> Json:
    return value


def _code(value: Json) -> Json:
    return value["code"]


def _id(value: Json) -> Json:
    return value["id"]


def _amount(value: Json) -> Json:
    return value["amount"]


_INVOICE_READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(INVOICE_TYPELISTS.keys() - {"status", "approvalStatus"}, _code),
    "bulkInvoiceTotal": _as_sent,
    "invoiceNumber": _as_sent,
    "mailTo": _as_sent,
    "payeeAddressBookUID": _as_sent,
    "scheduledSendDate": instants.normal,
    "splitEqually": _as_sent,
}
_ITEM_READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(ITEM_TYPELISTS.keys() - {"status"}, _code),
    "amount": _amount,
    "claim": _id,
    "dateOfService": instants.normal,
    "description": _as_sent,
    "exposure": _id,
    "nonEroding": _as_sent,
    "servicePeriodEnd": instants.normal,
    "servicePeriodStart": instants.normal,
}


def _present(document: Document) -> Document:
    """The document without what was emptied."""
    return {name: value for name, value in document.items() if value is not None}


def _settled(invoice: Document, items: Sequence[Document]) -> tuple[Document, list[Document]]:
    """Share out the total where that is asked for, print every amount in the currency, and sum up."""
    currency = invoice["currency"]
    whole = Decimal(invoice["bulkInvoiceTotal"])
    each: Sequence[Decimal] = [Decimal(item["amount"]) for item in items]
    if invoice["splitEqually"] and items:
        each = amounts.shares(whole, len(items), currency)
    settled = {
        **invoice,
        "approvedAmount": amounts.printed(Decimal(invoice["approvedAmount"]), currency),
        "bulkInvoiceTotal": amounts.printed(whole, currency),
        "totalAmount": amounts.printed(amounts.total(each), currency),
    }
    return settled, [
        {**item, "amount": amounts.printed(amount, currency), "currency": currency}
        for item, amount in zip(items, each, strict=True)
    ]


def _doubted(invoice: Document) -> Document:
    """The invoice with neither validity nor approval."""
    return _unapproved({**invoice, "valid": False})


def _unapproved(invoice: Document) -> Document:
    amount = amounts.printed(amounts.ZERO, invoice["currency"])
    return _present(
        {**invoice, "approvalStatus": "unapproved", "approvedAmount": amount, "approvalDate": None}
    )


def _reopened(invoice: Document, items: list[Document]) -> tuple[Document, list[Document]]:
    """Back to draft with all items, where a change leads there."""
    if invoice["status"] not in REOPENED:
        return invoice, items
    return _unapproved({**invoice, "status": "draft"}), [{**item, "status": "draft"} for item in items]
