"""Create contacts, change them, archive them.

Source: docs/vendors/xero.md#contact, #messages.
"""

from collections.abc import Iterator, Mapping, Sequence

from mockserver.model import Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Request, store_each
from mockserver.vendors.xero import refusals
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.contacts.contacts import CONTACTS, WRITABLE_MEMBERS
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.replies.batch_results import (
    echo_members,
    is_summarised,
    known_members,
    rejected_id,
    render_results,
)
from mockserver.vendors.xero.replies.envelope import ZERO_ID, pick_members
from mockserver.vendors.xero.settings.rates import currency_rate

_CONTACT_ID = "ContactID"
_KINDS = {"Addresses": "AddressType", "Phones": "PhoneType"}
"""Lists of which a contact has one of each kind, by the member that names the kind."""

_EMPTY_MEANS_ABSENT = ("Name", "ContactNumber", "AccountNumber")


def contact_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield the problem of an e-mail address that is none, of the contact or of its persons."""
    sent, here = item.document, item_path(item, request)
    yield from contacts.email_problems(sent, here)
    for index, person in enumerate(sent.get("ContactPersons") or ()):
        yield from contacts.email_problems(person, (*here, "ContactPersons", index))


def check_new_contact(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why the contact cannot be created; an id that was sent is not used, which is assumed."""
    sent, here = item.document, item_path(item, request)
    if not sent.get("Name"):
        yield make_problem("contact-name-missing", (*here, "Name"))
    yield from _conflict_problems(sent, "", here, state)


def create_contact(item: Item, _request: Request, state: State) -> Outcome:
    """Store a contact that is not there yet."""
    return Outcome(item, Action.CREATED, _store(contacts.new_contact(_changes(item.document), state), state))


def check_contact_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield why the contact cannot be changed, or created where there is none to change."""
    sent, here = item.document, item_path(item, request)
    stored = _find_target(sent, request, state)
    if stored is None and _has_id(sent, request):
        yield make_problem("not-here", (*here, _CONTACT_ID))
    elif stored is None:
        yield from check_new_contact(item, request, state)
    elif not contacts.is_active(stored):
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
    shown: Mapping[str, Json] = contacts.represent_contact(outcome.document)
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
        return contacts.contact_in_path(request, state)
    named = sent if _has_id(sent, request) else pick_members(sent, "ContactNumber", "Name")
    return contacts.find_contact(named, state)


def _has_id(sent: Document, request: Request) -> bool:
    return _CONTACT_ID in request.parameters or sent.get(_CONTACT_ID, ZERO_ID) != ZERO_ID


def _conflict_problems(sent: Document, own: str, here: Path, state: State) -> Iterator[Problem]:
    """Yield what belongs to another contact, and a currency that the organisation does not have."""
    name, number, account = (sent.get(member, "") for member in _EMPTY_MEANS_ABSENT)
    if (found := contacts.find_by_name(name, state)) and contacts.is_active(found) and _is_other(found, own):
        yield make_problem("contact-name-taken", (*here, "Name"), name=name)
    if (found := contacts.find_by_number(number, state)) and _is_other(found, own):
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
    """Return the list with what was sent in place of what was there of the same kind."""
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
