"""What a record is called, and its money, by the names of the record's members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from mockserver.codec import json
from mockserver.model import Document, Json

_MONEY = ("amount", "total", "price", "sum")
"""Words in the names of members that hold money, the most certain word first."""

_NO_MONEY = frozenset(
    {"code", "count", "currency", "date", "id", "key", "name", "number", "percentage", "type"}
)
_NO_MONEY |= {"no", "nr", "qty", "quantity", "rate", "ref", "reference", "uid"}
"""Last words of names that hold no money although a word before says so, such as `priceListId`."""

_NAMES = ("number", "reference", "id")
"""Last words of the names of members that hold what a record is called, the best first."""

_CENTS = Decimal("0.00")
_CURRENCY = re.compile("[A-Za-z]{3}")

_KNOWN_NAMES = 1_000
"""Number of names of members whose words are remembered, since items repeat their names."""

_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def find_amount(document: Json) -> Decimal | None:
    """Return the amount of an item: the first number in a member named after money, outer members first.

    Amounts in a list of parts are added up. None means that the item has no amount.
    """
    return _find_amount(document, is_money=False)


def _find_amount(document: Json, *, is_money: bool) -> Decimal | None:
    """Return the amount in a value; `is_money` tells that the value's own name is one of money."""
    if isinstance(document, list):
        parts = [amount for part in document if (amount := _find_amount(part, is_money=False)) is not None]
        return sum(parts, Decimal()) if parts else None
    if not isinstance(document, dict):
        return None
    inside = (
        _find_amount(value, is_money=_money_word(name) is not None)
        for name, value in document.items()
        if isinstance(value, list | dict)
    )
    own = (amount for amount in inside if amount is not None)
    return next(_own_amounts(document, is_money=is_money), None) or next(own, None)


def print_money(currency: str | None, amount: Decimal | str) -> str:
    """Return currency, if known, and amount with at least two decimals, such as: EUR 125,250.00."""
    return f"{currency or ''} {Decimal(amount) + _CENTS:,}".lstrip()


def find_name(document: Json) -> str:
    """Return the first number of a record, else its reference, else its id, outer members first; or ""."""
    for word in _NAMES:
        inside = [document]
        for part in inside:
            for name, value in part.items() if isinstance(part, dict) else ():
                if isinstance(value, dict):
                    inside.append(value)
                elif value and isinstance(value, str | int) and _split(name)[-1:] == (word,):
                    return str(value)
    return ""


def find_amounts(document: Json, *, is_money: bool = False) -> Iterator[Decimal]:
    """Yield every amount in an item; `is_money` tells that the item's own name is one of money."""
    if isinstance(document, dict):
        yield from _own_amounts(document, is_money=is_money)
        for name, value in document.items():
            yield from find_amounts(value, is_money=_money_word(name) is not None)
    for value in document if isinstance(document, list) else ():
        yield from find_amounts(value)


def find_currency(document: Json) -> str:
    """Return the first currency of an item in capitals, such as EUR, outer members first; "" without one."""
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str) and _CURRENCY.fullmatch(value) and "currency" in _split(name):
                return value.upper()
    inner = document.values() if isinstance(document, dict) else document
    parts = inner if isinstance(document, dict | list) else ()
    return next(filter(None, map(find_currency, parts)), "")


def _own_amounts(document: Document, *, is_money: bool) -> Iterator[Decimal]:
    """Yield the amounts in an object's own members; the price of a unit counts as often as units are sent."""
    words = {name: "value" if is_money and name == "value" else _money_word(name) for name in document}
    for wanted in (*_MONEY, "value"):
        for name, word in words.items():
            if word == wanted and (number := _number(document[name])) is not None:
                yield number * _units(document) if "unit" in _split(name) else number


def _units(document: Document) -> Decimal:
    named = (value for name, value in document.items() if _split(name)[-1:] in (("quantity",), ("qty",)))
    return next((units for value in named if (units := _number(value)) is not None), Decimal(1))


@lru_cache(_KNOWN_NAMES)
def _split(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(_KNOWN_NAMES)
def _money_word(name: str) -> str | None:
    """Return the word that makes a name one of money, such as `total` in `bookTotal`; None without one."""
    words = _split(name)
    if not words or words[-1] in _NO_MONEY:
        return None
    return next((word for word in _MONEY if word in words or words[-1].endswith(word)), None)


def _number(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        return json.parse_decimal(str(value))
    except ValueError:
        return None
