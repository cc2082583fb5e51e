"""Upserts of debtors, contacts, VAT rates and payment conditions."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from mockserver.codec.instants import print_instant
from mockserver.model import Action, Document, Item, Outcome
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import sent_records
from mockserver.vendors.payt.messages import RECORD_MESSAGES, record_problem
from mockserver.vendors.payt.representation import Entity, RecordType
from mockserver.vendors.payt.rules import is_odd_phone
from mockserver.vendors.payt.sent_records import MEMBERS, complete, normalize, resolve_contact

DEBTORS = "debtors"

_DEBTOR, _CONTACT = MEMBERS["debtor"], MEMBERS["contact"]
_DEBTOR_TEXTS = (*_DEBTOR["required"], *_DEBTOR["clearable"])
_DEBTOR_OPTIONAL = (*_DEBTOR["clearable"], "contact_identifier")
CONTACTS = "contacts"
_CONTACT_TEXTS = (*_CONTACT["required"], *_CONTACT["clearable"])
VAT_RATES = "vat_rates"
PAYMENT_CONDITIONS = "payment_conditions"


def upsert_debtor(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the debtor. Source: docs/vendors/payt.md#other-answers."""
    record = complete(normalize(item.document, request), _DEBTOR_OPTIONAL, request)
    stored = sent_records.find_debtor(record, request, state).stored
    was = stored or {"id": str(state.next(DEBTORS)), "administration_id": request.tenant}
    contact = resolve_contact(record, was.get("contact_identifier"), state)
    debtor = {
        **was,
        **{member: record[member] for member in _DEBTOR_TEXTS if member in record},
        "contact_identifier": contact.value,
        "updated_at": print_instant(state.now),
    }
    if "country_code" in record:
        debtor["postal_address"] = {**was.get("postal_address", {}), "country_code": record["country_code"]}
    if "labels" in record:
        debtor["labels"] = list(dict.fromkeys(record["labels"] or ()))
    state.collection(DEBTORS)[debtor["id"]] = debtor
    warned = (record_problem(contact.warning, item, contact.field, of=DEBTORS),) if contact.warning else ()
    action = Action.UPDATED if stored else Action.CREATED
    return Outcome(item, action, debtor, warnings=warned)


def upsert_contact(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the contact. Source: docs/vendors/payt.md#operations-and-paths."""
    record = complete(normalize(item.document, request), _CONTACT["clearable"], request)
    stored = sent_records.find_contact(record, request, state).stored
    was = stored or {"id": str(state.next(CONTACTS)), "administration_id": request.tenant}
    contact = {
        **was,
        **{member: record[member] for member in _CONTACT_TEXTS if member in record},
        "updated_at": print_instant(state.now),
    }
    state.collection(CONTACTS)[contact["id"]] = contact
    return Outcome(item, Action.UPDATED if stored else Action.CREATED, contact)


def _represent_contact(stored: Document, state: State) -> Entity:
    code = stored.get("contact_identifier")
    debtors = state.collection(DEBTORS).find("contact_identifier", code) if code else []
    phones = ("call_phone_number", "sms_phone_number")
    odd = [member for member in phones if is_odd_phone(stored.get(member))]
    return {
        "id": stored["id"],
        **{member: stored.get(member) for member in _CONTACT_TEXTS if member != "birth_date"},
        "debtor_numbers": [debtor["debtor_number"] for debtor in debtors],
        "validation_errors": {member: [RECORD_MESSAGES["phone-odd"]] for member in odd},  # assumed
        "updated_at": stored["updated_at"],
    }


CONTACT = RecordType(CONTACTS, _represent_contact)


def _upsert(kind: str, defaults: Document, item: Item, request: Request, state: State) -> Outcome:
    table = state.collection(kind)
    found = table.find("code", item.document["code"])
    was = (
        found[0] if found else {"id": str(state.next(kind)), "administration_id": request.tenant, **defaults}
    )
    written = {
        **was,
        **{
            name: item.document[name]
            for name in ("code", "rate", "name", "category")
            if name in item.document
        },
    }
    table[written["id"]] = written
    return Outcome(item, Action.UPDATED if found else Action.CREATED, written)


upsert_vat_rate = partial(_upsert, VAT_RATES, {"category": "regular"})
"""Create or update the VAT rate with the item's code. Source: docs/vendors/payt.md#operations-and-paths."""

upsert_payment_condition = partial(_upsert, PAYMENT_CONDITIONS, {})
"""Create or rename the payment condition with the item's code (assumed).

Source: docs/vendors/payt.md#operations-and-paths.
"""


def _represent_vat_rate(stored: Document, _state: State) -> Entity:
    members = ("id", "administration_id", "code", "name", "category")
    return {**{name: stored[name] for name in members}, "rate": Decimal(stored["rate"])}


VAT_RATE = RecordType(VAT_RATES, _represent_vat_rate)
