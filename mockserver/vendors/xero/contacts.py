"""Contacts: list, find, create, change and archive. Source: docs/vendors/xero.md#contact, #messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import answers, documents
from mockserver.vendors.xero.books import find_in_path
from mockserver.vendors.xero.dates_and_amounts import currency_rate, stored_instant
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import CONTACT

IDENTIFIERS = ("Name", "ContactID", "ContactNumber")
_KINDS = {"Addresses": "AddressType", "Phones": "PhoneType"}
"""For each list that has at most one entry of each kind, the member of an entry that states the kind."""

_PAID_BY = "BatchPayments"
_UNIQUE = ("Name", "ContactNumber", "AccountNumber")
_EMPTY_MEANS_ABSENT = (*_UNIQUE, _PAID_BY)


def find_contact(reference: Document, state: State) -> Document | None:
    if "ContactID" in reference:
        return CONTACT.rows(state).get(str(reference["ContactID"]).lower())
    by_number = CONTACT.first("ContactNumber", reference.get("ContactNumber"), state)
    return by_number or find_by_name(reference.get("Name", ""), state)


def find_by_name(name: str, state: State) -> Document | None:
    """Return the contact with `name` in any letter case, or None.

    Active contacts come before archived contacts; among active contacts, the exact letter case comes first.
    """
    if not name:
        return None
    alike = CONTACT.rows(state).find_any_case("Name", name)
    active = [one for one in alike if is_active(one)]
    return next((one for one in active if one["Name"] == name), next(iter(active or alike), None))


def is_active(contact: Document) -> bool:
    return bool(contact["ContactStatus"] == documents.ACTIVE)


def email_problems(holder: Document, path: Path) -> Iterator[Problem]:
    if (address := holder.get("EmailAddress")) and not _is_email_address(address):
        yield make_problem("email-invalid", (*path, "EmailAddress"))


def _is_email_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name) and "." in host.strip(".") and not any(char.isspace() for char in text)


def unknown_contact_problems(reference: Document, state: State, path: Path) -> Iterator[Problem]:
    """Yield a problem if a contact is unknown and cannot be created: `reference` has an id or has no name."""
    can_be_made = "ContactID" not in reference and reference.get("Name")
    names_one = any(reference.get(name) for name in IDENTIFIERS)
    if names_one and not can_be_made and find_contact(reference, state) is None:
        yield make_problem("contact-unknown", path)


def archived_contact_problems(reference: Document, state: State, path: Path) -> Iterator[Problem]:
    """Yield a problem if the contact of an invoice or a credit note is archived."""
    known = find_contact(reference, state)
    if known is not None and not is_active(known):
        yield make_problem("contact-unusable", path)


def find_or_create_contact(reference: Document, state: State) -> Document:
    known = find_contact(reference, state)
    return known or CONTACT.store(new_contact({**reference, "ContactStatus": documents.ACTIVE}, state), state)


def find_or_create_partner(reference: Document, state: State, *, customer: bool) -> Document:
    """Return the contact of an invoice or bill, created if missing, and mark it as customer or supplier.

    The mark does not change `UpdatedDateUTC`.
    """
    flag = "IsCustomer" if customer else "IsSupplier"
    known = find_or_create_contact(reference, state)
    return known if known.get(flag) else CONTACT.store({**known, flag: True}, state)


def new_contact(sent: Document, state: State) -> dict[str, Json]:
    return {
        "ContactID": state.uuid(),
        "ContactStatus": documents.ACTIVE,
        "Addresses": [],
        "Phones": [],
        "IsSupplier": False,
        "IsCustomer": False,
        **_changes(sent),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def contact_problems(item: Item, request: Request) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    yield from email_problems(sent, here)
    for index, person in enumerate(sent.get("ContactPersons") or ()):
        yield from email_problems(person, (*here, "ContactPersons", index))


def check_new_contact(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield the problems of a new contact. A sent id is ignored (assumed)."""
    sent, here = item.document, item_path(item, request)
    if not sent.get("Name"):
        yield make_problem("contact-name-missing", (*here, "Name"))
    yield from _conflict_problems(sent, "", here, state)


def create_contact(item: Item, _request: Request, state: State) -> Outcome:
    return Outcome(item, Action.CREATED, CONTACT.store(new_contact(item.document, state), state))


def check_contact_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    stored = _find_target(sent, request, state)
    if stored is None and answers.names_id(sent, CONTACT.id, request):
        yield make_problem("not-here", (*here, CONTACT.id))
    elif stored is None:
        yield from check_new_contact(item, request, state)
    elif not is_active(stored):
        yield make_problem("contact-archived", here)
    else:
        yield from _conflict_problems(sent, stored[CONTACT.id], here, state)


def update_or_create_contact(item: Item, request: Request, state: State) -> Outcome:
    """Change the sent members of the named contact, or create the contact if it is unknown."""
    stored = _find_target(item.document, request, state)
    if stored is None:
        return create_contact(item, request, state)
    changes = _changes(item.document, stored)
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
    return Outcome(item, Action.UPDATED, CONTACT.store(changed, state))


def represent_rejected_contact(outcome: Outcome, request: Request, _state: State) -> dict[str, Json]:
    sent = answers.fitting_members(outcome, request)
    return {
        CONTACT.id: answers.rejected_id(sent, CONTACT.id, request),
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        **answers.echo_members(sent, CONTACT.echoed),
        "HasValidationErrors": True,
    }


def _find_target(sent: Document, request: Request, state: State) -> Document | None:
    """Return the contact named in the path, else by the sent id, else by number or name; None if unknown."""
    if CONTACT.id in request.parameters:
        return find_in_path(CONTACT, request, state)
    named = (
        sent
        if answers.names_id(sent, CONTACT.id, request)
        else answers.pick_members(sent, "ContactNumber", "Name")
    )
    return find_contact(named, state)


def _conflict_problems(sent: Document, own: str, here: Path, state: State) -> Iterator[Problem]:
    """Yield problems: another contact than `own` has the sent name or number; the currency is unknown."""
    name, number, account = (sent.get(member, "") for member in _UNIQUE)
    if (other := find_by_name(name, state)) and is_active(other) and other[CONTACT.id] != own:
        yield make_problem("contact-name-taken", (*here, "Name"), name=name)
    if (other := CONTACT.first("ContactNumber", number, state)) and other[CONTACT.id] != own:
        yield make_problem("contact-number-taken", (*here, "ContactNumber"), number=number)
    with_account = CONTACT.rows(state).find("AccountNumber", account) if account else ()
    if any(one[CONTACT.id] != own for one in with_account):
        yield make_problem("contact-account-taken", (*here, "AccountNumber"))
    currency = sent.get("DefaultCurrency")
    if currency and currency_rate(currency, state) is None:
        yield make_problem("currency-unknown", (*here, "DefaultCurrency"), currency=currency)


def _changes(sent: Document, stored: Document = EMPTY) -> dict[str, Json]:
    """Return the members to store; an empty name or number counts as absent (assumed).

    Of BatchPayments, a call sets only the number of the bank account. Source: docs/vendors/xero.md#contact.
    """
    known = answers.pick_members(sent, *CONTACT.echoed)
    if _PAID_BY in known:
        number = answers.pick_members(known[_PAID_BY], "BankAccountNumber")
        known[_PAID_BY] = {**stored.get(_PAID_BY, EMPTY), **number}
    return {name: value for name, value in known.items() if value or name not in _EMPTY_MEANS_ABSENT}


def _merge_kinds(stored: Sequence[Document], sent: Sequence[Document], kind: str) -> list[Document]:
    given = {one.get(kind): one for one in sent}
    return [one for one in stored if one.get(kind) not in given] + list(given.values())


_batch_handler = partial(
    documents.batch_handler,
    CONTACT,
    saved=documents.saved_by(
        lambda contact, *_: documents.represent_contact(contact, alone=True), StatusAttributeString="OK"
    ),
    rejected=represent_rejected_contact,
    named="Name",
)
BATCHES = documents.write_operations(
    CONTACT,
    create=_batch_handler(check_new_contact, create_contact, contact_problems),
    update=_batch_handler(check_contact_update, update_or_create_contact, contact_problems),
)
OPERATIONS = documents.read_operations(CONTACT, documents.show_contact, alone=documents.show_contact_alone)
