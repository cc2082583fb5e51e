"""Payments of an invoice: replaced as a whole set, or implied by a changed open amount."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from mockserver.codec.instants import print_instant
from mockserver.model import Document, Json
from mockserver.sandbox.store import State
from mockserver.vendors.payt.amounts import ZERO, read_amount, round_to_cents
from mockserver.vendors.payt.dates import is_day

PAYMENTS = "payments"
DELETED = "deleted_payments"

_COPIED = ("description", "payment_method", "reversal_code", "transaction_type")


def payments_of(invoice: Document | None, state: State) -> list[Document]:
    """Return the stored payments of an invoice, the oldest first."""
    found = state.collection(PAYMENTS).find("invoice_id", invoice["id"]) if invoice else []
    return sorted(found, key=lambda payment: (payment["payment_date"], int(payment["id"])))


def payment_dates(posted: Iterable[Document], stored: Document | None, state: State) -> list[str]:
    """Return the day of each posted payment: its own, else the one it is stored with, else today.

    Source: docs/vendors/payt.md#amounts-and-payments; that a stored day stays is assumed.
    """
    known = {payment["origin_identifier"]: payment["payment_date"] for payment in payments_of(stored, state)}
    today = _today(state)
    return [
        payment.get("payment_date") or known.get(payment["origin_identifier"], today) for payment in posted
    ]


def is_chronological(posted: Iterable[Document], stored: Document | None, state: State) -> bool:
    """Return whether the payments are in the order of their dates; invalid dates are skipped.

    Source: docs/vendors/payt.md#amounts-and-payments.
    """
    days = payment_dates(posted, stored, state)
    return not all(map(is_day, days)) or days == sorted(days)


def is_taken(origin_identifier: str, stored: Document | None, state: State) -> bool:
    """Return whether a payment of another invoice of the administration has that identifier."""
    found = state.collection(PAYMENTS).find("origin_identifier", origin_identifier)
    return any(stored is None or payment["invoice_id"] != stored["id"] for payment in found)


def write_payments(record: Document, invoice: Document, was: Document, state: State) -> Document:
    """Write the payments that `record` means; the members of the invoice that follow from them.

    `invoice` has its new amounts, `was` those before: all zero for a new one.
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
    """Delete stored payments that the set does not name; named ones keep their ids."""
    table = state.collection(PAYMENTS)
    before = payments_of(invoice, state)
    ids = {payment["origin_identifier"]: payment["id"] for payment in before}
    kept = set()
    for payment, day in zip(posted, payment_dates(posted, invoice, state), strict=True):
        payment_id = ids.get(payment["origin_identifier"]) or str(state.next(PAYMENTS))
        table[payment_id] = _stored_payment(payment_id, payment, day, invoice, state)
        kept.add(payment_id)
    for gone in before:
        if gone["id"] not in kept:
            del table[gone["id"]]
            state.collection(DELETED)[gone["id"]] = {**gone, "deleted_at": print_instant(state.now)}


def _imply_payment(invoice: Document, was: Document, state: State) -> None:
    """Infer a payment: with unchanged totals, what the open amount lost.

    Source: docs/vendors/payt.md#amounts-and-payments; that a changed total pays nothing is assumed.
    """
    paid = _paid_amount(invoice, "amount") - _paid_amount(was, "amount")
    if paid == 0:
        return
    payment_id = str(state.next(PAYMENTS))
    state.collection(PAYMENTS)[payment_id] = {
        **_common_members(payment_id, invoice, state),
        "origin_identifier": None,
        "amount": paid,
        "book_amount": _paid_amount(invoice, "book_amount") - _paid_amount(was, "book_amount"),
        "payment_date": _today(state),
        "cost_type": "principal",
        **dict.fromkeys(_COPIED),
        "transaction_type": "payment",
    }


def _stored_payment(
    payment_id: str, payment: Document, day: str, invoice: Document, state: State
) -> Document:
    value = read_amount(payment["amount"]) or ZERO
    book = read_amount(payment.get("book_amount"))
    return {
        **_common_members(payment_id, invoice, state),
        "origin_identifier": payment["origin_identifier"],
        "amount": value,
        "book_amount": _to_book_currency(value, invoice) if book is None else book,
        "payment_date": day,
        "cost_type": payment.get("cost_type") or "principal",
        **{member: payment.get(member) for member in _COPIED},
    }


def _common_members(payment_id: str, invoice: Document, state: State) -> dict[str, Json]:
    return {
        "id": payment_id,
        "administration_id": invoice["administration_id"],
        "invoice_id": invoice["id"],
        "updated_at": print_instant(state.now),
    }


def _to_book_currency(value: Decimal, invoice: Document) -> Decimal:
    """`value` at the invoice's own rate of exchange."""
    total: Decimal = invoice["amount_total"]
    return round_to_cents(value * invoice["book_amount_total"] / total) if total else value


def _paid_on(invoice: Document, was: Document, written: list[Document], state: State) -> str | None:
    """Return the day of the last payment once nothing is open."""
    if invoice["amount_open"]:
        return None
    days = [one["payment_date"] for one in written if one["cost_type"] == "principal"]
    return days[-1] if days else was["payment_date"] or _today(state)


def _paid_amount(invoice: Document, of_amount: str) -> Decimal:
    paid: Decimal = invoice[f"{of_amount}_total"] - invoice[f"{of_amount}_open"]
    return paid


def _today(state: State) -> str:
    return state.now.date().isoformat()
