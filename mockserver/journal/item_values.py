"""What a record is called, and its money, by the names of the record's members."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache, reduce

from mockserver.codec import json
from mockserver.model import Document, Json, Value

_MONEY = ("amount", "total", "price", "sum")
"""Words in the names of members that hold money, the most certain word first."""

_NO_MONEY = frozenset(
    {"code", "count", "currency", "date", "id", "key", "name", "number", "percentage", "type"}
)
_NO_MONEY |= {"no", "nr", "qty", "quantity", "rate", "ref", "reference", "uid"}
"""Last words of names that hold no money although a word before says so, such as `priceListId`."""

_NAMES = ("number", "reference", "id")
"""Last words of the names of members that hold what a record is called, the best first."""

_DECIMALS = 2
_OTHER_DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Decimals of the currencies that have more or fewer than two (ISO 4217)."""

_EXACT = Context(prec=1_200, rounding=ROUND_HALF_UP)
"""Context with enough digits for exact sums and products of numbers in the range of a double."""

_FINEST = 4
_ERROR_OF_FLOATS = Decimal("1e-8")
"""Maximum difference between a sum of binary floats and the sum rounded to `_FINEST` decimals."""

_CURRENCY = re.compile("[A-Za-z]{3}")

_KNOWN_NAMES = 1_000
"""Number of names of members whose words are remembered, since items repeat their names."""

_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def find_amount(document: Json, record: Json = None, minor: frozenset[str] = frozenset()) -> Decimal | None:
    """Return the amount of an item: the first number in a member named after money, outer members first.

    Amounts in a list of parts are added up. If `record`, which the server stored, has the members in which
    the amount was sent, return the amount in `record`. Members named in `minor` are in minor units, such as
    cents. None means that the item has no amount.
    """
    decimals = _OTHER_DECIMALS.get(find_currency(document), _DECIMALS) if minor else 0
    read = _AmountReader(dict.fromkeys(minor, decimals))
    sent = read.amount(document, None, is_money=False)
    if sent is None:
        return None
    places = (record, *record.values()) if isinstance(record, dict) else ()
    stored = (read.amount(one, document, is_money=False) for one in places if isinstance(one, dict))
    return next((amount for amount in stored if amount is not None), without_float_error(sent))


def find_amounts(document: Json, *, is_money: bool = False) -> Iterator[Decimal]:
    """Yield every amount in an item; `is_money` tells that the item's own name is one of money."""
    if isinstance(document, dict):
        yield from _AmountReader({}).own_amounts(document, document, is_money=is_money)
        for name, value in document.items():
            yield from find_amounts(value, is_money=_money_word(name) is not None)
    for value in document if isinstance(document, list) else ():
        yield from find_amounts(value)


def add_amounts(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    return reduce(_EXACT.add, amounts, Decimal())


def without_float_error(amount: Decimal) -> Decimal:
    """Return the amount that was meant, such as 11.37 for 11.370000000000001, which binary floats made."""
    for decimals in (_DECIMALS, _FINEST):
        meant = _rounded(amount, decimals)
        if 0 < abs(amount - meant) < _ERROR_OF_FLOATS:
            return meant
    return amount


def print_money(currency: str | None, amount: Decimal | str) -> str:
    """Return currency, if known, and amount: a whole number as it is, else with at least two decimals."""
    number = Decimal(amount)
    decimals = _decimals(number)
    text = f"{number:,.{max(_DECIMALS, decimals)}f}" if decimals > 0 else f"{number:f}"
    return f"{currency or ''} {text}".lstrip()


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


def find_currency(document: Json) -> str:
    """Return the first currency of an item in capitals, such as EUR, outer members first; "" without one."""
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str) and _CURRENCY.fullmatch(value) and "currency" in _split(name):
                return value.upper()
    inner = document.values() if isinstance(document, dict) else document
    parts = inner if isinstance(document, dict | list) else ()
    return next(filter(None, map(find_currency, parts)), "")


class _AmountReader(Value, frozen=True):
    """Reader of amounts."""

    minor: Mapping[str, int]
    """Members in minor units, with the decimals of their currency."""

    def amount(self, value: Json, like: Json, *, is_money: bool) -> Decimal | None:
        """Return the amount in a value; `is_money` tells that the value's own name is one of money.

        If `like` is an object, ignore the members that it lacks. If it is a list, the value must be as long.
        """
        if isinstance(value, list):
            likes = like if isinstance(like, list) else [None] * len(value)
            pairs = zip(value, likes, strict=True) if len(likes) == len(value) else ()
            parts = [found for pair in pairs if (found := self.amount(*pair, is_money=False)) is not None]
            return add_amounts(parts) if parts else None
        if not isinstance(value, dict):
            return None
        sent: Document = like if isinstance(like, dict) else value
        inside = (
            self.amount(inner, like and sent[name], is_money=_money_word(name) is not None)
            for name, inner in value.items()
            if isinstance(inner, list | dict) and name in sent
        )
        own = (found for found in inside if found is not None)
        return next(self.own_amounts(value, sent, is_money=is_money), None) or next(own, None)

    def own_amounts(self, document: Document, sent: Document, *, is_money: bool) -> Iterator[Decimal]:
        """Yield the amounts in an object's own members that `sent` has too, of the most certain name first.

        The price of a unit counts as often as units are sent.
        """
        words = {name: "value" if is_money and name == "value" else _money_word(name) for name in document}
        for wanted in (*_MONEY, "value"):
            for name, word in words.items():
                if word == wanted and name in sent and (number := _number(document[name])) is not None:
                    amount = _EXACT.scaleb(number, -self.minor[name]) if name in self.minor else number
                    yield _total(amount, document, words) if "unit" in _split(name) else amount


def _total(price: Decimal, document: Document, words: Mapping[str, str | None]) -> Decimal:
    """Return the price of all units, with no more decimals than the object's other amounts have."""
    total = _EXACT.multiply(price, _units(document))
    others = (_number(document[name]) for name, word in words.items() if word and "unit" not in _split(name))
    decimals = max((_decimals(one) for one in others if one is not None), default=None)
    return total if decimals is None or _decimals(total) <= decimals else _rounded(total, decimals)


def _decimals(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return _EXACT.quantize(number, Decimal((0, (1,), -decimals)))


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
