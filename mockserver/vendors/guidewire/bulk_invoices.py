"""Operations on bulk invoices and items (list, show, create, change, delete) and claims (list, show)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from mockserver.codec.http import json_reply
from mockserver.errors import NotFound
from mockserver.model import Document, Problem, Reply
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.guidewire import attributes, lifecycle
from mockserver.vendors.guidewire.attributes import (
    ITEM_DEFAULTS,
    read_invoice,
    read_item,
    sent_attributes,
    without_nulls,
)
from mockserver.vendors.guidewire.errors import rejection
from mockserver.vendors.guidewire.lifecycle import (
    CLAIMS,
    INVOICES,
    ITEMS,
    NEW_INVOICE,
    PAYEES,
    InvoiceWithItems,
    Target,
    edit_problems,
    in_creation_order,
    invalidate,
    items_of,
    new_id,
    recalculate,
    reopen,
    reopens,
    save,
    to_draft,
    transition_problems,
)
from mockserver.vendors.guidewire.representation import (
    RenderRow,
    checksum,
    claim_element,
    claim_info_row,
    invoice_element,
    invoice_path,
    invoice_row,
    item_element,
    item_path,
    item_row,
    render_page,
)

_INVALIDATING = ("bulkInvoiceTotal", "currency", "payeeAddressBookUID", "splitEqually")


def _list_handler(find: Callable[[Request, State], Iterable[Document]], row: RenderRow) -> Handler:
    return lambda request, state: json_reply(200, render_page(request, find(request, state), row, state))


def _claims(_request: Request, state: State) -> list[Document]:
    claims = state.collection(CLAIMS)
    return [{"id": key, **claims[key]} for key in sorted(claims)]


def _all_invoices(_request: Request, state: State) -> list[Document]:
    return in_creation_order(state.collection(INVOICES).values())


def show_claim(request: Request, state: State) -> Reply:
    key = _key_in_path(CLAIMS, "claimId", request, state)
    claim = {"id": key, **find_record(CLAIMS, key, state)}
    return json_reply(200, {"data": claim_element(claim, request, state)})


def show_invoice(request: Request, state: State) -> Reply:
    return invoice_reply(invoice_in_path(request, state), request, state)


def create_invoice(request: Request, state: State) -> Reply:
    """Store a new draft with defaults and without items.

    Source: docs/vendors/guidewire.md#operations-and-paths, #bulk-invoice.
    """
    sent, assumptions = _checked_attributes(request, Target(), state), request.call.assumptions
    payee = state.collection(PAYEES)[sent["payeeAddressBookUID"]]
    midnight = state.now.replace(hour=0, minute=0, second=0, microsecond=0)
    draft = {
        **NEW_INVOICE,
        "id": new_id(assumptions["id_prefix"], state),
        "position": state.next("position"),
        "mailTo": payee["displayName"],
        "scheduledSendDate": attributes.print_instant(midnight),
        **read_invoice(sent),
    }
    made = save(recalculate(without_nulls(draft), (), assumptions)[0], (), state)
    return invoice_reply(made, request, state, status=201)


def update_invoice(request: Request, state: State) -> Reply:
    """Update an invoice; refuse a stale checksum. Source: docs/vendors/guidewire.md#stale-data, #editing."""
    invoice = invoice_in_path(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_problems(edit_problems(invoice))
    changes = read_invoice(_checked_attributes(request, Target(invoice), state))
    changed = _change_invoice(invoice, changes, request.call.assumptions, state)
    return invoice_reply(changed, request, state)


def delete_invoice(request: Request, state: State) -> Reply:
    """Delete an invoice with its items. Source: docs/vendors/guidewire.md#states."""
    invoice = invoice_in_path(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_problems(transition_problems("delete", invoice))
    items = state.collection(ITEMS)
    for item in items_of(invoice, state):
        del items[item["id"]]
    del state.collection(INVOICES)[invoice["id"]]
    return Reply(204)


def show_item(request: Request, state: State) -> Reply:
    _, item = _item_in_path(request, state)
    return _item_reply(item, request, state)


def create_item(request: Request, state: State) -> Reply:
    """Add an item, and recalculate its invoice, which loses validity and approval.

    Source: docs/vendors/guidewire.md#item, #editing.
    """
    invoice, assumptions = invoice_in_path(request, state), request.call.assumptions
    refuse_problems(edit_problems(invoice))
    sent = _checked_attributes(request, Target(invoice), state)
    draft = without_nulls(
        {
            "amount": "0",
            "bulkInvoice": invoice["id"],
            "currency": invoice["currency"],
            "id": new_id(assumptions["id_prefix"], state),
            "nonEroding": False,
            "position": state.next("position"),
            "reservingCurrency": state.collection(CLAIMS)[sent["claim"]["id"]]["currency"],
            "status": "draft",
            "version": 0,
            **{name: invoice.get(default) for name, default in ITEM_DEFAULTS.items()},
            **read_item(sent),
        }
    )
    if invoice["splitEqually"] or reopens(invoice, assumptions):
        _save_changed(invoice, (*items_of(invoice, state), draft), assumptions, state)
    else:
        _append_item(invoice, draft, state)
    return _item_reply(state.collection(ITEMS)[draft["id"]], request, state, status=201)


def update_item(request: Request, state: State) -> Reply:
    """Update an item; if a value changes, make the item a draft, and invalidate its invoice.

    Raises Rejected if the sent checksum is stale. Source: docs/vendors/guidewire.md#item, #editing.
    """
    invoice, item = _editable_item(request, state)
    sent = _checked_attributes(request, Target(invoice, item), state)
    changed = without_nulls({**item, **read_item(sent)})
    amount = attributes.print_amount(Decimal(changed["amount"]), invoice["currency"])
    changed = {**changed, "amount": amount}
    if changed != item:
        draft = without_nulls({**changed, "status": "draft", "explanation": None})
        items = [draft if one["id"] == item["id"] else one for one in items_of(invoice, state)]
        _save_changed(invoice, items, request.call.assumptions, state)
    return _item_reply(state.collection(ITEMS)[item["id"]], request, state)


def delete_item(request: Request, state: State) -> Reply:
    """Delete an item, and recalculate its invoice, which loses validity and approval.

    Source: docs/vendors/guidewire.md#operations-and-paths, #editing.
    """
    invoice, item = _editable_item(request, state)
    del state.collection(ITEMS)[item["id"]]
    _save_changed(invoice, items_of(invoice, state), request.call.assumptions, state)
    return Reply(204)


def invoice_in_path(request: Request, state: State) -> Document:
    return find_record(INVOICES, _key_in_path(INVOICES, "bulkInvoiceId", request, state), state)


def refuse_problems(problems: Iterable[Problem]) -> None:
    if found := tuple(problems):
        raise rejection(*found)


def refuse_stale(document: Document, path: str, request: Request) -> None:
    """Raise Rejected if the checksum in the body, or else in the header, is stale.

    An assumption may reverse this order of body and header. Source: docs/vendors/guidewire.md#stale-data.
    """
    current = checksum(document)
    data = request.document["data"] if request.document else {}
    brought = [data.get("checksum"), request.parameters.get("GW-Checksum")]
    if request.call.assumptions["checksum_precedence"] == "header":
        brought.reverse()
    supplied = next((one for one in brought if one is not None), current)
    if supplied != current:
        expected = {"uri": path, "currentChecksum": current}
        raise rejection(Problem("stale-checksum", ("data", "checksum"), expected=expected, found=supplied))


def invoice_reply(invoice: Document, request: Request, state: State, status: int = 200) -> Reply:
    return json_reply(status, {"data": invoice_element(invoice, request, state)})


def _item_reply(item: Document, request: Request, state: State, status: int = 200) -> Reply:
    return json_reply(status, {"data": item_element(item, request, state)})


def _checked_attributes(request: Request, subject: Target, state: State) -> Document:
    call = request.call
    sent = sent_attributes(request.document, call) or {}
    refuse_problems(
        lifecycle.attribute_problems(request.operation.id, sent, subject, call.assumptions, state)
    )
    return sent


def _item_in_path(request: Request, state: State) -> tuple[Document, Document]:
    invoice = invoice_in_path(request, state)
    key = _key_in_path(ITEMS, "bulkInvoiceItemId", request, state)
    item = find_record(ITEMS, key, state)
    if item["bulkInvoice"] != invoice["id"]:
        raise NotFound(ITEMS, request.parameters["bulkInvoiceItemId"])
    return invoice, item


def _editable_item(request: Request, state: State) -> tuple[Document, Document]:
    """Return the invoice and item in the path. Raises Rejected: stale checksum, or invoice not editable."""
    invoice, item = _item_in_path(request, state)
    refuse_stale(item, item_path(item), request)
    refuse_problems(edit_problems(invoice))
    return invoice, item


def _key_in_path(collection: str, parameter: str, request: Request, state: State) -> str:
    """Return the id in the path, as it is stored; an assumption decides whether letter case matters."""
    rules = key_rules(request.call.assumptions).of_stored_keys
    return rules.find_key(request.parameters[parameter], state.collection(collection))


def _change_invoice(
    invoice: Document, changes: Document, assumptions: Mapping[str, str], state: State
) -> Document:
    """If a value changes, store the invoice with the changes and their consequences; return the invoice.

    Source: docs/vendors/guidewire.md#editing, #rules.
    """
    payee_id = str(changes.get("payeeAddressBookUID", invoice["payeeAddressBookUID"]))
    if payee_id != invoice["payeeAddressBookUID"]:
        changes = {"mailTo": state.collection(PAYEES)[payee_id]["displayName"], **changes}
    changed = without_nulls({**invoice, **changes})
    revised, items = recalculate(changed, items_of(invoice, state), assumptions)
    if revised == invoice:
        return invoice
    if any(revised[name] != invoice[name] for name in _INVALIDATING):
        revised = invalidate(revised)
    revised, items = reopen(revised, items, assumptions)
    if assumptions["delivery_hold"] == "sets_onhold":
        revised, items = _apply_hold(invoice, revised, items)
    return save(revised, items, state)


def _apply_hold(before: Document, invoice: Document, items: Sequence[Document]) -> InvoiceWithItems:
    """If the delivery method becomes `hold`, set status `onhold`; if `hold` ends, change `onhold` to `draft`.

    Source: docs/vendors/guidewire.md#rules (assumed).
    """
    was, now = before["deliveryMethod"], invoice["deliveryMethod"]
    if was != "hold" and now == "hold":
        return {**invoice, "status": "onhold"}, list(items)
    if was == "hold" and now != "hold" and invoice["status"] == "onhold":
        return to_draft(invoice, items)
    return invoice, list(items)


def _save_changed(
    invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str], state: State
) -> None:
    """Recalculate and store an invoice with its changed items; withdraw its validity and approval."""
    whole, revised = recalculate(invalidate(invoice), items, assumptions)
    save(*reopen(whole, revised, assumptions), state)


def _append_item(invoice: Document, draft: Document, state: State) -> None:
    """Append an item without reading stored items, so that each append takes equal time."""
    currency = invoice["currency"]
    amount = Decimal(draft["amount"])
    total = attributes.sum_amounts((Decimal(invoice["totalAmount"]), amount))
    whole = {**invalidate(invoice), "totalAmount": attributes.print_amount(total, currency)}
    save(whole, ({**draft, "amount": attributes.print_amount(amount, currency)},), state)


list_invoices = _list_handler(_all_invoices, invoice_row)
list_items = _list_handler(lambda request, state: items_of(invoice_in_path(request, state), state), item_row)
list_claims = _list_handler(_claims, claim_element)
list_claim_infos = _list_handler(_claims, claim_info_row)
