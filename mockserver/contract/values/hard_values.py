"""Values that servers are known to lose, by the schema of a member."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mockserver.contract.profile import Json
from mockserver.model import Document

_MOST = 4000
"""Characters of the longest text that is tried."""
_UNBOUNDED = 255
"""The same, of a member that states no length."""

_SHORT_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("plain", "x"),
    ("a combining accent", "e\u0301"),
    ("a character beyond 16 bits", "\U0001f600"),
    ("a blank at its end", "x "),
    ("a blank at its beginning", " x"),
    ("an accent", "\xe9"),
)
_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("plain", "Plain text"),
    ("combining accents", "Zoe\u0308 A\u030a x\u0323"),
    ("characters beyond 16 bits", "a\U0001f600b\U0001d49c"),
    ("blanks at both ends", "  two  "),
    ("two blanks inside", "a  b"),
    ("the line ends of Windows", "a\r\nb"),
    ("markup", "<b>1 &amp; 2</b>"),
    ("composed characters", "Zo\xeb \u212b \ufb01 \xbd"),
    ("a blank at its end", "x "),
    ("a blank at its beginning", " x"),
    ("a line end", "a\nb"),
    ("another script", "\u6771\u4eac \u03a9 \xdf"),
    ("entities", "&lt;i&gt; &#65;"),
    ("a tab", "a\tb"),
    ("quotes", '"it\'s" \\n'),
    ("marks of forms", "100% + 1&2=3;%20"),
    ("a number with zeros before it", "00120"),
    ("a number with an exponent", "1e3"),
    ("the word null", "null"),
    ("a no-break blank at its end", "x\xa0"),
    ("marks without width", "a\u200db\u200f"),
    ("both letter cases", "aBc \u0130"),
)
_MOMENTS: Final[tuple[tuple[str, str], ...]] = (
    ("noon in UTC", "2026-03-31T12:00:00Z"),
    ("a zone before UTC", "2026-03-31T02:00:00+05:45"),
    ("a zone behind UTC", "2026-03-31T20:00:00-11:00"),
    ("parts of a second", "2026-03-31T12:00:00.123Z"),
    ("the end of a year", "2025-12-31T23:59:59Z"),
    ("a leap day", "2024-02-29T12:30:00Z"),
    ("midnight", "2026-10-25T00:00:00Z"),
    ("the hour that the summer time leaves out", "2026-03-29T02:30:00Z"),
    ("a leap day in a zone", "2024-02-29T23:30:00-05:00"),
    ("parts of the last second of a day", "2026-06-30T23:59:59.999Z"),
    ("seven digits of a second", "2026-03-31T12:00:00.1234567Z"),
)
_DAYS: Final[tuple[tuple[str, str], ...]] = (
    ("a day", "2026-07-15"),
    ("a leap day", "2028-02-29"),
    ("the last day of a year", "2026-12-31"),
    ("the first day of a year", "2027-01-01"),
    ("the day of the summer time", "2026-10-25"),
)
_NUMBERS: Final[tuple[tuple[str, str], ...]] = (
    ("an amount", "12.34"),
    ("a zero at its end", "0.10"),
    ("a whole number with two decimals", "100.00"),
    ("the largest amounts", "99999999.99"),
    ("parts of a cent", "10.005"),
    ("more digits than a binary fraction has", "4503599627370.63"),
    ("one cent", "0.01"),
    ("nothing", "0"),
    ("less than nothing", "-600.05"),
    ("many decimals", "0.12345678"),
    ("a whole number", "1000"),
    ("one decimal", "1500.5"),
    ("a sum that binary fractions miss", "0.30"),
)
_INTEGERS: Final[tuple[tuple[str, int], ...]] = (
    ("a number", 12),
    ("nothing", 0),
    ("the largest of 32 bits", 2**31 - 1),
    ("the smallest of 32 bits", -(2**31)),
    ("less than nothing", -1),
    ("more than 53 bits", 2**53 + 1),
    ("more than 16 bits", 65_536),
)
_AMOUNT = re.compile(r"-?[0-9]+\.[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class HardValue:
    """A value of a member: `name` says what is hard about it."""

    name: str
    value: Json


def hard_values(schema: Document, good: Json = None) -> tuple[HardValue, ...]:
    """Return values that the schema takes, a plain one first; `good` is one that is known to be taken.

    None where a value is one of a list, or means something that no schema says (an id).
    """
    if "enum" in schema or schema.get("readOnly"):
        return ()
    made = list(_of_type(schema, good))
    if schema.get("nullable"):
        made.insert(min(4, len(made)), HardValue("null", None))
    return tuple(made)


def kind_of(schema: Document, good: Json = None) -> str:
    """Return what values of the schema are: `moment`, `day`, `amount` in a text, `text`, else its type."""
    if schema.get("type") != "string":
        return str(schema.get("type", ""))
    named: Mapping[str, str] = {"date-time": "moment", "date": "day", "": "text", "decimal": "amount"}
    kind = named.get(str(schema.get("format", "")), "")
    if kind == "text" and isinstance(good, str):
        return "amount" if _AMOUNT.fullmatch(good) else "day" if _DAY.fullmatch(good) else kind
    return kind


def _of_type(schema: Document, good: Json) -> Iterator[HardValue]:
    kind = kind_of(schema, good)
    if kind == "boolean":
        yield from (HardValue("yes", value=True), HardValue("no", value=False))
    elif kind == "integer":
        yield from _within(schema, [(name, Decimal(value)) for name, value in _INTEGERS], whole=True)
    elif kind == "number":
        yield from _within(schema, [(name, Decimal(text)) for name, text in _NUMBERS], whole=False)
    elif kind in {"moment", "day", "amount"}:
        texts = {"moment": _MOMENTS, "day": _DAYS, "amount": _NUMBERS}[kind]
        yield from (HardValue(name, text) for name, text in texts if _takes(schema, text))
    elif kind == "text":
        yield from _texts(schema)


def _texts(schema: Document) -> Iterator[HardValue]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    known = [(name, text) for name, text in _TEXTS if _takes(schema, text)]
    if not known or known[0][0] != "plain":
        known = [*((name, text) for name, text in _SHORT_TEXTS if _takes(schema, text)), *known]
    longest = min(_MOST, _UNBOUNDED if most is None else most)
    tail = "long" if longest > len("long") else ""
    known[5:5] = [
        (name, text)
        for name, text in (
            ("the longest text", "x" * (longest - len(tail)) + tail),
            ("the longest text of accents", "\xfc" * longest),
            ("the empty text", ""),
        )
        if _takes(schema, text) and (text or not least)
    ]
    yield from (HardValue(name, text) for name, text in known)


def _takes(schema: Document, text: str) -> bool:
    most, pattern = schema.get("maxLength"), schema.get("pattern")
    if len(text) < schema.get("minLength", 0) or (most is not None and len(text) > most):
        return False
    try:
        return pattern is None or re.search(pattern, text) is not None
    except re.error:
        return False


def _within(schema: Document, numbers: list[tuple[str, Decimal]], *, whole: bool) -> Iterator[HardValue]:
    for bound, name in (("maximum", "the largest there is"), ("minimum", "the smallest there is")):
        if bound in schema and not schema.get(f"exclusive{bound.capitalize()}"):
            numbers.append((name, Decimal(str(schema[bound]))))
    narrow = schema.get("format") == "int32"
    for name, value in numbers:
        if _fits(schema, value) and not (narrow and not -(2**31) <= value < 2**31):
            yield HardValue(name, int(value) if whole else value)


def _fits(schema: Document, value: Decimal) -> bool:
    step = Decimal(str(schema.get("multipleOf", 0)))
    if step and value % step:
        return False
    for bound, sign in (("minimum", 1), ("maximum", -1)):
        exclusive = schema.get(f"exclusive{bound.capitalize()}")
        for limit, out in ((schema.get(bound), exclusive is True), (exclusive, True)):
            if limit is None or isinstance(limit, bool):
                continue
            left = sign * (value - Decimal(str(limit)))
            if left < 0 or (out and left == 0):
                return False
    return True
