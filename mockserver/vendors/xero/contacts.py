"""Contacts: list, find, create, change and archive.

Source: docs/vendors/xero.md#contact, #messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockserver.errors import NotFound
from mockserver.model import Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Request, store_each
from mockserver.vendors.xero import lists, refusals
from mockserver.vendors.xero.access import represent_addresses, represent_phones
from mockserver.vendors.xero.answers import (
    ZERO_ID,
    echo_members,
    id_parameter,
    is_summarised,
    known_members,
    pick_members,
    rejected_id,
    render_results,
    stored_id,
    success_reply,
)
from mockserver.vendors.xero.dates_and_amounts import currency_rate, print_instant_ms, stored_instant
from mockserver.vendors.xero.lists import FieldType, FilterEntity, Operand
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.refusals import extra_outcome

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
    **lists.own_fields(FieldType.GUID, "ContactID"),
    **lists.own_fields(FieldType.TEXT, *_TEXTS),
    **lists.own_fields(FieldType.FLAG, *_FLAGS),
    **lists.own_fields(FieldType.MOMENT, "UpdatedDateUTC"),
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


_CONTACT_ID = "ContactID"
_KINDS = {"Addresses": "AddressType", "Phones": "PhoneType"}
"""Lists of which a contact has one of each kind, by the member that names the kind."""

_EMPTY_MEANS_ABSENT = ("Name", "ContactNumber", "AccountNumber")


def contact_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield the problem of an e-mail address that is none, of the contact or of its persons."""
    sent, here = item.document, item_path(item, request)
    yield from email_problems(sent, here)
    for index, person in enumerate(sent.get("ContactPersons") or ()):
        yield from email_problems(person, (*here, "ContactPersons", index))


def check_new_contact(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why the contact cannot be created; an id that was sent is not used, which is assumed."""
    sent, here = item.document, item_path(item, request)
    if not sent.get("Name"):
        yield make_problem("contact-name-missing", (*here, "Name"))
    yield from _conflict_problems(sent, "", here, state)


def create_contact(item: Item, _request: Request, state: State) -> Outcome:
    """Store a contact that is not there yet."""
    return Outcome(item, Action.CREATED, _store(new_contact(_changes(item.document), state), state))


def check_contact_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why the contact cannot be changed, or created where there is none to change."""
    sent, here = item.document, item_path(item, request)
    stored = _find_target(sent, request, state)
    if stored is None and _has_id(sent, request):
        yield make_problem("not-here", (*here, _CONTACT_ID))
    elif stored is None:
        yield from check_new_contact(item, request, state)
    elif not is_active(stored):
        yield make_problem("contact-archived", here)
    else:
        yield from _conflict_problems(sent, stored[_CONTACT_ID], here, state)


def update_or_create_contact(item: Item, request: Request, state: State) -> Outcome:
    """Store a change of a contact; what is not sent stays as it is."""
    stored = _find_target(item.document, request, state)
    if stored is None:
        return create_contact(item, request, state)
    changes = _changes(item.document)
    changed = {
        **stored,
        **changes,
        **{
            name: _merge_kinds(stored.get(name, ()), changes[name], kind)
            for name, kind in _KINDS.items()
            if name in changes
        },
        "UpdatedDateUTC": stored_instant(state.now),
    }
    return Outcome(item, Action.UPDATED, _store(changed, state))


def represent_written_contact(outcome: Outcome, request: Request, _state: State) -> Json:
    """Return a contact in the answer to the call that wrote it.

    It says OK only where each element is answered for itself. Source: docs/vendors/xero.md#contact.
    """
    shown: Mapping[str, Json] = represent_contact(outcome.document)
    return shown if is_summarised(request) else {**shown, "StatusAttributeString": "OK"}


def represent_rejected_contact(
    outcome: Outcome, request: Request, omitted: frozenset[Path]
) -> dict[str, Json]:
    """Return a contact that was not created, or not changed: then it has its id, if that was named."""
    sent = known_members(outcome.item.document, request)
    return {
        _CONTACT_ID: rejected_id(sent, _CONTACT_ID, request),
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        **echo_members(sent, WRITABLE_MEMBERS, omitted),
        "HasValidationErrors": True,
    }


def _find_target(sent: Document, request: Request, state: State) -> Document | None:
    """Return the contact to change: by path, else by id, else by number, else by name."""
    if _CONTACT_ID in request.parameters:
        return contact_in_path(request, state)
    named = sent if _has_id(sent, request) else pick_members(sent, "ContactNumber", "Name")
    return find_contact(named, state)


def _has_id(sent: Document, request: Request) -> bool:
    return _CONTACT_ID in request.parameters or sent.get(_CONTACT_ID, ZERO_ID) != ZERO_ID


def _conflict_problems(sent: Document, own: str, here: Path, state: State) -> Iterator[Problem]:
    """Yield what belongs to another contact, and a currency that the organisation does not have."""
    name, number, account = (sent.get(member, "") for member in _EMPTY_MEANS_ABSENT)
    if (found := find_by_name(name, state)) and is_active(found) and _is_other(found, own):
        yield make_problem("contact-name-taken", (*here, "Name"), name=name)
    if (found := find_by_number(number, state)) and _is_other(found, own):
        yield make_problem("contact-number-taken", (*here, "ContactNumber"), number=number)
    with_account = state.collection(CONTACTS).find("AccountNumber", account) if account else ()
    if any(_is_other(one, own) for one in with_account):
        yield make_problem("contact-account-taken", (*here, "AccountNumber"))
    currency = sent.get("DefaultCurrency")
    if currency and currency_rate(currency, state) is None:
        yield make_problem("currency-unknown", (*here, "DefaultCurrency"), currency=currency)


def _is_other(contact: Document, own: str) -> bool:
    return bool(contact[_CONTACT_ID] != own)


def _changes(sent: Document) -> dict[str, Json]:
    """Return the members to store; an empty name or number counts as not sent, which is assumed."""
    known = pick_members(sent, *WRITABLE_MEMBERS)
    return {name: value for name, value in known.items() if value or name not in _EMPTY_MEANS_ABSENT}


def _merge_kinds(stored: Sequence[Document], sent: Sequence[Document], kind: str) -> list[Document]:
    """Replace stored entries by sent ones of the same kind."""
    given = {one.get(kind): one for one in sent}
    return [one for one in stored if one.get(kind) not in given] + list(given.values())


def _store(contact: Document, state: State) -> Document:
    state.collection(CONTACTS)[contact[_CONTACT_ID]] = contact
    return contact


_RULES = (refusals.nul_problems, contact_problems)
_RENDER = render_results("Contacts", represent_written_contact, represent_rejected_contact)
_EXTRA = extra_outcome("Name", _CONTACT_ID)
_UPDATE = BatchHandler(
    check=check_contact_update,
    apply=store_each(update_or_create_contact),
    rules=_RULES,
    render=_RENDER,
    extra_outcome=_EXTRA,
)

BATCHES: Mapping[str, BatchHandler] = {
    "createContacts": BatchHandler(
        check=check_new_contact,
        apply=store_each(create_contact),
        rules=_RULES,
        render=_RENDER,
        extra_outcome=_EXTRA,
    ),
    "updateContact": _UPDATE,
    "updateOrCreateContacts": _UPDATE,
}
