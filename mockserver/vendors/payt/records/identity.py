"""Find the stored record that a posted record identifies."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Document, Value
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State


class RecordMatch(Value, frozen=True):
    """The stored record, None for a new one; `taken` are the members that identify another record.

    `crossed` says that number and identifier mean two records that are both stored.
    """

    stored: Document | None
    taken: tuple[str, ...] = ()
    crossed: bool = False


def find_invoice(record: Document, state: State, assumptions: Mapping[str, str]) -> RecordMatch:
    """Return the invoice that the record's identifier means, else its number; both must mean the same."""
    return _match(record, state, "invoices", ("invoice_number", "invoice_identifier"), assumptions)


def find_invoice_by_number(record: Document, state: State, assumptions: Mapping[str, str]) -> RecordMatch:
    """Return the invoice of the record's number, which may take an identifier that no other one has.

    Source: docs/vendors/payt.md#identity (PATCH finds by number).
    """
    stored = _find(state, "invoices", "invoice_number", record["invoice_number"], assumptions)
    other = _find(state, "invoices", "invoice_identifier", record.get("invoice_identifier"), assumptions)
    taken = stored is not None and other is not None and other["id"] != stored["id"]
    return RecordMatch(stored, ("invoice_identifier",) if taken else ())


def find_debtor(record: Document, state: State, assumptions: Mapping[str, str]) -> RecordMatch:
    """Return the debtor that the record's identifier means, else its number, likewise."""
    return _match(record, state, "debtors", ("debtor_number", "debtor_identifier"), assumptions)


def find_contact(record: Document, state: State, assumptions: Mapping[str, str]) -> RecordMatch:
    """Return the contact by Payt's id, else by the caller's code; an id takes over an unused code."""
    by_code = _find(state, "contacts", "contact_identifier", record.get("contact_identifier"), assumptions)
    if not record.get("id"):
        return RecordMatch(by_code)
    by_id = _find(state, "contacts", "id", record["id"], assumptions)
    taken = by_id is not None and by_code is not None and by_code["id"] != by_id["id"]
    return RecordMatch(by_id, ("contact_identifier",) if taken else ())


def find_named_debtor(record: Document, state: State, assumptions: Mapping[str, str]) -> Document | None:
    """Return the debtor that an invoice names: by number, else by identifier, the first that is known.

    Source: docs/vendors/payt.md#invoice (one must resolve, assumed).
    """
    for member in ("debtor_number", "debtor_identifier"):
        if known := _find(state, "debtors", member, record.get(member), assumptions):
            return known
    return None


def _match(
    record: Document,
    state: State,
    collection: str,
    members: tuple[str, str],
    assumptions: Mapping[str, str],
) -> RecordMatch:
    number, identifier = members
    by_identifier = _find(state, collection, identifier, record.get(identifier), assumptions)
    by_number = _find(state, collection, number, record.get(number), assumptions)
    if by_identifier is not None:
        crossed = by_number is not None and by_number["id"] != by_identifier["id"]
        return RecordMatch(by_identifier, members if crossed else (), crossed)
    if by_number is None:
        return RecordMatch(None)
    taken = record.get(identifier) and by_number.get(identifier)
    return RecordMatch(by_number, members if taken else ())


def _find(
    state: State, collection: str, member: str, value: str | None, assumptions: Mapping[str, str]
) -> Document | None:
    if not value:
        return None
    # Records are trimmed as they are read, so that the index finds them.
    rules = key_rules(assumptions).of_stored_keys
    found = rules.find(member, value, state.collection(collection))
    return found[0] if found else None
