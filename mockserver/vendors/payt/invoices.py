"""Writing an invoice: what a record without problems makes of the stored one.

Source: Payt fact sheet §4; an absent member stays, null clears it (assumed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mockserver.clock import print_instant
from mockserver.model import Action, Document, Item, Json, Outcome
from mockserver.store import State
from mockserver.vendor import Apply, Keep, Request
from mockserver.vendors.payt import lines, payments, sending
from mockserver.vendors.payt.identity import Match
from mockserver.vendors.payt.keeping import Keeper, Kept, first_values, keepers
from mockserver.vendors.payt.money import ZERO, amount, exact
from mockserver.vendors.payt.reading import meant
from mockserver.vendors.payt.wording import fault

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


def writing(find: Callable[[Document, State], Match]) -> Apply:
    """What keeps the records of a call, each for the invoice that `find` finds.

    Source: Payt fact sheet §4.1, §4.2.
    """

    def open_batch(request: Request, state: State) -> Keep:
        assumptions = request.call.assumptions
        return _Writing(
            request,
            state,
            find,
            keepers(assumptions),
            fixes_first_values=assumptions["first_values"] == "fixed",
            warns_of_order=assumptions["payments_order"] == "warning",
        ).keep

    return open_batch


@dataclass(frozen=True, slots=True)
class _Writing:
    """One call's invoices on their way into the store; the switches are read once for all of them."""

    request: Request
    state: State
    find: Callable[[Document, State], Match]
    keepers: tuple[Keeper, ...]
    fixes_first_values: bool
    warns_of_order: bool

    def keep(self, item: Item) -> Outcome:
        """Create or update the invoice, its lines and its payments."""
        state = self.state
        record = meant(item.document, self.request)
        found = self.find(item.document, state).stored
        stored = sending.as_of(found, state, self.request.call.assumptions) if found else None
        was = {**_EMPTY, **(stored or _new(self.request.tenant, state))}
        kept = [keeper(record, was, state) for keeper in self.keepers]
        if stored is not None and self.fixes_first_values:
            kept += first_values(record, was)
        warned = [(one.warning, one.field) for one in kept if one.warning]
        if self.warns_of_order and not payments.in_order(record.get("payments") or (), stored, state):
            warned.append(("payments-order", "payments"))
        invoice = self._written(record, was, kept)
        warnings = tuple(fault(code, item, field) for code, field in warned)
        return Outcome(item, Action.UPDATED if stored else Action.CREATED, invoice, warnings=warnings)

    def _written(self, record: Document, was: Document, kept: Iterable[Kept]) -> Document:
        with exact():
            invoice = {**_posted(record, was, self.state), **{one.member: one.value for one in kept}}
            invoice |= payments.settle(record, invoice, was, self.state)
        self.state.collection(INVOICES)[invoice["id"]] = invoice
        return invoice


def _new(administration_id: str, state: State) -> Document:
    return {
        "id": str(state.next(INVOICES)),
        "administration_id": administration_id,
        "created_at": print_instant(state.now),
    }


def _posted(record: Document, was: Document, state: State) -> dict[str, Json]:
    invoice = {
        **was,
        **{member: record[member] for member in (*_NEEDED, *_OPTIONAL) if member in record},
        **{member: amount(record[member]) for member in _AMOUNTS if member in record},
        "updated_at": print_instant(state.now),
    }
    if "labels" in record:
        invoice["labels"] = list(dict.fromkeys(record["labels"] or ()))
    if "invoice_lines" in record:
        invoice["invoice_lines"] = lines.written(record["invoice_lines"] or [], state)
    return invoice
