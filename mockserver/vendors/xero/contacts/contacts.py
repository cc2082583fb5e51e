"""Contacts: list them, find or create the contact of an invoice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mockserver.errors import NotFound
from mockserver.model import Document, Json, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.dates import print_instant_ms, stored_instant
from mockserver.vendors.xero.identity.organisations import represent_addresses, represent_phones
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.replies import filters, lists
from mockserver.vendors.xero.replies.envelope import id_parameter, pick_members, stored_id, success_reply
from mockserver.vendors.xero.replies.filters import FieldType, FilterEntity, Operand

CONTACTS = "contacts"
ACTIVE = "ACTIVE"
IDENTIFIERS = ("Name", "ContactID", "ContactNumber")
_TEXTS = (
    "ContactNumber",
    "AccountNumber",
    "ContactStatus",
    "Name",
    "FirstName",
    "LastName",
    "CompanyNumber",
    "EmailAddress",
    "BankAccountDetails",
    "TaxNumber",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "DefaultCurrency",
)
_MEMBERS = ("ContactID", *_TEXTS[:-1])
_FLAGS = ("IsSupplier", "IsCustomer")
_DEFAULTS = (
    "SalesDefaultLineAmountType",
    "PurchasesDefaultLineAmountType",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "SalesTrackingCategories",
    "PurchasesTrackingCategories",
)
"""What documents to the contact begin with."""

_DETAILS = (*_DEFAULTS, "TaxNumberType", "XeroNetworkKey", "PaymentTerms", "BatchPayments")
WRITABLE_MEMBERS = (*_TEXTS, "Addresses", "Phones", *_DETAILS, "ContactPersons")
_HEAVY_MEMBERS = frozenset({"Addresses", "ContactGroups", "ContactPersons", *_FLAGS, *_DEFAULTS[2:]})
"""Members that a summary leaves out. Source: docs/vendors/xero.md#contact."""

_SEARCH_MEMBERS = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
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
    if wanted := {stored_id(str(one)) for one in asked.get("IDs", ())}:
        found = [one for one in found if one["ContactID"] in wanted]
    if term := asked.get("searchTerm"):
        found = lists.search_documents(found, term, *_SEARCH_MEMBERS)
    found = lists.select_documents(found, ENTITY, request, state)
    if asked.get("summaryOnly", False):
        return lists.page_reply("Contacts", found, _summarise_contact, request, state)
    answer = lists.page_reply if lists.is_page_requested(request) else lists.list_reply
    return answer("Contacts", found, represent_contact, request, state)


def get_contact(request: Request, state: State) -> Reply:
    """Return one contact, by its id or its number.

    Raises:
        NotFound: the tenant has none of that id or number.
    """
    found = contact_in_path(request, state)
    if found is None:
        raise NotFound(CONTACTS, str(request.parameters["ContactID"]))
    return success_reply({"Contacts": [represent_contact(found)]}, request.call, state)


def contact_in_path(request: Request, state: State) -> Document | None:
    """Return the contact that the path names, by its id or its number."""
    by_id = state.collection(CONTACTS).get(id_parameter(request, "ContactID"))
    return by_id or find_by_number(str(request.parameters["ContactID"]), state)


def find_contact(reference: Document, state: State) -> Document | None:
    """Return the contact that a reference means: by its id, else its number, else its name."""
    if "ContactID" in reference:
        return state.collection(CONTACTS).get(str(reference["ContactID"]).lower())
    by_number = find_by_number(reference.get("ContactNumber", ""), state)
    return by_number or find_by_name(reference.get("Name", ""), state)


def find_by_number(number: str, state: State) -> Document | None:
    """Return the contact of that number."""
    return next(iter(state.collection(CONTACTS).find("ContactNumber", number)), None) if number else None


def find_by_name(name: str, state: State) -> Document | None:
    """Return the contact of that name in any letter case, an active one before others.

    Source: docs/vendors/xero.md#contact.
    """
    if not name:
        return None
    alike = state.collection(CONTACTS).find_any_case("Name", name)
    active = [one for one in alike if is_active(one)]
    return next((one for one in active if one["Name"] == name), next(iter(active or alike), None))


def is_active(contact: Document) -> bool:
    """Return whether the contact is neither archived nor to be erased."""
    return bool(contact["ContactStatus"] == ACTIVE)


def email_problems(holder: Document, path: Path) -> Iterator[Problem]:
    """Yield the problem of an e-mail address that is none."""
    if (address := holder.get("EmailAddress")) and not _is_email_address(address):
        yield make_problem("email-invalid", (*path, "EmailAddress"))


def _is_email_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name) and "." in host.strip(".") and not any(char.isspace() for char in text)


def unknown_contact_problems(reference: Document, state: State, path: Path) -> Iterator[Problem]:
    """Yield why no invoice can be made out to whom the reference means; a new name makes a new contact."""
    can_be_made = "ContactID" not in reference and reference.get("Name")
    names_one = any(reference.get(name) for name in IDENTIFIERS)
    if names_one and not can_be_made and find_contact(reference, state) is None:
        yield make_problem("contact-unknown", path)


def find_or_create_contact(reference: Document, state: State) -> Document:
    """Return the contact that the reference means, made if it is not there."""
    if (found := find_contact(reference, state)) is not None:
        return found
    contact = new_contact({**reference, "ContactStatus": ACTIVE}, state)
    state.collection(CONTACTS)[contact["ContactID"]] = contact
    return contact


def find_or_create_partner(reference: Document, state: State, *, customer: bool) -> Document:
    """Return the contact of an invoice or bill, made if it is not there; it is a customer or a supplier now.

    That does not count as a change of the contact. Source: docs/vendors/xero.md#contact.
    """
    flag = "IsCustomer" if customer else "IsSupplier"
    found = find_or_create_contact(reference, state)
    if found.get(flag):
        return found
    contact = {**found, flag: True}
    state.collection(CONTACTS)[contact["ContactID"]] = contact
    return contact


def new_contact(sent: Document, state: State) -> dict[str, Json]:
    """Return a contact that is not stored yet, neither customer nor supplier."""
    return {
        "ContactID": state.uuid(),
        "ContactStatus": ACTIVE,
        "Addresses": [],
        "Phones": [],
        "IsSupplier": False,
        "IsCustomer": False,
        **pick_members(sent, *WRITABLE_MEMBERS),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def represent_contact(contact: Document) -> Json:
    """Return all that is known of a contact; it always has two addresses and four phones."""
    return {
        **pick_members(contact, *_MEMBERS),
        "Addresses": represent_addresses(contact["Addresses"]),
        "Phones": represent_phones(contact["Phones"]),
        "UpdatedDateUTC": print_instant_ms(contact["UpdatedDateUTC"]),
        "ContactGroups": [],
        **pick_members(contact, *_FLAGS, "DefaultCurrency", *_DETAILS),
        "ContactPersons": contact.get("ContactPersons", []),
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


@dataclass(frozen=True, slots=True)
class ContactPrinter:
    """Representations of the contacts in one answer: one that many documents show is built once."""

    built: dict[str, tuple[Document, Json]] = field(default_factory=dict)

    def represent(self, contact: Document) -> Json:
        """Return all that is known of a contact, as `represent_contact` does."""
        key = contact.get("ContactID", "")
        known = self.built.get(key)
        if known is None or known[0] is not contact:
            known = self.built[key] = (contact, represent_contact(contact))
        return known[1]


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
    return {name: value for name, value in represent_contact(contact).items() if name not in _HEAVY_MEMBERS}
