"""Invoices and how the three readers get them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

BATCH = "/api/InvoiceBatch"
NAMESPACE = "http://schemas.datacontract.org/2004/07/PVExDataModel"
SAMPLES = Path(__file__).parents[2] / "seeds" / "pvex" / "samples"
GENERAL = "An error has occurred."
XML = {"content-type": "application/xml"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
VALID: Mapping[str, Any] = {
    "Number": "N-1",
    "ClientId": "C-1",
    "ClientPmsId": "5001",
    "ApiCreateDate": "2025-12-16T00:00:00Z",
    "RowKey": 1,
    "Id": "I-1",
    "SyncId": "S-1",
    "SubscriberId": "SUB-1",
}


def invoice(**members: Any) -> dict[str, Any]:
    """A valid invoice with `members` changed or added."""
    return {**VALID, **members}


def visit(number: int, **members: Any) -> dict[str, Any]:
    """One of several invoices of a day, told apart by its number."""
    named = {name: f"{VALID[name][:-1]}{number}" for name in ("Number", "Id", "SyncId")}
    return invoice(**{**named, "RowKey": number, **members})


def less(*names: str, **members: Any) -> dict[str, Any]:
    """A valid invoice without some of its members."""
    return {name: value for name, value in invoice(**members).items() if name not in names}


def members(*invoices: Mapping[str, Any], order: Any = sorted) -> str:
    """The invoices as XML elements, members in `order`."""
    return "".join(
        "<Invoice>" + "".join(f"<{name}>{one[name]}</{name}>" for name in order(one)) + "</Invoice>"
        for one in invoices
    )


def wrapped(inner: str) -> bytes:
    """`inner` inside the root element."""
    nil = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    return f'<ArrayOfInvoice {nil} xmlns="{NAMESPACE}">{inner}</ArrayOfInvoice>'.encode()


def xml(*invoices: Mapping[str, Any]) -> bytes:
    """The invoices as an XML body."""
    return wrapped(members(*invoices))


def form(*invoices: Mapping[str, Any]) -> bytes:
    """The invoices as a form body."""
    pairs = {f"[{n}].{name}": text for n, one in enumerate(invoices) for name, text in one.items()}
    return urlencode(pairs).encode()


def required(number: int, *names: str) -> dict[str, list[str]]:
    """What `ModelState` says of required members that an invoice lacks."""
    return {f"invoices[{number}].{name}": [f"The {name} field is required."] for name in names}
