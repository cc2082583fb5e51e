"""Contacts: who is invoiced; an invoice may name one that is there, or make one."""

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json, Path, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import fields, lists
from mockserver.vendors.xero.fields import Entity, Kind, Operand
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import ms_instant, optional, stamp
from mockserver.vendors.xero.words import say

COLLECTION = "contacts"
IDENTIFIERS = ("Name", "ContactID", "ContactNumber")
_TEXTS = (
    "ContactNumber",
    "AccountNumber",
    "ContactStatus",
    "Name",
    "FirstName",
    "LastName",
    "EmailAddress",
    "BankAccountDetails",
    "TaxNumber",
    "DefaultCurrency",
)
_MEMBERS = ("ContactID", *_TEXTS[:-1], "Addresses", "Phones")
_FLAGS = ("IsSupplier", "IsCustomer")
_TAKEN = (*_TEXTS, "Addresses", "Phones")
_SEARCHED = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress")
_FIELDS: Mapping[str, Operand] = {
    **fields.own(Kind.GUID, "ContactID"),
    **fields.own(Kind.TEXT, *_TEXTS),
    **fields.own(Kind.FLAG, *_FLAGS),
    **fields.own(Kind.MOMENT, "UpdatedDateUTC"),
}
ENTITY = Entity("Contact", _FIELDS)


def listing(request: Request, state: State) -> Reply:
    """The contacts that the call asks for; archived ones only when it says so.

    Source: Xero fact sheet §1.1.
    """
    asked = request.parameters
    found = list(state.collection(COLLECTION).values())
    if not asked.get("includeArchived", False):
        found = [one for one in found if one["ContactStatus"] == "ACTIVE"]
    if wanted := {str(one).lower() for one in asked.get("IDs", ())}:
        found = [one for one in found if one["ContactID"] in wanted]
    if term := asked.get("searchTerm"):
        found = lists.contains(found, term, *_SEARCHED)
    found = lists.chosen(found, ENTITY, request, state)
    shown = _in_short if asked.get("summaryOnly", False) else shown_whole
    answer = lists.paged if lists.asks_for_page(request) else lists.answered
    return answer("Contacts", found, shown, request, state)


def show(request: Request, state: State) -> Reply:
    """One contact.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = record(COLLECTION, str(request.parameters["ContactID"]).lower(), state)
    return enveloped({"Contacts": [shown_whole(found)]}, request.call, state)


def referred(reference: Document, state: State) -> Document | None:
    """The contact that a reference means: by its id, else its number, else its name."""
    contacts = state.collection(COLLECTION)
    if "ContactID" in reference:
        return contacts.get(str(reference["ContactID"]).lower())
    for name in ("ContactNumber", "Name"):
        if found := reference.get(name) and contacts.find(name, reference[name]):
            return found[0]
    return None


def unusable(reference: Document, state: State, path: Path) -> Iterator[Problem]:
    """Why no invoice can be made out to whom the reference means; a new name makes a new contact."""
    can_be_made = "ContactID" not in reference and reference.get("Name")
    names_one = any(reference.get(name) for name in IDENTIFIERS)
    if names_one and not can_be_made and referred(reference, state) is None:
        yield say("contact-unknown", path)


def made(reference: Document, state: State, *, customer: bool) -> Document:
    """The contact that the reference means, made if it is not there."""
    found = referred(reference, state)
    if found is not None:
        return found
    contact = {
        "ContactID": state.uuid(),
        "Addresses": [],
        "Phones": [],
        "IsSupplier": not customer,
        "IsCustomer": customer,
        **optional(reference, *_TAKEN),
        "ContactStatus": "ACTIVE",
        "UpdatedDateUTC": stamp(state.now),
    }
    state.collection(COLLECTION)[contact["ContactID"]] = contact
    return contact


def shown_whole(contact: Document) -> Json:
    """All that is known of a contact."""
    return {
        **optional(contact, *_MEMBERS),
        "UpdatedDateUTC": ms_instant(contact["UpdatedDateUTC"]),
        "ContactGroups": [],
        **optional(contact, *_FLAGS, "DefaultCurrency"),
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def shown_within(contact: Document) -> Json:
    """A contact as the lists of other documents show it: its name and empty lists."""
    return {
        **optional(contact, "ContactID", "ContactNumber", "Name"),
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def _in_short(contact: Document) -> Json:
    return {
        **optional(contact, "ContactID", "ContactNumber", "ContactStatus", "Name", "EmailAddress"),
        "UpdatedDateUTC": ms_instant(contact["UpdatedDateUTC"]),
    }
