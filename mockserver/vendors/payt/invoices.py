"""Writing an invoice: what a record without problems makes of the stored one.

Source: Payt fact sheet §4; an absent member stays, null clears it (assumed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.clock import print_instant
from mockserver.model import Action, Document, Item, Json, Outcome, Problem
from mockserver.store import State
from mockserver.vendor import Apply, Request
from mockserver.vendors.payt import lines, payments, sending
from mockserver.vendors.payt.identity import Match
from mockserver.vendors.payt.keeping import Keeper, Kept, first_values, keepers
from mockserver.vendors.payt.money import ZERO, amount, exact
from mockserver.vendors.payt.reading import completed, is_readable, meant
from mockserver.vendors.payt.render import Warned
from mockserver.vendors.payt.wording import fault

INVOICES = "invoices"

Find: TypeAlias = Callable[[Document, State, Mapping[str, str]], Match]

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
_CLEARED = (*_OPTIONAL[1:], "contact_identifier")
"""What a post may clear by leaving it out: texts that name neither the invoice nor its debtor."""

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


def writing(find: Find) -> Apply:
    """What keeps the records of a call, each for the invoice that `find` finds.

    Source: Payt fact sheet §4.1, §4.2.
    """
    return lambda request, state: _open(request, state, find).keep


def warned(find: Find) -> Warned:
    """What finds what a refused record would have been warned of; one that cannot be read, of nothing."""

    def warnings(item: Item, request: Request, state: State) -> tuple[Problem, ...]:
        if not (isinstance(item.document, dict) and is_readable(item, request)):
            return ()
        return _open(request, state, find).warnings(item)

    return warnings


def _open(request: Request, state: State, find: Find) -> _Writing:
    assumptions = request.call.assumptions
    return _Writing(
        request,
        state,
        find,
        keepers(assumptions),
        fixes_first_values=assumptions["first_values"] == "fixed",
        warns_of_order=assumptions["payments_order"] == "warning",
        warns_of_sums=assumptions["sums_disagree"] == "warning",
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    """One call's invoices on their way into the store; the switches are read once for all of them."""

    request: Request
    state: State
    find: Find
    keepers: tuple[Keeper, ...]
    fixes_first_values: bool
    warns_of_order: bool
    warns_of_sums: bool

    def keep(self, item: Item) -> Outcome:
        """Create or update the invoice, its lines and its payments."""
        state = self.state
        record, stored = self._read(item)
        was = {**_EMPTY, **(stored or _new(self.request.tenant, state))}
        kept = self._kept(record, stored, was)
        warned = self._warned(record, stored, kept)
        invoice = self._written(record, was, kept)
        if self.warns_of_sums:
            warned += _disagreeing(record, invoice)
        warnings = tuple(fault(code, item, field) for code, field in warned)
        return Outcome(item, Action.UPDATED if stored else Action.CREATED, invoice, warnings=warnings)

    def warnings(self, item: Item) -> tuple[Problem, ...]:
        """What the record would be warned of, were it not refused; nothing that its sums have to say."""
        record, stored = self._read(item)
        kept = self._kept(record, stored, {**_EMPTY, **(stored or {})})
        return tuple(fault(code, item, field) for code, field in self._warned(record, stored, kept))

    def _read(self, item: Item) -> tuple[Document, Document | None]:
        """The record as it is meant, and the invoice that it is meant for."""
        assumptions = self.request.call.assumptions
        record = completed(meant(item.document, self.request), _CLEARED, self.request)
        found = self.find(record, self.state, assumptions).stored
        return record, sending.as_of(found, self.state, assumptions) if found else None

    def _kept(self, record: Document, stored: Document | None, was: Document) -> list[Kept]:
        kept = [keeper(record, was, self.state) for keeper in self.keepers]
        if stored is not None and self.fixes_first_values:
            kept += first_values(record, was)
        return kept

    def _warned(
        self, record: Document, stored: Document | None, kept: Iterable[Kept]
    ) -> list[tuple[str, str]]:
        """Code and field of each warning."""
        warned = [(one.warning, one.field) for one in kept if one.warning]
        if self.warns_of_order and not payments.in_order(record.get("payments") or (), stored, self.state):
            warned.append(("payments-order", "payments"))
        return warned

    def _written(self, record: Document, was: Document, kept: Iterable[Kept]) -> Document:
        with exact():
            invoice = {**_posted(record, was, self.state), **{one.member: one.value for one in kept}}
            invoice |= payments.settle(record, invoice, was, self.state)
        self.state.collection(INVOICES)[invoice["id"]] = invoice
        return invoice


def _disagreeing(record: Document, invoice: Document) -> Iterator[tuple[str, str]]:
    """Code and field of what the invoice's sums, as far as they were posted, have against each other.

    Source: edge-cases §1 row 24.
    """
    if "amount_open" in record and abs(invoice["amount_open"]) > abs(invoice["amount_total"]):
        yield "open-above-total", "amount_open"
    if record.get("invoice_lines"):
        with exact():
            total = sum((line["total_incl_tax_amount"] for line in invoice["invoice_lines"]), ZERO)
        if total != invoice["amount_total"]:
            yield "lines-sum", "invoice_lines"


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
