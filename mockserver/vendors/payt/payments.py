"""The payments of an invoice: posted as a whole set, or made up from a changed open amount.

Source: Payt fact sheet §2.3, §4.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from mockserver.clock import print_instant
from mockserver.model import Document, Json
from mockserver.store import State
from mockserver.vendors.payt.moments import is_day
from mockserver.vendors.payt.money import ZERO, amount, cents

PAYMENTS = "payments"
DELETED = "deleted_payments"

_COPIED = ("description", "payment_method", "reversal_code", "transaction_type")


def of(invoice: Document | None, state: State) -> list[Document]:
    """The stored payments of an invoice, the oldest first."""
    found = state.collection(PAYMENTS).find("invoice_id", invoice["id"]) if invoice else []
    return sorted(found, key=lambda payment: (payment["payment_date"], int(payment["id"])))


def dates(posted: Iterable[Document], stored: Document | None, state: State) -> list[str]:
    """The day of each posted payment: its own, else the one it is stored with, else today.

    Source: Payt fact sheet §2.3; that a stored day stays is assumed.
    """
    known = {payment["origin_identifier"]: payment["payment_date"] for payment in of(stored, state)}
    today = _today(state)
    return [
        payment.get("payment_date") or known.get(payment["origin_identifier"], today) for payment in posted
    ]


def in_order(posted: Iterable[Document], stored: Document | None, state: State) -> bool:
    """Whether the posted payments stand in the order of their days; what is no day is told of elsewhere.

    Source: Payt fact sheet §2.3.
    """
    days = dates(posted, stored, state)
    return not all(map(is_day, days)) or days == sorted(days)


def taken(origin_identifier: str, stored: Document | None, state: State) -> bool:
    """Whether a payment of another invoice of the administration has that identifier."""
    found = state.collection(PAYMENTS).find("origin_identifier", origin_identifier)
    return any(stored is None or payment["invoice_id"] != stored["id"] for payment in found)


def settle(record: Document, invoice: Document, was: Document, state: State) -> Document:
    """Write the payments that `record` means; the members of the invoice that follow from them.

    `invoice` has its new amounts, `was` those before: all zero for a new one.
    Source: Payt fact sheet §4.3.
    """
    if "payments" in record:
        _replace(record["payments"] or (), invoice, state)
    else:
        _imply(invoice, was, state)
    written = of(invoice, state)
    costs = sum((one["amount"] for one in written if one["cost_type"] == "administration_costs"), ZERO)
    return {
        "payment_date": _fully_paid(invoice, was, written, state),
        "administration_costs_open": invoice["administration_costs_total"] - costs,
    }


def _replace(posted: Iterable[Document], invoice: Document, state: State) -> None:
    """Stored payments that the set does not name go; what is named keeps its id."""
    table = state.collection(PAYMENTS)
    before = of(invoice, state)
    ids = {payment["origin_identifier"]: payment["id"] for payment in before}
    kept = set()
    for payment, day in zip(posted, dates(posted, invoice, state), strict=True):
        payment_id = ids.get(payment["origin_identifier"]) or str(state.next(PAYMENTS))
        table[payment_id] = _posted(payment_id, payment, day, invoice, state)
        kept.add(payment_id)
    for gone in before:
        if gone["id"] not in kept:
            del table[gone["id"]]
            state.collection(DELETED)[gone["id"]] = {**gone, "deleted_at": print_instant(state.now)}


def _imply(invoice: Document, was: Document, state: State) -> None:
    """What was paid since: with unchanged totals, what the open amount lost.

    Source: Payt fact sheet §4.3; that a changed total pays nothing is assumed.
    """
    paid = _paid(invoice, "amount") - _paid(was, "amount")
    if paid == 0:
        return
    payment_id = str(state.next(PAYMENTS))
    state.collection(PAYMENTS)[payment_id] = {
        **_common(payment_id, invoice, state),
        "origin_identifier": None,
        "amount": paid,
        "book_amount": _paid(invoice, "book_amount") - _paid(was, "book_amount"),
        "payment_date": _today(state),
        "cost_type": "principal",
        **dict.fromkeys(_COPIED),
        "transaction_type": "payment",
    }


def _posted(payment_id: str, payment: Document, day: str, invoice: Document, state: State) -> Document:
    value = amount(payment["amount"]) or ZERO
    book = amount(payment.get("book_amount"))
    return {
        **_common(payment_id, invoice, state),
        "origin_identifier": payment["origin_identifier"],
        "amount": value,
        "book_amount": _exchanged(value, invoice) if book is None else book,
        "payment_date": day,
        "cost_type": payment.get("cost_type") or "principal",
        **{member: payment.get(member) for member in _COPIED},
    }


def _common(payment_id: str, invoice: Document, state: State) -> dict[str, Json]:
    return {
        "id": payment_id,
        "administration_id": invoice["administration_id"],
        "invoice_id": invoice["id"],
        "updated_at": print_instant(state.now),
    }


def _exchanged(value: Decimal, invoice: Document) -> Decimal:
    """`value` at the invoice's own rate of exchange."""
    total: Decimal = invoice["amount_total"]
    return cents(value * invoice["book_amount_total"] / total) if total else value


def _fully_paid(invoice: Document, was: Document, written: list[Document], state: State) -> str | None:
    """The day of the last payment once nothing is open."""
    if invoice["amount_open"]:
        return None
    days = [one["payment_date"] for one in written if one["cost_type"] == "principal"]
    return days[-1] if days else was["payment_date"] or _today(state)


def _paid(invoice: Document, of_amount: str) -> Decimal:
    paid: Decimal = invoice[f"{of_amount}_total"] - invoice[f"{of_amount}_open"]
    return paid


def _today(state: State) -> str:
    return state.now.date().isoformat()
