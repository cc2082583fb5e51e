"""Members that keep their stored value and add a warning instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import State
from mockserver.vendors.payt.amounts import read_amount
from mockserver.vendors.payt.dates import to_utc
from mockserver.vendors.payt.records import files, identity
from mockserver.vendors.payt.records.normalization import FIXED_MEMBERS


class ResolvedMember(Value, frozen=True):
    """A member that keeps its first value; `warning` is reported at `field` of the record."""

    member: str
    value: Json
    field: str
    warning: str = ""


ResolveMember: TypeAlias = Callable[[Document, Document, State], ResolvedMember]


def member_resolvers(assumptions: Mapping[str, str]) -> tuple[ResolveMember, ...]:
    """Return the immutable members of an invoice under the assumptions, in field order."""
    return (
        _first_debtor(assumptions) if assumptions["debtor_change"] == "kept" else _last_debtor(assumptions),
        _invoice_contact,
        _sent_at,
        _file_resolver("document", "document-missing"),
        _file_resolver("ubl_document", "ubl-document-missing"),
    )


def resolve_fixed_values(record: Document, was: Document) -> Iterator[ResolvedMember]:
    """Yield the members that keep the value of the first time, where the record has another one.

    Source: docs/vendors/payt.md#what-may-change.
    """
    for member, warning in FIXED_MEMBERS.items():
        posted = record.get(member)
        if isinstance(was[member], str):
            changes = posted is not None and posted != was[member]
        else:
            changes = posted is not None and read_amount(posted) != was[member]
        yield ResolvedMember(member, was[member], member, warning if changes else "")


def resolve_contact(record: Document, current: str | None, state: State) -> ResolvedMember:
    """Return the contact as changed by `record`; an unknown contact changes nothing.

    Source: docs/vendors/payt.md#messages (assumed).
    """
    posted = record.get("contact_identifier", current)
    known = not posted or bool(state.collection("contacts").find("contact_identifier", posted))
    value = posted if known else current
    return ResolvedMember(
        "contact_identifier", value, "contact_identifier", "" if known else "contact-missing"
    )


def _first_debtor(assumptions: Mapping[str, str]) -> ResolveMember:
    """Return the debtor of the first time stays.

    Source: docs/vendors/payt.md#what-may-change.
    """

    def keep(record: Document, was: Document, state: State) -> ResolvedMember:
        named = identity.find_named_debtor(record, state, assumptions)
        named_id = named["id"] if named else None
        current = was["debtor_id"] or named_id
        changes = named_id is not None and named_id != current
        return ResolvedMember("debtor_id", current, "debtor_number", "debtor-fixed" if changes else "")

    return keep


def _last_debtor(assumptions: Mapping[str, str]) -> ResolveMember:
    """Return the debtor that was named last counts."""

    def keep(record: Document, was: Document, state: State) -> ResolvedMember:
        named = identity.find_named_debtor(record, state, assumptions)
        return ResolvedMember("debtor_id", named["id"] if named else was["debtor_id"], "debtor_number")

    return keep


def _invoice_contact(record: Document, was: Document, state: State) -> ResolvedMember:
    return resolve_contact(record, was["contact_identifier"], state)


def _sent_at(record: Document, was: Document, _state: State) -> ResolvedMember:
    """Once set it stays.

    Source: docs/vendors/payt.md#sending.
    """
    current = was["sent_at"]
    posted = to_utc(record["sent_at"]) if "sent_at" in record else current
    fixed = current is not None and posted != current
    return ResolvedMember(
        "sent_at", current if fixed else posted, "sent_at", "sent-at-fixed" if fixed else ""
    )


def _file_resolver(member: str, warning: str) -> ResolveMember:
    def keep(record: Document, was: Document, state: State) -> ResolvedMember:
        if member not in record:
            return ResolvedMember(member, was[member], member)
        value, found = files.attach_file(record[member], was[member], state)
        return ResolvedMember(member, value, member, "" if found else warning)

    return keep
