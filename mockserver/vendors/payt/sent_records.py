"""Normalize sent records, match sent with stored records, resolve members that cannot change freely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from mockserver.model import EMPTY, Document, Item, Json, Value
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.spec.schema import Schema, compile_schema
from mockserver.vendor import Request, read_tables
from mockserver.vendors.payt import files
from mockserver.vendors.payt.amounts_and_dates import is_instant, is_local_instant, read_amount, to_utc

MEMBERS = read_tables(__file__)
"""Tables of member names, each under the kind of record or the use that the table is for."""

FIXED_MEMBERS: Mapping[str, str] = MEMBERS["fixed"]
"""For each member that the help page calls fixed after the first import, the warning's code."""


def normalize(record: Document, request: Request) -> Document:
    """Return the record without members to ignore and, if an assumption trims keys, with trimmed keys.

    Source: docs/vendors/payt.md#invoice (PATCH ignores lines), #identity, #amounts-and-payments.
    """
    assumptions = request.call.assumptions
    if request.operation.method == "patch" and "invoice_lines" in record:
        record = _without("invoice_lines", record)
    if (rules := key_rules(assumptions)).trims:
        record = {
            name: rules.stored(value) if name in MEMBERS["identifying"] and isinstance(value, str) else value
            for name, value in record.items()
        }
    if assumptions["null_members"] == "ignored":
        record = {name: value for name, value in record.items() if value is not None}
    if record.get("payments") == [] and assumptions["empty_payments"] == "ignored":
        record = _without("payments", record)
    return record


def complete(record: Document, optional: Iterable[str], request: Request) -> Document:
    """Return the record to store. If an assumption says so, POST sets omitted members of `optional` to null.

    Source: docs/vendors/payt.md#identity (assumed).
    """
    if request.operation.method != "post" or request.call.assumptions["absent_members"] != "cleared":
        return record
    return {**dict.fromkeys(optional), **record}


def changeable_members(record: Document, stored: Document | None, assumptions: Mapping[str, str]) -> Document:
    if stored is None or assumptions["first_values"] != "fixed":
        return record
    return {name: value for name, value in record.items() if name not in FIXED_MEMBERS}


def is_readable(item: Item, request: Request) -> bool:
    """Return whether all members that rules read have valid types.

    If a wrong type refuses the whole call (an assumption), every record that reaches rules is readable.
    """
    if item.index not in request.unproven or request.call.assumptions["broken_record"] == "refuses_call":
        return True
    return _schema_of_read_members(request.operation.id).accepts(item.document)


@cache
def _schema_of_read_members(operation: str) -> Schema:
    return compile_schema(EMPTY, MEMBERS["read-by-rules"][operation], {"moment": _is_moment})


def _is_moment(text: str) -> bool:
    return is_instant(text) or is_local_instant(text)


def _without(member: str, record: Document) -> Document:
    return {name: value for name, value in record.items() if name != member}


class RecordMatch(Value, frozen=True):
    """Match of a sent record with stored records."""

    stored: Document | None
    """Stored record to update, or None if the sent record is new."""
    taken: tuple[str, ...] = ()
    """Members to reject, because a stored record contradicts them."""
    crossed: bool = False
    """Whether number and identifier name two different stored records."""


def find_invoice(record: Document, request: Request, state: State) -> RecordMatch:
    """Find an invoice by identifier, else by number; if number and identifier disagree, both are `taken`.

    PATCH finds by number only; if another invoice has the sent identifier, the identifier is `taken`.
    Source: docs/vendors/payt.md#identity.
    """
    if request.operation.method != "patch":
        return _match(record, "invoices", ("invoice_number", "invoice_identifier"), request, state)
    stored = _find("invoices", "invoice_number", record["invoice_number"], request, state)
    other = _find("invoices", "invoice_identifier", record.get("invoice_identifier"), request, state)
    taken = stored is not None and other is not None and other["id"] != stored["id"]
    return RecordMatch(stored, ("invoice_identifier",) if taken else ())


def find_debtor(record: Document, request: Request, state: State) -> RecordMatch:
    return _match(record, "debtors", ("debtor_number", "debtor_identifier"), request, state)


def find_contact(record: Document, request: Request, state: State) -> RecordMatch:
    """Find a contact by `id` if sent, else by `contact_identifier`.

    If another contact has the sent identifier, `contact_identifier` is `taken`.
    """
    by_code = _find("contacts", "contact_identifier", record.get("contact_identifier"), request, state)
    if not record.get("id"):
        return RecordMatch(by_code)
    by_id = _find("contacts", "id", record["id"], request, state)
    taken = by_id is not None and by_code is not None and by_code["id"] != by_id["id"]
    return RecordMatch(by_id, ("contact_identifier",) if taken else ())


def find_named_debtor(record: Document, request: Request, state: State) -> Document | None:
    """Return the debtor whose number the record has; if there is none, the debtor whose identifier it has.

    Source: docs/vendors/payt.md#invoice (that number or identifier suffices is assumed).
    """
    for member in ("debtor_number", "debtor_identifier"):
        if known := _find("debtors", member, record.get(member), request, state):
            return known
    return None


def _match(
    record: Document, collection: str, members: tuple[str, str], request: Request, state: State
) -> RecordMatch:
    number, identifier = members
    by_identifier = _find(collection, identifier, record.get(identifier), request, state)
    by_number = _find(collection, number, record.get(number), request, state)
    if by_identifier is not None:
        crossed = by_number is not None and by_number["id"] != by_identifier["id"]
        return RecordMatch(by_identifier, members if crossed else (), crossed)
    if by_number is None:
        return RecordMatch(None)
    taken = record.get(identifier) and by_number.get(identifier)
    return RecordMatch(by_number, members if taken else ())


def _find(collection: str, member: str, value: str | None, request: Request, state: State) -> Document | None:
    if not value:
        return None
    # Records are trimmed as they are read, so that the index finds them.
    rules = key_rules(request.call.assumptions).of_stored_keys
    found = rules.find(member, value, state.collection(collection))
    return found[0] if found else None


class ResolvedMember(Value, frozen=True):
    member: str
    value: Json
    field: str
    warning: str = ""


def resolve_members(
    record: Document, was: Document, request: Request, state: State
) -> Iterator[ResolvedMember]:
    """Yield the members of an invoice that refer to other records, or that cannot change freely."""
    yield _debtor(record, was, request, state)
    yield resolve_contact(record, was["contact_identifier"], state)
    yield _sent_at(record, was)
    yield _file("document", record, was, state)
    yield _file("ubl_document", record, was, state)


def resolve_fixed_values(record: Document, was: Document) -> Iterator[ResolvedMember]:
    """Yield each fixed member with its stored value, and with a warning if the record has another value.

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
    """Resolve `contact_identifier`; if the sent contact is unknown, keep the current contact and warn.

    Source: docs/vendors/payt.md#messages (assumed).
    """
    posted = record.get("contact_identifier", current)
    known = not posted or bool(state.collection("contacts").find("contact_identifier", posted))
    value = posted if known else current
    return ResolvedMember(
        "contact_identifier", value, "contact_identifier", "" if known else "contact-missing"
    )


def _debtor(record: Document, was: Document, request: Request, state: State) -> ResolvedMember:
    """Resolve an invoice's debtor; an assumption decides whether the debtor can change.

    Source: docs/vendors/payt.md#what-may-change.
    """
    named = find_named_debtor(record, request, state)
    sent, stored = named["id"] if named else None, was["debtor_id"]
    if request.call.assumptions["debtor_change"] != "kept":
        return ResolvedMember("debtor_id", sent or stored, "debtor_number")
    changes = bool(sent and stored and sent != stored)
    return ResolvedMember("debtor_id", stored or sent, "debtor_number", "debtor-fixed" if changes else "")


def _sent_at(record: Document, was: Document) -> ResolvedMember:
    """Resolve `sent_at`, which cannot change once set. Source: docs/vendors/payt.md#sending."""
    current = was["sent_at"]
    posted = to_utc(record["sent_at"]) if "sent_at" in record else current
    fixed = current is not None and posted != current
    return ResolvedMember(
        "sent_at", current if fixed else posted, "sent_at", "sent-at-fixed" if fixed else ""
    )


def _file(member: str, record: Document, was: Document, state: State) -> ResolvedMember:
    if member not in record:
        return ResolvedMember(member, was[member], member)
    value, found = files.attach_file(record[member], was[member], state)
    return ResolvedMember(member, value, member, "" if found else f"{member.replace('_', '-')}-missing")
