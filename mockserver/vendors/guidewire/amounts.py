"""Amounts: exact, printed with the decimals of their currency, shared out to the last minor unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from functools import reduce

from mockserver.model import Json
from mockserver.vendors.guidewire.assumed import CURRENCY_DIGITS

ZERO = Decimal(0)

_EXACT = Context(prec=100)
_AMOUNT = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,2})?")


def read(text: Json) -> Decimal | None:
    """The amount that a member of a body holds; None when it holds none."""
    return Decimal(text) if isinstance(text, str) and _AMOUNT.fullmatch(text) else None


def as_text(value: Json) -> Json:
    """A number that is an amount as the text that stands for it; every other value as it is."""
    if not isinstance(value, (int, Decimal)):
        return value
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value if read(text) is None else text


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the currency has a coin for the last decimal of `amount`; zeros at its end do not count."""
    return _EXACT.quantize(amount, _step(currency)) == amount


def printed(amount: Decimal, currency: str) -> str:
    """`3000.00` in dollars, `3000` in yen."""
    return str(_EXACT.quantize(amount, _step(currency)))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    return reduce(_EXACT.add, amounts, ZERO)


def shares(whole: Decimal, count: int, currency: str, remainder: str) -> tuple[Decimal, ...]:
    """`whole` in `count` even shares that add up to it; the `first` or `last` ones get a minor unit more.

    Source: Guidewire fact sheet §5 rule 5 (assumed).
    """
    digits = CURRENCY_DIGITS[currency]
    each, left = divmod(int(_EXACT.scaleb(whole, digits)), count)
    more = range(left) if remainder == "first" else range(count - left, count)
    return tuple(_EXACT.scaleb(Decimal(each + (place in more)), -digits) for place in range(count))


def _step(currency: str) -> Decimal:
    return Decimal(1).scaleb(-CURRENCY_DIGITS[currency])
