"""The operations on invoices and items: find, judge by the state, change, show."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.guidewire import invoices, rules
from mockserver.vendors.guidewire.instants import printed
from mockserver.vendors.guidewire.listing import page
from mockserver.vendors.guidewire.records import INVOICES, find_invoice, find_item, in_order, items_of
from mockserver.vendors.guidewire.render import (
    checksum,
    correlated,
    invoice_element,
    invoice_path,
    invoice_row,
    item_element,
    item_row,
)

TRANSACTIONS = "transactions"

_TRANSACTION = "GW-DBTransaction-ID"


class _TakeBackError(Exception):
    """Leaves the savepoint of a call that is only tried, so that it undoes itself."""


def list_invoices(request: Request, state: State) -> Reply:
    """One page of invoices, in order of creation unless `sort` says otherwise."""
    documents = in_order(state.collection(INVOICES).values())
    return json_reply(200, page(request, documents, invoice_row, state))


def show_invoice(request: Request, state: State) -> Reply:
    """One invoice."""
    invoice = _invoice(request, state)
    return _element(200, invoice_element(invoice, state, request.parameters.get("fields", ())))


def create_invoice(request: Request, state: State) -> Reply:
    """Make an invoice. Source: Guidewire fact sheet §1.1, §2.2."""
    sent = request.document["data"]["attributes"]
    _refuse_any(rules.of(request.operation.id, sent, None, state))
    return _element(201, invoice_element(invoices.open_invoice(sent, state), state, ()))


def update_invoice(request: Request, state: State) -> Reply:
    """Change an invoice, if it is still as the caller read it. Source: Guidewire fact sheet §3.3, §4.2."""
    invoice, data = _invoice(request, state), request.document["data"]
    _refuse_any(_stale(invoice, data, request))
    _refuse_any(rules.on_state(invoice))
    sent = data["attributes"]
    _refuse_any(rules.of(request.operation.id, sent, invoice, state))
    return _element(200, invoice_element(invoices.revise(invoice, sent, state), state, ()))


def list_items(request: Request, state: State) -> Reply:
    """One page of an invoice's items, oldest first unless `sort` says otherwise."""
    documents = items_of(_invoice(request, state), state)
    return json_reply(200, page(request, documents, item_row, state))


def show_item(request: Request, state: State) -> Reply:
    """One item of an invoice."""
    names = request.parameters
    item = find_item(names["bulkInvoiceId"], names["bulkInvoiceItemId"], state)
    return _element(200, item_element(item, state, names.get("fields", ())))


def create_item(request: Request, state: State) -> Reply:
    """Add an item to an invoice. Source: Guidewire fact sheet §2.3, §4.2."""
    invoice, sent = _invoice(request, state), request.document["data"]["attributes"]
    _refuse_any(rules.on_state(invoice))
    _refuse_any(rules.of(request.operation.id, sent, invoice, state))
    return _element(201, item_element(invoices.add_item(invoice, sent, state), state, ()))


def reading(handler: Handler) -> Handler:
    """The handler, its replies with a correlation id."""

    def handle(request: Request, state: State) -> Reply:
        return correlated(handler(request, state), request.call, state)

    return handle


def writing(handler: Handler) -> Handler:
    """The handler as one transaction: once only under one id, and without a trace when it is only tried.

    Source: Guidewire fact sheet §1.5.
    """

    def handle(request: Request, state: State) -> Reply:
        tried = request.parameters.get("GW-DoNotCommit") is True
        with suppress(_TakeBackError), state.item():
            if not tried:
                _claim(request, state)
            reply = handler(request, state)
            if tried:
                raise _TakeBackError
        return correlated(reply, request.call, state)

    return handle


def _claim(request: Request, state: State) -> None:
    """Note the transaction's id; a refused call leaves no note, as it leaves nothing."""
    name = request.parameters.get(_TRANSACTION)
    if not name:
        return
    known = state.collection(TRANSACTIONS)
    if name in known:
        raise Rejected(Problem("already-executed", ("header", _TRANSACTION), found=name))
    known[name] = {"at": printed(state.now)}


def _invoice(request: Request, state: State) -> Document:
    return find_invoice(request.parameters["bulkInvoiceId"], state)


def _stale(invoice: Document, data: Document, request: Request) -> Iterable[Problem]:
    """A checksum that is not the current one; the body's counts before the header's."""
    current = checksum(invoice)
    supplied = data.get("checksum", request.parameters.get("GW-Checksum", current))
    if supplied != current:
        expected = {"uri": invoice_path(invoice), "currentChecksum": current}
        yield Problem("stale-checksum", ("data", "checksum"), expected=expected, found=supplied)


def _refuse_any(problems: Iterable[Problem]) -> None:
    if found := tuple(problems):
        raise Rejected(*found)


def _element(status: int, element: Json) -> Reply:
    return json_reply(status, {"data": element})
