"""Contract profile of contacts: create, change and archive them.

Source: docs/vendors/xero.md#contact, #messages.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    Corruption,
    DrawnValues,
    Record,
    RefusedStep,
    Step,
)
from mockserver.contract.samples import set_member
from mockserver.model import Json
from mockserver.vendors.xero.profile.reading import CONTACTS
from mockserver.vendors.xero.profile.requests import (
    UNKNOWN_ID,
    WITHOUT_SUMMARY,
    batch_request,
    documents_in,
    path_segment,
    read_request,
    write_request,
)

_ACTIVE, _ARCHIVED = "ACTIVE", "ARCHIVED"
_MEMBERS = ("FirstName", "EmailAddress", "ContactStatus")


def updated_contacts() -> BatchProfile:
    """Contacts that are created, changed and archived, by number."""
    return BatchProfile(
        operation="updateOrCreateContacts",
        key=lambda number: f"Contact CT-{number}",
        item=_item,
        record=_record,
        call=batch_request("POST", "Contacts", **WITHOUT_SUMMARY),
        read=lambda key, _tenant: read_request("Contacts", where=f'Name=="{key}"', includeArchived="true"),
        shown=lambda key, exchange: _by_name(exchange).get(key),
        record_after=_after_upsert,
        corruptions=_CORRUPTIONS,
        listing=lambda _tenant: read_request("Contacts", includeArchived="true"),
        listed=_by_name,
        steps=(
            Step("change its first name", _rename, _after_rename),
            Step("archive it", _archive, _after_archiving),
        ),
        reader=CONTACTS.read,
        twice="each",  # assumed: docs/vendors/xero.md#state
        twice_positions=("first", "none", "call"),
    )


_CORRUPTIONS = (
    Corruption("six persons", set_member("/ContactPersons", [{"FirstName": "Jo"}] * 6)),
    Corruption("an e-mail address that is none", set_member("/EmailAddress", "nobody")),
    Corruption("a currency that it has not", set_member("/DefaultCurrency", "XOF")),
    Corruption("a number of 51 characters", set_member("/ContactNumber", "N" * 51)),
    Corruption("an id that is not there", set_member("/ContactID", UNKNOWN_ID)),
    Corruption("a status that there is not", set_member("/ContactStatus", "OPEN"), refuses_call=True),
    Corruption("an id that is none", set_member("/ContactID", "first"), refuses_call=True),
)


def _item(key: str, drawn: DrawnValues) -> Json:
    return {
        "Name": key,
        "ContactNumber": key,
        "FirstName": _first_name(drawn),
        "EmailAddress": f"n{drawn.number}@example.org",
    }


def _first_name(drawn: DrawnValues) -> str:
    return f"Anne & {drawn.number}"


def _record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "FirstName": _first_name(drawn),
        "EmailAddress": f"n{drawn.number}@example.org",
        "ContactStatus": _ACTIVE,
    }


def _by_name(exchange: Exchange) -> Mapping[str, Record]:
    return {
        one["Name"]: {member: one.get(member) for member in _MEMBERS}
        for one in documents_in(exchange, "Contacts")
    }


def _is_archived(record: Record | None) -> bool:
    return record is not None and record["ContactStatus"] == _ARCHIVED


def _after_upsert(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
    return REFUSED_STEP if _is_archived(before) else _record(key, drawn)


def _rename(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    change = {"FirstName": f"Changed to {drawn.number}"}
    return write_request("POST", f"Contacts/{path_segment(key)}", {"Contacts": [change]})


def _after_rename(before: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
    if before is None or _is_archived(before):
        return REFUSED_STEP
    return {**before, "FirstName": f"Changed to {drawn.number}"}


def _archive(key: str, _drawn: DrawnValues, _tenant: int) -> Request:
    change = {"ContactNumber": key, "ContactStatus": _ARCHIVED}
    return write_request("POST", "Contacts", {"Contacts": [change]})


def _after_archiving(before: Record | None, _drawn: DrawnValues) -> Record | RefusedStep:
    return REFUSED_STEP if before is None or _is_archived(before) else {**before, "ContactStatus": _ARCHIVED}
