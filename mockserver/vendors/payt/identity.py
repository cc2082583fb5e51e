"""Which stored record a posted one means.

Source: Payt fact sheet §4.1 (assumed), design §8.6.
"""

from __future__ import annotations

from mockserver.model import Document, Value
from mockserver.store import State


class Match(Value, frozen=True):
    """The stored record, None for a new one; `taken`: number and identifier mean two of them."""

    stored: Document | None
    taken: bool = False


def invoice(record: Document, state: State) -> Match:
    """The invoice that the record's identifier means, else its number; both must mean the same."""
    return _locate(record, state, "invoices", ("invoice_number", "invoice_identifier"))


def debtor(record: Document, state: State) -> Match:
    """The debtor that the record's identifier means, else its number, likewise."""
    return _locate(record, state, "debtors", ("debtor_number", "debtor_identifier"))


def named_debtor(record: Document, state: State) -> Document | None:
    """The debtor that an invoice names: by number, else by identifier, the first that is known.

    Source: Payt fact sheet §2.1 (one must resolve, assumed).
    """
    for member in ("debtor_number", "debtor_identifier"):
        if known := _find(state, "debtors", member, record.get(member)):
            return known
    return None


def _locate(record: Document, state: State, collection: str, members: tuple[str, str]) -> Match:
    number, identifier = members
    by_identifier = _find(state, collection, identifier, record.get(identifier))
    by_number = _find(state, collection, number, record.get(number))
    if by_identifier is not None:
        return Match(by_identifier, by_number is not None and by_number["id"] != by_identifier["id"])
    if by_number is None:
        return Match(None)
    return Match(by_number, bool(record.get(identifier) and by_number.get(identifier)))


def _find(state: State, collection: str, member: str, value: str | None) -> Document | None:
    found = state.collection(collection).find(member, value) if value else []
    return found[0] if found else None
