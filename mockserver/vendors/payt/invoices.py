"""Writing an invoice: what a record without problems makes of the stored one.

Source: Payt fact sheet §4; an absent member stays, null clears it (assumed).
"""

from __future__ import annotations

from mockserver.clock import print_instant
from mockserver.model import Action, Document, Item, Json, Outcome
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import identity, lines, payments
from mockserver.vendors.payt.keeping import KEEPERS
from mockserver.vendors.payt.money import ZERO, amount, exact
from mockserver.vendors.payt.texts import fault

INVOICES = "invoices"

_AMOUNTS = ("book_amount_total", "book_amount_open", "amount_total", "amount_open")
_NEEDED = ("currency_code", "invoice_number", "invoice_date", "due_date")
_OPTIONAL = (
    "invoice_identifier",
    "order_number",
    "peppol_identifier",
    "description",
    "category",
    "payment_condition",
    "payment_method",
    "payment_term",
)
_EMPTY: Document = {
    **dict.fromkeys(_AMOUNTS, ZERO),
    **dict.fromkeys(_OPTIONAL),
    "debtor_id": None,
    "contact_identifier": None,
    "sent_at": None,
    "labels": (),
    "document": None,
    "ubl_document": None,
    "invoice_lines": (),
    "payment_date": None,
    "administration_costs_total": ZERO,
    "administration_costs_open": ZERO,
}


def keep(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the invoice, its lines and its payments.

    Source: Payt fact sheet §4.1, §4.2.
    """
    record = item.document
    stored = identity.invoice(record, state).stored
    was = {**_EMPTY, **(stored or _new(request.tenant, state))}
    kept = [keep(record, was, state) for keep in KEEPERS]
    with exact():
        invoice = {**_posted(record, was, state), **{one.member: one.value for one in kept}}
        invoice |= payments.settle(record, invoice, was, state)
    state.collection(INVOICES)[invoice["id"]] = invoice
    warnings = tuple(fault(one.warning, item, one.field) for one in kept if one.warning)
    action = Action.UPDATED if stored else Action.CREATED
    return Outcome(item, action, invoice, warnings=warnings)


def _new(administration_id: str, state: State) -> Document:
    return {"id": str(state.next(INVOICES)), "administration_id": administration_id}


def _posted(record: Document, was: Document, state: State) -> dict[str, Json]:
    invoice = {
        **was,
        **{member: record[member] for member in (*_NEEDED, *_OPTIONAL) if member in record},
        **{member: amount(record[member]) for member in _AMOUNTS},
        "updated_at": print_instant(state.now),
    }
    if "labels" in record:
        invoice["labels"] = list(dict.fromkeys(record["labels"] or ()))
    if "invoice_lines" in record:
        invoice["invoice_lines"] = lines.written(record["invoice_lines"] or [], state)
    return invoice
