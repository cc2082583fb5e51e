"""Writing and showing contacts.

Source: Payt fact sheet §1.2, §5.11; what is assumed of debtors is assumed of them too (§4.1).
"""

from __future__ import annotations

from mockserver.clock import print_instant
from mockserver.model import Action, Document, Item, Outcome
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import identity
from mockserver.vendors.payt.entities import Entity, Kind
from mockserver.vendors.payt.reading import completed, meant
from mockserver.vendors.payt.rules import is_odd_phone
from mockserver.vendors.payt.texts import RECORDS

CONTACTS = "contacts"

_SHOWN = (
    "contact_identifier",
    "call_phone_number",
    "default_email_address",
    "firstname",
    "gender",
    "infix",
    "invoice_email_address",
    "invoice_cc_email_address",
    "invoice_bcc_email_address",
    "lastname",
    "middlename",
    "postal_address_street_1",
    "postal_address_street_2",
    "postal_address_postal_code",
    "postal_address_city",
    "postal_address_country_code",
    "postal_address_region",
    "prefix",
    "reminder_email_address",
    "reminder_cc_email_address",
    "reminder_bcc_email_address",
    "sms_phone_number",
)
_TEXTS = (*_SHOWN, "birth_date")
_OPTIONAL = tuple(member for member in _TEXTS if member != "contact_identifier")


def keep(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the contact.

    Source: Payt fact sheet §1.2.
    """
    record = completed(meant(item.document, request), _OPTIONAL, request)
    stored = identity.contact(record, state, request.call.assumptions).stored
    was = stored or {"id": str(state.next(CONTACTS)), "administration_id": request.tenant}
    contact = {
        **was,
        **{member: record[member] for member in _TEXTS if member in record},
        "updated_at": print_instant(state.now),
    }
    state.collection(CONTACTS)[contact["id"]] = contact
    return Outcome(item, Action.UPDATED if stored else Action.CREATED, contact)


def _contact(stored: Document, state: State) -> Entity:
    return {
        "id": stored["id"],
        **{member: stored.get(member) for member in _SHOWN},
        "debtor_numbers": debtor_numbers(stored, state),
        "validation_errors": _validation_errors(stored),
        "updated_at": stored["updated_at"],
    }


def debtor_numbers(contact: Document, state: State) -> list[str]:
    """The numbers of the debtors that name the contact."""
    code = contact.get("contact_identifier")
    found = state.collection("debtors").find("contact_identifier", code) if code else []
    return [debtor["debtor_number"] for debtor in found]


def _validation_errors(contact: Document) -> Entity:
    """What was warned about, by member (assumed)."""
    return {
        member: [RECORDS["phone-odd"]]
        for member in ("call_phone_number", "sms_phone_number")
        if is_odd_phone(contact.get(member))
    }


CONTACT = Kind(CONTACTS, _contact, lambda _stored, _state: {})
