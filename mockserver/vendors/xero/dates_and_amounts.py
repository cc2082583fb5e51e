"""Reading, rounding and formatting of dates, amounts and quantities; rates of currencies and taxes.

A date is stored as `2019-02-22`, an instant as `2019-02-22T20:06:27.783Z`, a number as an exact decimal.
Source: docs/vendors/xero.md#dates-and-numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from mockserver.model import Document, Json
from mockserver.sandbox.store import State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date().toordinal()
_DAY_MS = 86_400_000
_MS = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
_SECONDS = len("2019-02-22T20:06:27")
_DAYS_REMEMBERED = 512
"""Maximum number of entries of each cache. The items of a batch have few different days and instants."""

MAX_AMOUNT = Decimal(10) ** 15
"""Maximum amount, quantity or rate that is booked. Every number, however long, is compared exactly."""

CENT = Decimal("0.01")
FOUR_DECIMALS = Decimal("0.0001")
NO_MONEY = Decimal("0.00")
RATE_STEP = Decimal("0.000001")
ARITHMETIC = Context(prec=80, rounding=ROUND_HALF_UP)
"""Halves are rounded away from zero (assumed). Source: docs/vendors/xero.md#dates-and-numbers."""

_TENTH = Decimal("0.1")
CURRENCIES = "currencies"
TAX_RATES = "tax-rates"
APPLICABLE_CLASSES: Mapping[str, str] = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
"""For each class of accounts, the flag of a tax rate that tells whether the class may use the rate."""


def parse_date(value: Json) -> str | None:
    """Return the calendar day that a text states in any accepted form; None for any other value.

    The offset in `/Date(…)/` is added to the time (assumed). Source: docs/vendors/xero.md#dates-and-numbers.
    """
    return _parse_day(value) if isinstance(value, str) else None


def date_or_today(sent: Document, state: State) -> str:
    return parse_date(sent.get("Date")) or state.now.date().isoformat()


@lru_cache(_DAYS_REMEMBERED)
def _parse_day(value: str) -> str | None:
    if matched := _MS.fullmatch(value):
        sign = -1 if (matched[2] or "+")[0] == "-" else 1
        offset = (matched[2] or "+0000")[1:]
        minutes = sign * (int(offset[:2]) * 60 + int(offset[2:]))
        moment = _EPOCH + timedelta(milliseconds=int(matched[1]), minutes=minutes)
        return moment.date().isoformat()
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


@lru_cache(_DAYS_REMEMBERED)
def print_date(day: str) -> str:
    return f"/Date({(date.fromisoformat(day).toordinal() - _EPOCH_DAY) * _DAY_MS}+0000)/"


def date_members(name: str, document: Document) -> dict[str, Json]:
    day = document.get(name)
    return {} if day is None else {f"{name}String": f"{day}T00:00:00", name: print_date(day)}


@lru_cache(_DAYS_REMEMBERED)
def stored_instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_stored(stored: str) -> datetime:
    moment = datetime.fromisoformat(stored)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def cut_to_seconds(stored: str) -> str:
    return stored[:_SECONDS]


@lru_cache(_DAYS_REMEMBERED)
def print_instant_ms(stored: str) -> str:
    return f"/Date({_milliseconds(parse_stored(stored))}+0000)/"


def print_now_ms(moment: datetime) -> str:
    return f"/Date({_milliseconds(moment)})/"


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def round_to_cents(value: Json) -> Decimal:
    return round_to(value, CENT)


def round_to(value: Json, step: Decimal) -> Decimal:
    """Return a number rounded to `step`; a number beyond `MAX_AMOUNT` is returned unchanged."""
    exact = value if type(value) is Decimal else Decimal(value)
    return exact if abs(exact) > MAX_AMOUNT else ARITHMETIC.quantize(exact, step) + 0


def print_amount(value: Decimal) -> Decimal:
    """Return a number as the vendor formats it: with at least one decimal, and no further trailing zeros.

    Source: the vendor's sample (`1.0`, `3.0`).
    """
    one_decimal = ARITHMETIC.quantize(value, _TENTH)
    return one_decimal if one_decimal == value else ARITHMETIC.normalize(value)


def print_unit(amount: Json, *, precise: bool) -> Decimal:
    """Return a unit amount as answers show it: rounded to cents, or to four decimals if `precise`."""
    return print_amount(round_to(Decimal(amount), FOUR_DECIMALS if precise else CENT))


def amount_members(document: Document, *names: str) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name in names:
        if name in document:
            shown[name] = print_amount(Decimal(document[name]))
    return shown


def currency_rate(code: str, state: State) -> Decimal | None:
    """Return how many units of `code` equal one unit of base currency; None if `code` is not subscribed."""
    record = state.collection(CURRENCIES).get(code)
    return None if record is None else Decimal(record["Rate"])


def find_tax_rate(tax_type: str, state: State) -> Document | None:
    rates = state.collection(TAX_RATES).find("TaxType", tax_type)
    return next((rate for rate in reversed(rates) if rate["Status"] == "ACTIVE"), None)
