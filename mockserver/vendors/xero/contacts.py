"""Contacts: list them, find or create the contact of an invoice."""

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request, find_record
from mockserver.vendors.xero.dates import print_instant_ms, stored_instant
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.organisations import represent_addresses, represent_phones
from mockserver.vendors.xero.replies import filters, lists
from mockserver.vendors.xero.replies.envelope import id_parameter, pick_members, success_reply
from mockserver.vendors.xero.replies.filters import FieldType, FilterEntity, Operand

CONTACTS = "contacts"
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
_MEMBERS = ("ContactID", *_TEXTS[:-1])
_FLAGS = ("IsSupplier", "IsCustomer")
_WRITABLE_MEMBERS = (*_TEXTS, "Addresses", "Phones")
_SEARCH_MEMBERS = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress")
_FIELDS: Mapping[str, Operand] = {
    **filters.own_fields(FieldType.GUID, "ContactID"),
    **filters.own_fields(FieldType.TEXT, *_TEXTS),
    **filters.own_fields(FieldType.FLAG, *_FLAGS),
    **filters.own_fields(FieldType.MOMENT, "UpdatedDateUTC"),
}
ENTITY = FilterEntity("Contact", _FIELDS)


def list_contacts(request: Request, state: State) -> Reply:
    """Return the requested contacts; archived ones only on request.

    Source: docs/vendors/xero.md#headers-and-parameters.
    """
    asked = request.parameters
    found = list(state.collection(CONTACTS).values())
    if not asked.get("includeArchived", False):
        found = [one for one in found if one["ContactStatus"] == "ACTIVE"]
    if wanted := {str(one).lower() for one in asked.get("IDs", ())}:
        found = [one for one in found if one["ContactID"] in wanted]
    if term := asked.get("searchTerm"):
        found = lists.search_documents(found, term, *_SEARCH_MEMBERS)
    found = lists.select_documents(found, ENTITY, request, state)
    shown = _summarise_contact if asked.get("summaryOnly", False) else represent_contact
    answer = lists.page_reply if lists.is_page_requested(request) else lists.list_reply
    return answer("Contacts", found, shown, request, state)


def get_contact(request: Request, state: State) -> Reply:
    """Return one contact.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = find_record(CONTACTS, id_parameter(request, "ContactID"), state)
    return success_reply({"Contacts": [represent_contact(found)]}, request.call, state)


def find_contact(reference: Document, state: State) -> Document | None:
    """Return the contact that a reference means: by its id, else its number, else its name."""
    contacts = state.collection(CONTACTS)
    if "ContactID" in reference:
        return contacts.get(str(reference["ContactID"]).lower())
    for name in ("ContactNumber", "Name"):
        if found := reference.get(name) and contacts.find(name, reference[name]):
            return found[0]
    return None


def unknown_contact_problems(reference: Document, state: State, path: Path) -> Iterator[Problem]:
    """Yield why no invoice can be made out to whom the reference means; a new name makes a new contact."""
    can_be_made = "ContactID" not in reference and reference.get("Name")
    names_one = any(reference.get(name) for name in IDENTIFIERS)
    if names_one and not can_be_made and find_contact(reference, state) is None:
        yield make_problem("contact-unknown", path)


def find_or_create_contact(reference: Document, state: State, *, customer: bool) -> Document:
    """Return the contact that the reference means, made if it is not there."""
    found = find_contact(reference, state)
    if found is not None:
        return found
    contact = {
        "ContactID": state.uuid(),
        "Addresses": [],
        "Phones": [],
        "IsSupplier": not customer,
        "IsCustomer": customer,
        **pick_members(reference, *_WRITABLE_MEMBERS),
        "ContactStatus": "ACTIVE",
        "UpdatedDateUTC": stored_instant(state.now),
    }
    state.collection(CONTACTS)[contact["ContactID"]] = contact
    return contact


def represent_contact(contact: Document) -> Json:
    """Return all that is known of a contact; it always has two addresses and four phones."""
    return {
        **pick_members(contact, *_MEMBERS),
        "Addresses": represent_addresses(contact["Addresses"]),
        "Phones": represent_phones(contact["Phones"]),
        "UpdatedDateUTC": print_instant_ms(contact["UpdatedDateUTC"]),
        "ContactGroups": [],
        **pick_members(contact, *_FLAGS, "DefaultCurrency"),
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def embedded_contact(contact: Document) -> Json:
    """Return a contact as the lists of other documents show it: its name and empty lists."""
    return {
        **pick_members(contact, "ContactID", "ContactNumber", "Name"),
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def _summarise_contact(contact: Document) -> Json:
    return {
        **pick_members(contact, "ContactID", "ContactNumber", "ContactStatus", "Name", "EmailAddress"),
        "UpdatedDateUTC": print_instant_ms(contact["UpdatedDateUTC"]),
    }
