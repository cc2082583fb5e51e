"""Batches of debtors, contacts and VAT rates that the contract suite sends to Payt."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues, Facts, OutcomeReader, Record
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.payt.profile.batches import BROKEN, TOO_LONG, BatchRecords, RecordType, outcome_reader

READERS: Mapping[str, OutcomeReader] = {
    "postV1Debtors": outcome_reader("debtors", "debtor_number", "debtor_identifier"),
    "postV1Contacts": outcome_reader("contacts", "contact_identifier", "id"),
    "postV1VatRates": outcome_reader("vat_rates", "code"),
    "postV1PaymentConditions": outcome_reader("payment_conditions", "code"),
}

_LONG = "x" * 256

# As of invoices: which faults end the call is assumed, and so are 255 characters and the lists of countries.
_DEBTOR_CORRUPTIONS = (
    Corruption("a country that is none", set_member("/country_code", "XX")),
    Corruption("a country of three letters", set_member("/country_code", "NLD")),
    Corruption("an empty name", set_member("/name", "")),
    Corruption("a name of 256 characters, one too many", set_member("/name", _LONG), assumption=TOO_LONG),
    Corruption("a remark of 256 characters, one too many", set_member("/remark", _LONG), assumption=TOO_LONG),
    Corruption("no name", remove_member("/name"), refuses_call=True, assumption=BROKEN),
    Corruption(
        "a word where yes or no is due",
        set_member("/is_company", "perhaps"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption(
        "a text where labels are due", set_member("/labels", "late"), refuses_call=True, assumption=BROKEN
    ),
)
_CONTACT_CORRUPTIONS = (
    Corruption("a country that is none", set_member("/postal_address_country_code", "XX")),
    Corruption("a country of three letters", set_member("/postal_address_country_code", "NLD")),
    Corruption("a birthday that no calendar has", set_member("/birth_date", "1999-02-30")),
    Corruption("a name of 256 characters, one too many", set_member("/lastname", _LONG), assumption=TOO_LONG),
    Corruption("an id that no contact has", set_member("/id", "999999999")),
    Corruption("neither a code nor an id", remove_member("/contact_identifier")),
    Corruption(
        "a gender that is none", set_member("/gender", "unsaid"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a list where a name is due",
        set_member("/lastname", ["Bakker"]),
        refuses_call=True,
        assumption=BROKEN,
    ),
)
_RATE_CORRUPTIONS = (
    Corruption("a word for its rate", set_member("/rate", "high")),
    Corruption("a rate below zero", set_member("/rate", "-5")),
    Corruption("a rate of four digits", set_member("/rate", "1000")),
    Corruption("an empty name", set_member("/name", "")),
    Corruption("a name of 256 characters, one too many", set_member("/name", _LONG), assumption=TOO_LONG),
    Corruption("no code", remove_member("/code")),
    Corruption(
        "a category that is none", set_member("/category", "luxury"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a list where a rate is due", set_member("/rate", ["21"]), refuses_call=True, assumption=BROKEN
    ),
)
_DEBTORS = RecordType(
    "debtors",
    "debtor_number",
    {"name": "text", "debtor_identifier": "text", "coc_number": "text"},
    "debtors/{key}?administration_id={administration}&identifier_type=debtor_number",
)
_CONTACTS = RecordType(
    "contacts",
    "contact_identifier",
    {"lastname": "text", "postal_address_city": "text", "prefix": "text"},
    "contacts?administration_id={administration}&contact_identifiers={key}",
)
_RATES = RecordType(
    "vat_rates",
    "code",
    {"name": "text", "rate": "amount", "category": "text"},
    "vat_rates?administration_id={administration}&per_page=500",
)


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Debtors, contacts and VAT rates."""
    taken = Corruption("a number that another debtor has", set_member("/debtor_number", facts["debtor"]))
    debtors = BatchRecords(_debtor, _debtor_record, (taken, *_DEBTOR_CORRUPTIONS), READERS["postV1Debtors"])
    contacts = BatchRecords(_contact, _contact_record, _CONTACT_CORRUPTIONS, READERS["postV1Contacts"])
    rates = BatchRecords(_rate, _rate_record, _RATE_CORRUPTIONS, READERS["postV1VatRates"])
    return (
        _DEBTORS.subject("postV1Debtors", debtors, facts),
        _CONTACTS.subject("postV1Contacts", contacts, facts),
        _RATES.subject("postV1VatRates", rates, facts),
    )


def _debtor(key: str, drawn: DrawnValues) -> Json:
    return {"debtor_number": key, **_debtor_record(key, drawn)}


def _debtor_record(key: str, drawn: DrawnValues) -> Record:
    return {
        "name": f"Debtor {drawn.number}",
        "debtor_identifier": f"id-{key}",
        "coc_number": f"{drawn.number % 100_000_000:08}",
    }


def _contact(key: str, drawn: DrawnValues) -> Json:
    return {"contact_identifier": key, **_contact_record(key, drawn)}


def _contact_record(_key: str, drawn: DrawnValues) -> Record:
    return {"lastname": f"Bakker {drawn.number}", "postal_address_city": "Assen", "prefix": None}


def _rate(key: str, drawn: DrawnValues) -> Json:
    return {"code": key, **_rate_record(key, drawn), "rate": f"{_percentage(drawn)}"}


def _rate_record(_key: str, drawn: DrawnValues) -> Record:
    return {"name": f"Rate {drawn.number}", "rate": _percentage(drawn), "category": "regular"}


def _percentage(drawn: DrawnValues) -> Decimal:
    """Up to three digits and two decimals."""
    return Decimal(drawn.number % 100_000).scaleb(-2)
