"""Read, check, round and format amounts; read, check and convert days and instants."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.model import Json
from mockserver.spec.schema import DATE_PATTERN, DATE_TIME_PATTERN
from mockserver.vendor import read_tables

ZERO = Decimal(0)
_TABLES = read_tables(__file__)
MONEY = frozenset(_TABLES["money"])
"""Names of members whose value is an amount of money; a fraction of a cent is invalid."""

AMOUNTS = MONEY | frozenset(_TABLES["other-amounts"])
"""Names of members whose value is a decimal number, sent as a text."""

_CENT = Decimal("0.01")
_CENT_DIGITS = 2
# Enough digits for exact sums and products of two amounts of up to 255 characters each.
_WIDE = Context(prec=1200, rounding=ROUND_HALF_UP)
_MAX_LENGTH = 255
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_DAY = re.compile(DATE_PATTERN)
_INSTANT = re.compile(DATE_TIME_PATTERN)


def exact_arithmetic() -> AbstractContextManager[Context]:
    """Return a decimal context in which sums of amounts are not rounded."""
    return localcontext(_WIDE)


def read_amount(text: Json) -> Decimal | None:
    if not isinstance(text, str) or len(text) > _MAX_LENGTH or _PLAIN.fullmatch(text) is None:
        return None
    return Decimal(text)


def has_fractional_cents(text: Json) -> bool:
    decimals = text.partition(".")[2].rstrip("0") if isinstance(text, str) else ""
    return len(decimals) > _CENT_DIGITS and read_amount(text) is not None


def round_to_cents(value: Decimal) -> Decimal:
    return _WIDE.add(value.quantize(_CENT, context=_WIDE), ZERO)


def print_amount(value: Decimal | int) -> str:
    return f"{round_to_cents(Decimal(value)):f}"


def print_optional_amount(value: Decimal | int | None) -> str | None:
    return None if value is None else print_amount(value)


def is_day(text: str) -> bool:
    return _DAY.fullmatch(text) is not None


def is_instant(text: str) -> bool:
    """Return whether `text` is a date-time with an offset or `Z`, and its year in UTC is 1 to 9999."""
    if _INSTANT.fullmatch(text) is None:
        return False
    try:
        read_instant(text)
    except ValueError:
        return False
    return True


def is_local_instant(text: str) -> bool:
    return is_instant(f"{text}Z")


def read_instant(text: str) -> datetime:
    """Parse a valid date-time; if it has no offset, it is in UTC."""
    return parse_instant(text.upper())


def to_utc(text: str | None) -> str | None:
    return None if text is None else print_instant(read_instant(text))
