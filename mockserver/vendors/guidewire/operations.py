"""The operations on invoices and items: find, judge by the state, change, show."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire import invoices, items, rules
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.lifecycle import not_editable, wrong_state
from mockserver.vendors.guidewire.listing import page
from mockserver.vendors.guidewire.readings import attributes_of
from mockserver.vendors.guidewire.records import INVOICES, find_invoice, find_item, in_order, items_of
from mockserver.vendors.guidewire.render import (
    checksum,
    invoice_element,
    invoice_path,
    invoice_row,
    item_element,
    item_path,
    item_row,
)
from mockserver.vendors.guidewire.rules import Subject


def list_invoices(request: Request, state: State) -> Reply:
    """One page of invoices, in order of creation unless `sort` says otherwise."""
    documents = in_order(state.collection(INVOICES).values())
    return json_reply(200, page(request, documents, invoice_row, state))


def show_invoice(request: Request, state: State) -> Reply:
    """One invoice."""
    return element(200, invoice_element(named_invoice(request, state), request, state))


def create_invoice(request: Request, state: State) -> Reply:
    """Make an invoice. Source: Guidewire fact sheet §1.1, §2.2."""
    sent = _judged(request, Subject(), state)
    made = invoices.open_invoice(sent, request.call.assumptions, state)
    return element(201, invoice_element(made, request, state))


def update_invoice(request: Request, state: State) -> Reply:
    """Change an invoice, if it is still as the caller read it. Source: Guidewire fact sheet §3.3, §4.2."""
    invoice = named_invoice(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_any(not_editable(invoice))
    sent = _judged(request, Subject(invoice), state)
    changed = invoices.revise(invoice, sent, request.call.assumptions, state)
    return element(200, invoice_element(changed, request, state))


def delete_invoice(request: Request, state: State) -> Reply:
    """Delete an invoice with its items. Source: Guidewire fact sheet §4.1."""
    invoice = named_invoice(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_any(wrong_state("delete", invoice))
    invoices.drop(invoice, state)
    return Reply(204)


def list_items(request: Request, state: State) -> Reply:
    """One page of an invoice's items, oldest first unless `sort` says otherwise."""
    documents = items_of(named_invoice(request, state), state)
    return json_reply(200, page(request, documents, item_row, state))


def show_item(request: Request, state: State) -> Reply:
    """One item of an invoice."""
    _, item = _named_item(request, state)
    return element(200, item_element(item, request, state))


def create_item(request: Request, state: State) -> Reply:
    """Add an item to an invoice. Source: Guidewire fact sheet §2.3, §4.2."""
    invoice = named_invoice(request, state)
    refuse_any(not_editable(invoice))
    sent = _judged(request, Subject(invoice), state)
    made = items.add(invoice, sent, request.call.assumptions, state)
    return element(201, item_element(made, request, state))


def update_item(request: Request, state: State) -> Reply:
    """Change an item. Source: Guidewire fact sheet §2.3, §4.2."""
    invoice, item = _named_item(request, state)
    refuse_stale(item, item_path(item), request)
    refuse_any(not_editable(invoice))
    sent = _judged(request, Subject(invoice, item), state)
    changed = items.revise(invoice, item, sent, request.call.assumptions, state)
    return element(200, item_element(changed, request, state))


def delete_item(request: Request, state: State) -> Reply:
    """Take an item out of an invoice. Source: Guidewire fact sheet §1.2, §4.2."""
    invoice, item = _named_item(request, state)
    refuse_stale(item, item_path(item), request)
    refuse_any(not_editable(invoice))
    items.drop(invoice, item, request.call.assumptions, state)
    return Reply(204)


def named_invoice(request: Request, state: State) -> Document:
    """The invoice that the path names.

    Raises:
        NotFound: there is none.
    """
    return find_invoice(request.parameters["bulkInvoiceId"], state, any_case=_any_case(request))


def refuse_any(problems: Iterable[Problem]) -> None:
    """Refuse the call if there is a problem.

    Raises:
        Rejected: with all of them.
    """
    if found := tuple(problems):
        raise Rejected(*found)


def refuse_stale(document: Document, path: str, request: Request) -> None:
    """Refuse a checksum that is not the current one; of body and header one counts.

    Source: Guidewire fact sheet §3.3.

    Raises:
        Rejected: it is stale.
    """
    current = checksum(document)
    data = request.document["data"] if request.document else {}
    brought = [data.get("checksum"), request.parameters.get("GW-Checksum")]
    if request.call.assumptions["checksum_precedence"] == "header":
        brought.reverse()
    supplied = next((one for one in brought if one is not None), current)
    if supplied != current:
        expected = {"uri": path, "currentChecksum": current}
        raise Rejected(Problem("stale-checksum", ("data", "checksum"), expected=expected, found=supplied))


def element(status: int, shown: Json) -> Reply:
    """One resource as an answer."""
    return json_reply(status, {"data": shown})


def _judged(request: Request, subject: Subject, state: State) -> Document:
    """The attributes that were sent, if no rule is against them.

    Raises:
        Rejected: one is.
    """
    call = request.call
    sent = attributes_of(request.document, call) or {}
    refuse_any(rules.of(request.operation.id, sent, subject, call.assumptions, state))
    return sent


def _named_item(request: Request, state: State) -> tuple[Document, Document]:
    invoice = named_invoice(request, state)
    item_id = request.parameters["bulkInvoiceItemId"]
    return invoice, find_item(invoice, item_id, state, any_case=_any_case(request))


def _any_case(request: Request) -> bool:
    return request.call.assumptions["ci_keys"] == ON
