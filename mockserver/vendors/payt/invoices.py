"""Invoices: upserts with lines and payments; sending, blocking and resuming."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from mockserver.codec.http import json_reply
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.model import Action, Document, Item, Json, Outcome, Problem, Reply, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Request, StoreItem
from mockserver.vendors.payt.amounts_and_dates import (
    ZERO,
    exact_arithmetic,
    is_day,
    read_amount,
    round_to_cents,
)
from mockserver.vendors.payt.messages import record_problem
from mockserver.vendors.payt.rules import line_orders
from mockserver.vendors.payt.sent_records import (
    MEMBERS,
    ResolvedMember,
    complete,
    find_invoice,
    is_readable,
    normalize,
    resolve_fixed_values,
    resolve_members,
)

PAYMENTS = "payments"
DELETED = "deleted_payments"

INVOICES = "invoices"
_COPIED: Sequence[str] = MEMBERS["payment"]["clearable"]
_AMOUNTS: Sequence[str] = MEMBERS["invoice"]["amounts"]
_OPTIONAL = (*MEMBERS["invoice"]["identifier"], *MEMBERS["invoice"]["clearable"])
_TEXTS = (*MEMBERS["invoice"]["required"], *_OPTIONAL)
_CLEARABLE = (*MEMBERS["invoice"]["clearable"], "contact_identifier")

_NEW_VALUES: Document = {
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
_HUNDRED = Decimal(100)
_DELAY = timedelta(hours=1)
_ROUND = timedelta(minutes=30)
_FIRST_ROUND = parse_instant("2000-01-01T00:00:00Z")
_NAME_LISTS = ("invoice_numbers", "invoice_identifiers")


def payments_of(invoice: Document | None, state: State) -> list[Document]:
    found = state.collection(PAYMENTS).find("invoice_id", invoice["id"]) if invoice else []
    return sorted(found, key=lambda payment: (payment["payment_date"], int(payment["id"])))


def payment_dates(posted: Iterable[Document], stored: Document | None, state: State) -> list[str]:
    """Return the day of each posted payment: the sent day; if absent, the stored day (assumed) or today.

    Source: docs/vendors/payt.md#amounts-and-payments.
    """
    known = {payment["origin_identifier"]: payment["payment_date"] for payment in payments_of(stored, state)}
    today = _today(state)
    return [
        payment.get("payment_date") or known.get(payment["origin_identifier"], today) for payment in posted
    ]


def is_chronological(posted: Iterable[Document], stored: Document | None, state: State) -> bool:
    """Return whether the posted payments are in order of date; if a date is invalid, return True.

    Source: docs/vendors/payt.md#amounts-and-payments.
    """
    days = payment_dates(posted, stored, state)
    return not all(map(is_day, days)) or days == sorted(days)


def is_taken(origin_identifier: str, stored: Document | None, state: State) -> bool:
    found = state.collection(PAYMENTS).find("origin_identifier", origin_identifier)
    return any(stored is None or payment["invoice_id"] != stored["id"] for payment in found)


def write_payments(record: Document, invoice: Document, was: Document, state: State) -> Document:
    """Store the payments of `record`; return the members of the invoice that depend on payments.

    `invoice` has the new amounts. `was` has the amounts before the call, zero if the invoice is new.
    Source: docs/vendors/payt.md#amounts-and-payments.
    """
    if "payments" in record:
        _replace_payments(record["payments"] or (), invoice, state)
    else:
        _imply_payment(invoice, was, state)
    written = payments_of(invoice, state)
    costs = sum((one["amount"] for one in written if one["cost_type"] == "administration_costs"), ZERO)
    return {
        "payment_date": _paid_on(invoice, was, written, state),
        "administration_costs_open": invoice["administration_costs_total"] - costs,
    }


def _replace_payments(posted: Iterable[Document], invoice: Document, state: State) -> None:
    """Replace the invoice's payments with `posted`; a payment of known `origin_identifier` keeps its id."""
    before = payments_of(invoice, state)
    ids = {payment["origin_identifier"]: payment["id"] for payment in before}
    kept = set()
    for payment, day in zip(posted, payment_dates(posted, invoice, state), strict=True):
        payment_id = ids.get(payment["origin_identifier"]) or str(state.next(PAYMENTS))
        amount, book = read_amount(payment["amount"]) or ZERO, read_amount(payment.get("book_amount"))
        read = {
            "id": payment_id,
            "amount": amount,
            "book_amount": _to_book_currency(amount, invoice) if book is None else book,
            "payment_date": day,
        }
        _store_payment({**payment, **read}, invoice, state)
        kept.add(payment_id)
    for gone in before:
        if gone["id"] not in kept:
            del state.collection(PAYMENTS)[gone["id"]]
            state.collection(DELETED)[gone["id"]] = {**gone, "deleted_at": print_instant(state.now)}


def _imply_payment(invoice: Document, was: Document, state: State) -> None:
    """If the paid amount (total minus open amount) changed, store the change as a payment dated today.

    Source: docs/vendors/payt.md#amounts-and-payments; the effect of a changed total is assumed.
    """
    paid = _paid_amount(invoice, "amount") - _paid_amount(was, "amount")
    if paid == 0:
        return
    implied = {
        "id": str(state.next(PAYMENTS)),
        "amount": paid,
        "book_amount": _paid_amount(invoice, "book_amount") - _paid_amount(was, "book_amount"),
        "payment_date": _today(state),
        "transaction_type": "payment",
    }
    _store_payment(implied, invoice, state)


def _store_payment(payment: Document, invoice: Document, state: State) -> None:
    state.collection(PAYMENTS)[payment["id"]] = {
        "id": payment["id"],
        "administration_id": invoice["administration_id"],
        "invoice_id": invoice["id"],
        "updated_at": print_instant(state.now),
        "origin_identifier": payment.get("origin_identifier"),
        "amount": payment["amount"],
        "book_amount": payment["book_amount"],
        "payment_date": payment["payment_date"],
        "cost_type": payment.get("cost_type") or "principal",
        **{member: payment.get(member) for member in _COPIED},
    }


def _to_book_currency(value: Decimal, invoice: Document) -> Decimal:
    total: Decimal = invoice["amount_total"]
    return round_to_cents(value * invoice["book_amount_total"] / total) if total else value


def _paid_on(invoice: Document, was: Document, written: list[Document], state: State) -> str | None:
    if invoice["amount_open"]:
        return None
    days = [one["payment_date"] for one in written if one["cost_type"] == "principal"]
    return days[-1] if days else was["payment_date"] or _today(state)


def _paid_amount(invoice: Document, of_amount: str) -> Decimal:
    paid: Decimal = invoice[f"{of_amount}_total"] - invoice[f"{of_amount}_open"]
    return paid


def _today(state: State) -> str:
    return state.now.date().isoformat()


def upsert_invoices(request: Request, state: State) -> StoreItem:
    """Return a function that updates the invoice that a record names, or creates a new invoice.

    Source: docs/vendors/payt.md#identity, #what-may-change.
    """
    return _InvoiceWriter(request, state).keep


def warnings_of_rejected(item: Item, request: Request, state: State) -> tuple[Problem, ...]:
    if not (isinstance(item.document, dict) and is_readable(item, request)):
        return ()
    return _InvoiceWriter(request, state).warnings(item)


class _InvoiceWriter(Value, frozen=True):
    request: Request
    state: State

    def keep(self, item: Item) -> Outcome:
        state = self.state
        record, stored = self._read(item)
        was = {**_NEW_VALUES, **(stored or _new_invoice(self.request.tenant, state))}
        kept = self._kept(record, stored, was)
        warned = self._warned(record, stored, kept)
        invoice = self._written(record, was, kept)
        if self.request.call.assumptions["sums_disagree"] == "warning":
            warned += _sum_warnings(record, invoice)
        warnings = tuple(record_problem(code, item, field) for code, field in warned)
        changes = {
            "is_reopened": stored is not None and not was["amount_open"] and bool(invoice["amount_open"]),
            "has_new_label": not {*invoice["labels"]} <= {*was["labels"]},
        }
        action = Action.UPDATED if stored else Action.CREATED
        return Outcome(item, action, {**invoice, **changes}, warnings=warnings)

    def warnings(self, item: Item) -> tuple[Problem, ...]:
        record, stored = self._read(item)
        kept = self._kept(record, stored, {**_NEW_VALUES, **(stored or {})})
        return tuple(record_problem(code, item, field) for code, field in self._warned(record, stored, kept))

    def _read(self, item: Item) -> tuple[Document, Document | None]:
        assumptions = self.request.call.assumptions
        record = complete(normalize(item.document, self.request), _CLEARABLE, self.request)
        found = find_invoice(record, self.request, self.state).stored
        return record, sent_by_now(found, self.state, assumptions) if found else None

    def _kept(self, record: Document, stored: Document | None, was: Document) -> list[ResolvedMember]:
        kept = [*resolve_members(record, was, self.request, self.state)]
        if stored is not None and self.request.call.assumptions["first_values"] == "fixed":
            kept += resolve_fixed_values(record, was)
        return kept

    def _warned(
        self, record: Document, stored: Document | None, kept: Iterable[ResolvedMember]
    ) -> list[tuple[str, str]]:
        warned = [(one.warning, one.field) for one in kept if one.warning]
        warns_of_order = self.request.call.assumptions["payments_order"] == "warning"
        if warns_of_order and not is_chronological(record.get("payments") or (), stored, self.state):
            warned.append(("payments-order", "payments"))
        return warned

    def _written(self, record: Document, was: Document, kept: Iterable[ResolvedMember]) -> Document:
        with exact_arithmetic():
            invoice = {**_merged(record, was, self.state), **{one.member: one.value for one in kept}}
            invoice |= write_payments(record, invoice, was, self.state)
        self.state.collection(INVOICES)[invoice["id"]] = invoice
        return invoice


def _sum_warnings(record: Document, invoice: Document) -> Iterator[tuple[str, str]]:
    """Yield code and field of each contradiction in the posted sums.

    Source: docs/catalogue.md#24-sums-disagree.
    """
    if "amount_open" in record and abs(invoice["amount_open"]) > abs(invoice["amount_total"]):
        yield "open-above-total", "amount_open"
    if record.get("invoice_lines"):
        with exact_arithmetic():
            total = sum((line["total_incl_tax_amount"] for line in invoice["invoice_lines"]), ZERO)
        if total != invoice["amount_total"]:
            yield "lines-sum", "invoice_lines"


def _new_invoice(administration_id: str, state: State) -> Document:
    return {
        "id": str(state.next(INVOICES)),
        "administration_id": administration_id,
        "created_at": print_instant(state.now),
    }


def _merged(record: Document, was: Document, state: State) -> dict[str, Json]:
    invoice = {
        **was,
        **{member: record[member] for member in _TEXTS if member in record},
        **{member: read_amount(record[member]) for member in _AMOUNTS if member in record},
        "updated_at": print_instant(state.now),
    }
    if "labels" in record:
        invoice["labels"] = list(dict.fromkeys(record["labels"] or ()))
    if "invoice_lines" in record:
        invoice["invoice_lines"] = write_lines(record["invoice_lines"] or [], state)
    return invoice


def write_lines(posted: list[Document], state: State) -> list[Document]:
    return [
        _stored_line(line, order, state.collection("vat_rates").find("code", line["vat_rate_code"])[0])
        for line, order in zip(posted, line_orders(posted), strict=True)
    ]


def _stored_line(line: Document, order: int, rate: Document) -> Document:
    excluding, including, vat = _line_totals(line, read_amount(rate["rate"]) or ZERO)
    return {
        "description": line["description"],
        "vat_rate_code": line["vat_rate_code"],
        "vat_percentage": rate["rate"],
        "vat_amount": vat,
        "total_excl_tax_amount": excluding,
        "total_incl_tax_amount": including,
        "product_price": read_amount(line.get("product_price")),
        "product_unit": line.get("product_unit") or "piece",
        "product_quantity": line.get("product_quantity") or "1",
        "line_order": order,
    }


def _line_totals(line: Document, percentage: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Return the line's total without tax, total with tax, and tax. At least one total must be sent."""
    excluding, including, vat = (
        read_amount(line.get(member))
        for member in ("total_excl_tax_amount", "total_incl_tax_amount", "vat_amount")
    )
    if excluding is not None:
        if vat is None:
            vat = (
                round_to_cents(excluding * percentage / _HUNDRED)
                if including is None
                else including - excluding
            )
        return excluding, excluding + vat if including is None else including, vat
    known = including or ZERO
    if vat is None:
        vat = known - round_to_cents(known * _HUNDRED / (_HUNDRED + percentage))
    return known - vat, known, vat


def sent_by_now(invoice: Document, state: State, assumptions: Mapping[str, str]) -> Document:
    if invoice["sent_at"] is not None or assumptions["sending"] == "never":
        return invoice
    due = parse_instant(invoice["created_at"]) + _DELAY
    sent_at = due + (_FIRST_ROUND - due) % _ROUND
    if sent_at > state.now:
        return invoice
    touched_at = max(sent_at, parse_instant(invoice["updated_at"]))
    return {**invoice, "sent_at": print_instant(sent_at), "updated_at": print_instant(touched_at)}


ChangePause: TypeAlias = Callable[[Document, State], Document]


def block(invoice: Document, state: State) -> Document:
    if invoice.get("paused_at") is not None:
        return invoice
    now = print_instant(state.now)
    return {**invoice, "paused_at": now, "blocked": True, "updated_at": now}


def resume(invoice: Document, state: State) -> Document:
    """Resume the invoice's follow-up if it was blocked through the API; return the invoice.

    Source: docs/vendors/payt.md#operations-and-paths.
    """
    if not invoice.get("blocked", False):
        return invoice
    return {**invoice, "paused_at": None, "blocked": False, "updated_at": print_instant(state.now)}


def change_named_invoices(change: ChangePause, request: Request, state: State) -> Reply:
    """Apply `change` to every invoice whose number or identifier is in the call."""
    table = state.collection("invoices", request.tenant)
    found: dict[str, Document] = {}
    unknown: dict[str, None] = {}
    for names in _NAME_LISTS:
        for name in request.document.get(names, ()):
            invoices = table.find(names.removesuffix("s"), name) if name else []
            found |= {invoice["id"]: invoice for invoice in invoices}
            if not invoices:
                unknown[name] = None
    for number, invoice in found.items():
        table[number] = change(invoice, state)
    errors: dict[str, Json] = {"not_found": list(unknown)} if unknown else {}
    return json_reply(200, {"success": True, "count": len(found), "errors": errors})
