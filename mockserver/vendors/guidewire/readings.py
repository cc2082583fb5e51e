"""What is sent, in the form in which it is kept: codes for typekeys, texts for money, ids for references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.model import Call, Document, Json
from mockserver.vendors.guidewire import amounts, instants
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_TYPELISTS

Reading = Callable[[Json], Json]


def attributes_of(document: Json, call: Call) -> Document | None:
    """The attributes in a body, None where it has none; nulls, blanks and numbers as the switches say.

    Source: Guidewire fact sheet §5 rules 19 and 20 (assumed).
    """
    data = document.get("data") if isinstance(document, dict) else None
    sent = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(sent, dict):
        return None
    if call.assumptions["null_attribute"] == "ignored":
        sent = {name: value for name, value in sent.items() if value is not None}
    if call.assumptions["number_amounts"] == "read":
        sent = {name: _with_text(name, value) for name, value in sent.items()}
    number = sent.get("invoiceNumber")
    if call.assumptions["trim"] == ON and isinstance(number, str):
        return {**sent, "invoiceNumber": number.strip()}
    return sent


def read_invoice(sent: Document) -> dict[str, Any]:
    """What was sent of an invoice; unknown members are left out."""
    return _read(sent, _INVOICE_READINGS)


def read_item(sent: Document) -> dict[str, Any]:
    """What was sent of an item, likewise."""
    return _read(sent, _ITEM_READINGS)


def present(document: Document) -> Document:
    """The document without what was emptied."""
    return {name: value for name, value in document.items() if value is not None}


def _read(sent: Document, readings: Mapping[str, Reading]) -> dict[str, Any]:
    return {name: reading(sent[name]) for name, reading in readings.items() if name in sent}


def _as_sent(value: Json) -> Json:
    return value


def _code(value: Json) -> Json:
    return None if value is None else value["code"]


def _id(value: Json) -> Json:
    return None if value is None else value["id"]


def _with_text(name: str, value: Json) -> Json:
    if name == "amount" and isinstance(value, dict) and "amount" in value:
        return {**value, "amount": amounts.as_text(value["amount"])}
    return amounts.as_text(value) if name == "bulkInvoiceTotal" else value


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
