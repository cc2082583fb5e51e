"""Attributes of bulk invoices and items: names, typelists, amounts, date-times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import reduce
from types import MappingProxyType
from typing import Any

from mockserver.model import Call, Document, Json, Path, Problem, value_at
from mockserver.sandbox.assumptions import key_rules
from mockserver.vendor import read_tables

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)

REPORTING_CURRENCY = "usd"
"""Currency of reporting amounts; amounts are not converted. Source: docs/vendors/guidewire.md#rules."""

CURRENCY_DIGITS = MappingProxyType({"usd": 2, "jpy": 0, "eur": 2, "gbp": 2, "cad": 2, "aud": 2})
"""Number of decimals of an amount, by currency. Source: docs/vendors/guidewire.md#rules."""

_MINOR_UNITS = MappingProxyType(
    {currency: Decimal(1).scaleb(-digits) for currency, digits in CURRENCY_DIGITS.items()}
)
_TABLES = read_tables(__file__)
_INVOICE, _ITEM = _TABLES["invoice"], _TABLES["item"]
TYPELISTS: Mapping[str, Mapping[str, str]] = _TABLES["typelists"]
INVOICE_TYPELISTS: Mapping[str, str] = _INVOICE["typelists"]
"""Typelists of the invoice attributes that hold a typekey, by attribute."""

ITEM_TYPELISTS: Mapping[str, str] = _ITEM["typelists"]
ITEM_DEFAULTS: Mapping[str, str] = _ITEM["defaults"]
"""By item attribute, the invoice attribute that has the default. Source: docs/vendors/guidewire.md#item."""

INVOICE_PLAIN_ATTRIBUTES, ITEM_PLAIN_ATTRIBUTES = frozenset(_INVOICE["plain"]), frozenset(_ITEM["plain"])
"""Attributes that are shown as they are stored."""

DATE_TIMES = ("scheduledSendDate", "dateOfService", "servicePeriodStart", "servicePeriodEnd")
"""Writable date-times: `scheduledSendDate` is an invoice's attribute, all others are an item's."""

BANK_ATTRIBUTES = ("accountName", "bankAccount", "bankName", "bankRoutingNumber")
"""Attributes of an invoice that come from its payee's bank account (assumed)."""

INVOICE_ATTRIBUTES = frozenset(
    {*BANK_ATTRIBUTES, *INVOICE_PLAIN_ATTRIBUTES, *INVOICE_TYPELISTS, *_INVOICE["others"]}
)
"""All attributes of an invoice, writable or read-only."""

ITEM_ATTRIBUTES = frozenset({*ITEM_PLAIN_ATTRIBUTES, *ITEM_TYPELISTS, *_ITEM["others"]})
INVOICE_SUMMARY, ITEM_SUMMARY = frozenset(_INVOICE["summary"]), frozenset(_ITEM["summary"])
"""Attributes that a list shows by default. Source: docs/vendors/guidewire.md#bulk-invoice, #item."""

ZERO = Decimal(0)
_EXACT = Context(prec=100)
_AMOUNT = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,2})?")
ATTRIBUTES_PATH: Path = ("data", "attributes")
_TYPELISTS = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}
_TELLING_MEMBERS = {"amount": "amount", "claim": "id", "exposure": "id"}
"""By attribute, the stored member of a sent object. Of all other attributes (typekeys), `code` is stored."""


def read_instant(text: str) -> datetime | None:
    """Return a date-time in UTC, or None if the text is invalid. A text without offset is taken as UTC.

    Source: docs/vendors/guidewire.md#values (only the form with milliseconds and Z is documented).
    """
    if (match := _INSTANT.fullmatch(text)) is None:
        return None
    day, time, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}.{(fraction or '')[:6]:0<6}{(zone or 'Z').upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_instant(text: str) -> bool:
    return read_instant(text) is not None


def lacks_offset(text: str) -> bool:
    match = _INSTANT.fullmatch(text)
    return match is not None and match[4] is None


def print_instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def normalize_instant(text: str | None) -> str | None:
    moment = read_instant(text) if text is not None else None
    return print_instant(moment) if moment is not None else None


def typekey(typelist: str, code: str) -> Json:
    return {"code": code, "name": TYPELISTS[typelist].get(code, code)}


def read_amount(text: Json) -> Decimal | None:
    return Decimal(text) if isinstance(text, str) and _AMOUNT.fullmatch(text) else None


def amount_text(value: Json) -> Json:
    if not isinstance(value, (int, Decimal)):
        return value
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value if read_amount(text) is None else text


def print_amount(amount: Decimal, currency: str) -> str:
    return str(_EXACT.quantize(amount, _MINOR_UNITS[currency]))


def sum_amounts(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(_EXACT.add, amounts, ZERO)


def split_evenly(whole: Decimal, count: int, currency: str, remainder: str) -> tuple[Decimal, ...]:
    """Split `whole` into `count` shares that differ by at most one minor unit.

    `remainder` says which shares are larger: the `first` or the `last` shares.

    Source: docs/vendors/guidewire.md#rules (assumed).
    """
    digits = CURRENCY_DIGITS[currency]
    each, left = divmod(int(_EXACT.scaleb(whole, digits)), count)
    more = range(left) if remainder == "first" else range(count - left, count)
    return tuple(_EXACT.scaleb(Decimal(each + (place in more)), -digits) for place in range(count))


def code_of(sent: Document, name: str) -> str | None:
    code = value_at(sent, (name, "code"))
    return code if isinstance(code, str) and code in TYPELISTS[_TYPELISTS[name]] else None


def reference_id_of(sent: Document, name: str) -> str | None:
    found = value_at(sent, (name, "id"))
    return found if isinstance(found, str) else None


def decimal_problems(name: str, text: Json, currency: str) -> Iterator[Problem]:
    """Yield a problem if the amount `text` has more decimals than `currency` has."""
    amount: Decimal | None = read_amount(text)
    if amount is not None and _EXACT.quantize(amount, _MINOR_UNITS[currency]) != amount:
        yield attribute_problem("too-many-decimals", name, found=text, expected=currency)


def attribute_problem(code: str, name: str, *, found: Json = None, expected: Json = None) -> Problem:
    return Problem(code, (*ATTRIBUTES_PATH, name), rule=code, expected=expected, found=found)


def sent_attributes(document: Json, call: Call) -> Document | None:
    """Return the attributes in a body, or None if the body has no object of attributes.

    Assumptions decide whether to drop nulls, turn number amounts into texts, and trim the invoice number.

    Source: docs/vendors/guidewire.md#rules (assumed).
    """
    sent = value_at(document, ATTRIBUTES_PATH)
    if not isinstance(sent, dict):
        return None
    if call.assumptions["null_attribute"] == "ignored":
        sent = {name: value for name, value in sent.items() if value is not None}
    if call.assumptions["number_amounts"] == "read":
        sent = {name: _with_text_amount(name, value) for name, value in sent.items()}
    number = sent.get("invoiceNumber")
    rules = key_rules(call.assumptions)
    if rules.trims and isinstance(number, str):
        return {**sent, "invoiceNumber": rules.stored(number)}
    return sent


def read_invoice(sent: Document) -> dict[str, Any]:
    """Return the writable attributes of a sent invoice, in their stored form."""
    return {name: _stored_value(name, sent[name]) for name in _INVOICE["writable"] if name in sent}


def read_item(sent: Document) -> dict[str, Any]:
    return {name: _stored_value(name, sent[name]) for name in _ITEM["writable"] if name in sent}


def without_nulls(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


def _stored_value(name: str, value: Json) -> Json:
    """Return what is stored: a normalized date-time, one member of an object, or another value as sent."""
    if name in DATE_TIMES:
        return normalize_instant(value)
    return value[_TELLING_MEMBERS.get(name, "code")] if isinstance(value, dict) else value


def _with_text_amount(name: str, value: Json) -> Json:
    if name == "amount" and isinstance(value, dict) and "amount" in value:
        return {**value, "amount": amount_text(value["amount"])}
    return amount_text(value) if name == "bulkInvoiceTotal" else value
