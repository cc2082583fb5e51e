"""Replies: errors, stored invoices and the outcome of a batch, in the representation that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from mockserver.codec import json
from mockserver.model import Call, Document, Json, Reply
from mockserver.store import State
from mockserver.vendor import BatchResult
from mockserver.vendors.pvex import markup
from mockserver.vendors.pvex.faults import ModelState, model_state
from mockserver.vendors.pvex.members import DECLARED, MONEY
from mockserver.vendors.pvex.representation import negotiated

INVALID = "The request is invalid."
SUCCESS = Reply(200)  # assumed: §1.1, settings `success_status` and `success_body`
_NO_STATE: ModelState = {}


def batch_reply(result: BatchResult, _state: State) -> Reply:
    """All or nothing: an empty success, or every fault of every invoice.

    Source: PVEx fact sheet §1.1, §3.2.
    """
    if any(outcome.problems for outcome in result.outcomes):
        return error_reply(result.request.call, 400, INVALID, model_state(result))
    return SUCCESS


def error_reply(
    call: Call,
    status: int,
    message: str,
    state: ModelState = _NO_STATE,
    headers: tuple[tuple[str, str], ...] = (),
) -> Reply:
    """The vendor's error object.

    Source: PVEx fact sheet §3.1.
    """
    found = negotiated(call)
    members: Mapping[str, Json] = {"Message": message, **({"ModelState": state} if state else {})}
    text = markup.error(message, state) if found.xml else json.encode(members).decode()
    return Reply(status, found.encode(text), found.content_type, headers)


def invoices_reply(call: Call, invoices: Iterable[Document]) -> Reply:
    """A list of stored invoices."""
    found = negotiated(call)
    text = markup.invoice_list(invoices) if found.xml else f"[{','.join(map(_json, invoices))}]"
    return Reply(200, found.encode(text), found.content_type)


def invoice_reply(call: Call, invoice: Document) -> Reply:
    """One stored invoice."""
    found = negotiated(call)
    text = markup.one_invoice(invoice) if found.xml else _json(invoice)
    return Reply(200, found.encode(text), found.content_type)


def _json(invoice: Document) -> str:
    """Every member in declared order, nulls too; written by hand, for the codec prints 1E-8 and 1E+3."""
    pairs = (f'"{name}":{_value(name, invoice[name])}' for name in DECLARED)
    return f"{{{','.join(pairs)}}}"


def _value(name: str, value: Json) -> str:
    if name not in MONEY or value is None:
        return json.encode(value).decode()
    digits = format(Decimal(value), "f")
    return digits if "." in digits else f"{digits}.0"
