"""Operations on bulk invoices and their items: list, show, create, change, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from mockserver.codec.http import json_reply
from mockserver.model import Document, Json, Problem, Reply
from mockserver.sandbox.assumptions import KeyRules, key_rules
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
    PAYEES,
    InvoiceWithItems,
    Target,
    edit_problems,
    find_invoice,
    find_item,
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

_NEW_INVOICE: Document = {
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
_INVALIDATING = ("bulkInvoiceTotal", "currency", "payeeAddressBookUID", "splitEqually")


def _list_handler(find: Callable[[Request, State], Iterable[Document]], row: RenderRow) -> Handler:
    return lambda request, state: json_reply(200, render_page(request, find(request, state), row, state))


def _claims(_request: Request, state: State) -> list[Document]:
    claims = state.collection(CLAIMS)
    return [{"id": key, **claims[key]} for key in sorted(claims)]


def _all_invoices(_request: Request, state: State) -> list[Document]:
    return in_creation_order(state.collection(INVOICES).values())


def show_claim(request: Request, state: State) -> Reply:
    key = _id_rules(request).find_key(request.parameters["claimId"], state.collection(CLAIMS))
    claim = {"id": key, **find_record(CLAIMS, key, state)}
    return element_reply(200, claim_element(claim, request, state))


def show_invoice(request: Request, state: State) -> Reply:
    return element_reply(200, invoice_element(invoice_in_path(request, state), request, state))


def create_invoice(request: Request, state: State) -> Reply:
    """Create an invoice. Source: docs/vendors/guidewire.md#operations-and-paths, #bulk-invoice."""
    sent = _checked_attributes(request, Target(), state)
    made = create_draft(sent, request.call.assumptions, state)
    return element_reply(201, invoice_element(made, request, state))


def update_invoice(request: Request, state: State) -> Reply:
    """Update an invoice; refuse stale data. Source: docs/vendors/guidewire.md#stale-data, #editing."""
    invoice = invoice_in_path(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_problems(edit_problems(invoice))
    sent = _checked_attributes(request, Target(invoice), state)
    changed = change_invoice(invoice, sent, request.call.assumptions, state)
    return element_reply(200, invoice_element(changed, request, state))


def delete_invoice(request: Request, state: State) -> Reply:
    """Delete an invoice with its items. Source: docs/vendors/guidewire.md#states."""
    invoice = invoice_in_path(request, state)
    refuse_stale(invoice, invoice_path(invoice), request)
    refuse_problems(transition_problems("delete", invoice))
    remove_invoice(invoice, state)
    return Reply(204)


def show_item(request: Request, state: State) -> Reply:
    _, item = _item_in_path(request, state)
    return element_reply(200, item_element(item, request, state))


def create_item(request: Request, state: State) -> Reply:
    """Add an item to an invoice. Source: docs/vendors/guidewire.md#item, #editing."""
    invoice = invoice_in_path(request, state)
    refuse_problems(edit_problems(invoice))
    sent = _checked_attributes(request, Target(invoice), state)
    made = add_item(invoice, sent, request.call.assumptions, state)
    return element_reply(201, item_element(made, request, state))


def update_item(request: Request, state: State) -> Reply:
    """Update an item; refuse stale data. Source: docs/vendors/guidewire.md#item, #editing."""
    invoice, item = _item_in_path(request, state)
    refuse_stale(item, item_path(item), request)
    refuse_problems(edit_problems(invoice))
    sent = _checked_attributes(request, Target(invoice, item), state)
    changed = change_item(invoice, item, sent, request.call.assumptions, state)
    return element_reply(200, item_element(changed, request, state))


def delete_item(request: Request, state: State) -> Reply:
    """Delete an item of an invoice. Source: docs/vendors/guidewire.md#operations-and-paths, #editing."""
    invoice, item = _item_in_path(request, state)
    refuse_stale(item, item_path(item), request)
    refuse_problems(edit_problems(invoice))
    remove_item(invoice, item, request.call.assumptions, state)
    return Reply(204)


def invoice_in_path(request: Request, state: State) -> Document:
    return find_invoice(request.parameters["bulkInvoiceId"], state, _id_rules(request))


def refuse_problems(problems: Iterable[Problem]) -> None:
    if found := tuple(problems):
        raise rejection(*found)


def refuse_stale(document: Document, path: str, request: Request) -> None:
    """Raise Rejected if the sent checksum is stale. If body and header have one, an assumption chooses.

    Source: docs/vendors/guidewire.md#stale-data.
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


def element_reply(status: int, shown: Json) -> Reply:
    return json_reply(status, {"data": shown})


def _checked_attributes(request: Request, subject: Target, state: State) -> Document:
    call = request.call
    sent = sent_attributes(request.document, call) or {}
    refuse_problems(
        lifecycle.attribute_problems(request.operation.id, sent, subject, call.assumptions, state)
    )
    return sent


def _item_in_path(request: Request, state: State) -> tuple[Document, Document]:
    invoice = invoice_in_path(request, state)
    item_id = request.parameters["bulkInvoiceItemId"]
    return invoice, find_item(invoice, item_id, state, _id_rules(request))


def _id_rules(request: Request) -> KeyRules:
    return key_rules(request.call.assumptions).of_stored_keys


def create_draft(sent: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Store a new draft with defaults and without items. Source: docs/vendors/guidewire.md#bulk-invoice."""
    payee = state.collection(PAYEES)[sent["payeeAddressBookUID"]]
    draft = {
        **_NEW_INVOICE,
        "id": new_id(assumptions["id_prefix"], state),
        "position": state.next("position"),
        "mailTo": payee["displayName"],
        "scheduledSendDate": attributes.start_of_day(state.now),
        **read_invoice(sent),
    }
    return save(recalculate(without_nulls(draft), (), assumptions)[0], (), state)


def change_invoice(
    invoice: Document, sent: Document, assumptions: Mapping[str, str], state: State
) -> Document:
    """Store the invoice with the sent attributes and their consequences, if any value differs; return it.

    Source: docs/vendors/guidewire.md#editing, #rules.
    """
    changes = read_invoice(sent)
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


def remove_invoice(invoice: Document, state: State) -> None:
    """Delete an invoice with its items. Source: docs/vendors/guidewire.md#states."""
    items = state.collection(ITEMS)
    for item in items_of(invoice, state):
        del items[item["id"]]
    del state.collection(INVOICES)[invoice["id"]]


def _apply_hold(before: Document, invoice: Document, items: Sequence[Document]) -> InvoiceWithItems:
    """If the delivery method becomes `hold`, hold the invoice; if it was `hold`, make a held invoice a draft.

    Source: docs/vendors/guidewire.md#rules (assumed).
    """
    was, now = before["deliveryMethod"], invoice["deliveryMethod"]
    if was != "hold" and now == "hold":
        return {**invoice, "status": "onhold"}, list(items)
    if was == "hold" and now != "hold" and invoice["status"] == "onhold":
        return to_draft(invoice, items)
    return invoice, list(items)


def add_item(invoice: Document, sent: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Add an item, and recalculate its invoice, which loses validity and approval."""
    claim = state.collection(CLAIMS)[sent["claim"]["id"]]
    draft = without_nulls(
        {
            "amount": "0",
            "bulkInvoice": invoice["id"],
            "currency": invoice["currency"],
            "id": new_id(assumptions["id_prefix"], state),
            "nonEroding": False,
            "position": state.next("position"),
            "reservingCurrency": claim["currency"],
            "status": "draft",
            "version": 0,
            **{name: invoice.get(default) for name, default in ITEM_DEFAULTS.items()},
            **read_item(sent),
        }
    )
    if invoice["splitEqually"] or reopens(invoice, assumptions):
        whole, items = recalculate(invalidate(invoice), (*items_of(invoice, state), draft), assumptions)
        save(*reopen(whole, items, assumptions), state)
    else:
        _append_item(invoice, draft, state)
    return state.collection(ITEMS)[draft["id"]]


def change_item(
    invoice: Document, item: Document, sent: Document, assumptions: Mapping[str, str], state: State
) -> Document:
    """If any value differs, change the item, make it a draft, and invalidate its invoice; return the item."""
    changed = without_nulls({**item, **read_item(sent)})
    amount = attributes.print_amount(Decimal(changed["amount"]), invoice["currency"])
    changed = {**changed, "amount": amount}
    if changed == item:
        return item
    draft = without_nulls({**changed, "status": "draft", "explanation": None})
    others = [draft if one["id"] == item["id"] else one for one in items_of(invoice, state)]
    whole, items = recalculate(invalidate(invoice), others, assumptions)
    save(*reopen(whole, items, assumptions), state)
    return state.collection(ITEMS)[item["id"]]


def remove_item(invoice: Document, item: Document, assumptions: Mapping[str, str], state: State) -> None:
    """Remove an item, and recalculate its invoice, which loses validity and approval."""
    del state.collection(ITEMS)[item["id"]]
    whole, items = recalculate(invalidate(invoice), items_of(invoice, state), assumptions)
    save(*reopen(whole, items, assumptions), state)


def _append_item(invoice: Document, draft: Document, state: State) -> None:
    """Append an item without reading stored items, so that the time for a thousand items grows linearly."""
    currency = invoice["currency"]
    amount = Decimal(draft["amount"])
    total = attributes.sum_amounts((Decimal(invoice["totalAmount"]), amount))
    whole = {**invalidate(invoice), "totalAmount": attributes.print_amount(total, currency)}
    save(whole, ({**draft, "amount": attributes.print_amount(amount, currency)},), state)


list_invoices = _list_handler(_all_invoices, invoice_row)
list_items = _list_handler(lambda request, state: items_of(invoice_in_path(request, state), state), item_row)
list_claims = _list_handler(_claims, claim_element)
list_claim_infos = _list_handler(_claims, claim_info_row)
