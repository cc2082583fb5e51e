"""Members that may refuse what was posted, and warn instead.

Source: Payt fact sheet §3.3, §4.2, §4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockserver.model import Document, Json, Value
from mockserver.store import State
from mockserver.vendors.payt import documents, identity
from mockserver.vendors.payt.moments import in_utc
from mockserver.vendors.payt.money import amount
from mockserver.vendors.payt.reading import FIRST_VALUES


class Kept(Value, frozen=True):
    """A member that may not take what was posted; `warning` says so, at `field` of the record."""

    member: str
    value: Json
    field: str
    warning: str = ""


Keeper: TypeAlias = Callable[[Document, Document, State], Kept]


def keepers(assumptions: Mapping[str, str]) -> tuple[Keeper, ...]:
    """The members of an invoice that are guarded so, in field order, while the switches stand so."""
    return (
        _debtor(assumptions) if assumptions["debtor_change"] == "kept" else _last_debtor(assumptions),
        _contact,
        _sent_at,
        _file("document", "document-missing"),
        _file("ubl_document", "ubl-document-missing"),
    )


def first_values(record: Document, was: Document) -> Iterator[Kept]:
    """The members that keep the value of the first time, where the record has another one.

    Source: Payt fact sheet §4.2.
    """
    for member, warning in FIRST_VALUES.items():
        posted = record.get(member)
        if isinstance(was[member], str):
            changes = posted is not None and posted != was[member]
        else:
            changes = posted is not None and amount(posted) != was[member]
        yield Kept(member, was[member], member, warning if changes else "")


def kept_contact(record: Document, current: str | None, state: State) -> Kept:
    """The contact after `record`; one that nobody knows changes nothing.

    Source: Payt fact sheet §3.3 (assumed).
    """
    posted = record.get("contact_identifier", current)
    known = not posted or bool(state.collection("contacts").find("contact_identifier", posted))
    value = posted if known else current
    return Kept("contact_identifier", value, "contact_identifier", "" if known else "contact-missing")


def _debtor(assumptions: Mapping[str, str]) -> Keeper:
    """The debtor of the first time stays.

    Source: Payt fact sheet §4.2.
    """

    def keep(record: Document, was: Document, state: State) -> Kept:
        named = identity.named_debtor(record, state, assumptions)
        named_id = named["id"] if named else None
        current = was["debtor_id"] or named_id
        changes = named_id is not None and named_id != current
        return Kept("debtor_id", current, "debtor_number", "debtor-fixed" if changes else "")

    return keep


def _last_debtor(assumptions: Mapping[str, str]) -> Keeper:
    """The debtor that was named last counts."""

    def keep(record: Document, was: Document, state: State) -> Kept:
        named = identity.named_debtor(record, state, assumptions)
        return Kept("debtor_id", named["id"] if named else was["debtor_id"], "debtor_number")

    return keep


def _contact(record: Document, was: Document, state: State) -> Kept:
    return kept_contact(record, was["contact_identifier"], state)


def _sent_at(record: Document, was: Document, _state: State) -> Kept:
    """Once set it stays.

    Source: Payt fact sheet §4.4.
    """
    current = was["sent_at"]
    posted = in_utc(record["sent_at"]) if "sent_at" in record else current
    fixed = current is not None and posted != current
    return Kept("sent_at", current if fixed else posted, "sent_at", "sent-at-fixed" if fixed else "")


def _file(member: str, warning: str) -> Keeper:
    def keep(record: Document, was: Document, state: State) -> Kept:
        if member not in record:
            return Kept(member, was[member], member)
        value, found = documents.attached(record[member], was[member], state)
        return Kept(member, value, member, "" if found else warning)

    return keep
