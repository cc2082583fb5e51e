"""Batches of debtors, contacts and VAT rates that the contract suite sends to Payt."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import Drawn, Facts, Json, Reader, Record, Spoil, Subject
from mockserver.vendors.payt.profile.batches import BatchRecords, RecordType, outcome_reader

READERS: Mapping[str, Reader] = {
    "postV1Debtors": outcome_reader("debtors", "debtor_number", "debtor_identifier"),
    "postV1Contacts": outcome_reader("contacts", "contact_identifier", "id"),
    "postV1VatRates": outcome_reader("vat_rates", "code"),
    "postV1PaymentConditions": outcome_reader("payment_conditions", "code"),
}

_LONG = "x" * 256

# As of invoices: which faults end the call is assumed, and so are 255 characters and the lists of countries.
_DEBTOR_CORRUPTIONS = (
    Spoil("a country that is none", setting("/country_code", "XX")),
    Spoil("a country of three letters", setting("/country_code", "NLD")),
    Spoil("an empty name", setting("/name", "")),
    Spoil("a name of 256 characters, one too many", setting("/name", _LONG)),
    Spoil("a remark of 256 characters, one too many", setting("/remark", _LONG)),
    Spoil("no name", lacking("/name"), refuses=True),
    Spoil("a word where yes or no is due", setting("/is_company", "perhaps"), refuses=True),
    Spoil("a text where labels are due", setting("/labels", "late"), refuses=True),
)
_CONTACT_CORRUPTIONS = (
    Spoil("a country that is none", setting("/postal_address_country_code", "XX")),
    Spoil("a country of three letters", setting("/postal_address_country_code", "NLD")),
    Spoil("a birthday that no calendar has", setting("/birth_date", "1999-02-30")),
    Spoil("a name of 256 characters, one too many", setting("/lastname", _LONG)),
    Spoil("an id that no contact has", setting("/id", "999999999")),
    Spoil("neither a code nor an id", lacking("/contact_identifier")),
    Spoil("a gender that is none", setting("/gender", "unsaid"), refuses=True),
    Spoil("a list where a name is due", setting("/lastname", ["Bakker"]), refuses=True),
)
_RATE_CORRUPTIONS = (
    Spoil("a word for its rate", setting("/rate", "high")),
    Spoil("a rate below zero", setting("/rate", "-5")),
    Spoil("a rate of four digits", setting("/rate", "1000")),
    Spoil("an empty name", setting("/name", "")),
    Spoil("a name of 256 characters, one too many", setting("/name", _LONG)),
    Spoil("no code", lacking("/code")),
    Spoil("a category that is none", setting("/category", "luxury"), refuses=True),
    Spoil("a list where a rate is due", setting("/rate", ["21"]), refuses=True),
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


def batch_profiles(facts: Facts) -> tuple[Subject, ...]:
    """Debtors, contacts and VAT rates."""
    taken = Spoil("a number that another debtor has", setting("/debtor_number", facts["debtor"]))
    debtors = BatchRecords(_debtor, _debtor_record, (taken, *_DEBTOR_CORRUPTIONS), READERS["postV1Debtors"])
    contacts = BatchRecords(_contact, _contact_record, _CONTACT_CORRUPTIONS, READERS["postV1Contacts"])
    rates = BatchRecords(_rate, _rate_record, _RATE_CORRUPTIONS, READERS["postV1VatRates"])
    return (
        _DEBTORS.subject("postV1Debtors", debtors, facts),
        _CONTACTS.subject("postV1Contacts", contacts, facts),
        _RATES.subject("postV1VatRates", rates, facts),
    )


def _debtor(key: str, drawn: Drawn) -> Json:
    return {"debtor_number": key, **_debtor_record(key, drawn)}


def _debtor_record(key: str, drawn: Drawn) -> Record:
    return {
        "name": f"Debtor {drawn.number}",
        "debtor_identifier": f"id-{key}",
        "coc_number": f"{drawn.number:08}",
    }


def _contact(key: str, drawn: Drawn) -> Json:
    return {"contact_identifier": key, **_contact_record(key, drawn)}


def _contact_record(_key: str, drawn: Drawn) -> Record:
    return {"lastname": f"Bakker {drawn.number}", "postal_address_city": "Assen", "prefix": None}


def _rate(key: str, drawn: Drawn) -> Json:
    return {"code": key, **_rate_record(key, drawn), "rate": f"{_percentage(drawn)}"}


def _rate_record(_key: str, drawn: Drawn) -> Record:
    return {"name": f"Rate {drawn.number}", "rate": _percentage(drawn), "category": "regular"}


def _percentage(drawn: Drawn) -> Decimal:
    """Up to three digits and two decimals."""
    return Decimal(drawn.number % 100_000).scaleb(-2)
