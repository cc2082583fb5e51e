"""Members of an invoice (`rules.yaml`), the forms of dates, and rules that the item schema cannot state.

A date sent with `Z` or without offset keeps that form; a date sent with an offset is converted to server
time (UTC, `+00:00`). Stored seconds have at most seven decimals, and no trailing zeros.
Source: docs/vendors/pvex.md#invoice, #json, #xml, #forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from mockserver.codec.http import parse_content_type
from mockserver.model import Call, Document, Item, Json, Problem
from mockserver.vendor import Request, ignore_unknown_parameters, read_tables
from mockserver.vendors.pvex.media_types import BodyReader, body_reader

_TABLES = read_tables(__file__)
DECLARED_ORDER: tuple[str, ...] = tuple(_TABLES["order"].split())
XML_ORDER = tuple(sorted(DECLARED_ORDER))
REQUIRED_TEXTS: frozenset[str] = frozenset(_TABLES["required-texts"].split())
TEXT_MEMBERS = REQUIRED_TEXTS | frozenset(_TABLES["optional-texts"].split())
AMOUNT_MEMBERS: frozenset[str] = frozenset(_TABLES["amounts"].split())
INTEGER_MEMBERS: frozenset[str] = frozenset(_TABLES["integers"].split())
DATE_MEMBERS: frozenset[str] = frozenset(_TABLES["dates"].split())
REQUIRED_VALUES: frozenset[str] = frozenset(_TABLES["required-values"].split())
EMPTY_INVOICE: Mapping[str, Json] = {**dict.fromkeys(DECLARED_ORDER), **_TABLES["empty"]}
MEMBER_RANK = {name: rank for rank, name in enumerate(DECLARED_ORDER)}

_EPOCH = datetime.fromisoformat("1970-01-01")
_FIRST = datetime.fromisoformat("0001-01-01")
_LAST = datetime.fromisoformat("9999-12-31T23:59:59")
_XSD = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_AMERICAN = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ([AP])M)?)?"
)
_MILLISECONDS = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")

NULL_ITEM_CODE, DATABASE_CODE, CALENDAR_CODE = "null-item", "database", "calendar"
"""Problem codes of failed storage."""

MAX_UNITS = 50
UTF16_LENGTH = "utf16-length"
SUMS = "sums"
CONFLICT = "conflict"
"""Rule of problems whose cause is a stored invoice."""

STORING = "storing"
"""Rule of problems whose cause is a failure of storage."""

_INT64_LIMIT = 1 << 63
_WHITE_SPACE = re.compile(r"[\t\n\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")


def normalize_date(text: str, reader: BodyReader = BodyReader.JSON) -> str | None:
    text = text.strip()
    for form, read in _FORMS_BY_READER[reader]:
        if match := form.fullmatch(text):
            try:
                return read(match)
            except (ValueError, OverflowError):
                return None
    return None


def is_date(text: str) -> bool:
    """Return whether `text` is a date-time in a format that any body reader accepts (JSON accepts all)."""
    return normalize_date(text) is not None


def print_server_time(now: datetime) -> str:
    whole = now.replace(tzinfo=None, microsecond=0)
    return _print(whole, f"{now.microsecond:06}", "Z")


def _read_iso(found: re.Match[str]) -> str:
    day, time, fraction, zone = found.groups()
    return _print(datetime.fromisoformat(f"{day}T{time or '00:00'}"), fraction or "", zone or "")


def _read_american(found: re.Match[str]) -> str:
    month, day, year, hour, minute, second, half = found.groups()
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:  # noqa: PLR2004 - the hours of half a day
            raise ValueError("a half day has hours 1 to 12")
        hours = hours % 12 + (12 if half == "P" else 0)
    text = f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{minute or '00'}:{second or '00'}"
    return _print(datetime.fromisoformat(text), "", "")


def _read_milliseconds(found: re.Match[str]) -> str:
    seconds, rest = divmod(int(found[1]), 1000)
    return _print(_EPOCH + timedelta(seconds=seconds), f"{rest:03}", "+0000" if found[2] else "Z")


def _print(moment: datetime, fraction: str, zone: str) -> str:
    decimals = fraction[:7].rstrip("0")
    kind = zone.upper()
    if len(kind) > 1:
        moment, kind = _to_utc(moment, zone), "+00:00"
    return moment.isoformat() + (f".{decimals}" if decimals else "") + kind


def _to_utc(moment: datetime, zone: str) -> datetime:
    """Convert a local time to UTC; if UTC is out of range, return the first or last date, as .NET does."""
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - a clock's
        raise ValueError("no zone is that far off")
    ahead = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return moment - ahead
    except OverflowError:
        return _FIRST if zone[0] == "+" else _LAST


_DateForm = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_FORMS_BY_READER: Mapping[BodyReader, tuple[_DateForm, ...]] = {
    BodyReader.JSON: ((_ISO, _read_iso), (_AMERICAN, _read_american), (_MILLISECONDS, _read_milliseconds)),
    BodyReader.XML: ((_XSD, _read_iso),),
    BodyReader.FORM: ((_ISO, _read_iso), (_AMERICAN, _read_american)),
}


def item_problems(item: Item, request: Request) -> Iterator[Problem]:
    return invoice_problems(
        item.index, item.document, body_reader(request.media_type), request.call.assumptions
    )


def invoice_problems(
    index: int, invoice: Document, reader: BodyReader, assumptions: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield the problems of an invoice that its schema cannot find.

    Source: docs/vendors/pvex.md#invoice, #json, #xml, #forms (dates); docs/catalogue.md#24-sums-disagree
    (sums).
    """
    if assumptions["balance_over_amount"] == "refused":
        yield from _amount_problems(index, invoice)
    yield from _length_problems(index, invoice)
    if reader is not BodyReader.JSON:
        yield from _date_problems(index, invoice, reader)


def _amount_problems(index: int, invoice: Document) -> Iterator[Problem]:
    due, amount = _to_decimal(invoice.get("BalanceDue")), _to_decimal(invoice.get("Amount"))
    if due is not None and amount is not None and due > amount:
        message = "more is due than the amount"
        yield Problem(
            "sums-disagree", (index, "BalanceDue"), message, SUMS, invoice["Amount"], invoice["BalanceDue"]
        )


def _to_decimal(value: Json) -> Decimal | None:
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _length_problems(index: int, invoice: Document) -> Iterator[Problem]:
    """Yield a problem for each text over 50 UTF-16 units (as .NET counts) that the schema accepts."""
    for name in TEXT_MEMBERS:
        text = invoice.get(name)
        if not isinstance(text, str) or text.isascii() or len(text) > MAX_UNITS:
            continue
        if len(text) + sum(character > "\uffff" for character in text) > MAX_UNITS:
            message = f"over {MAX_UNITS} UTF-16 units"
            yield Problem("too-long", (index, name), message, UTF16_LENGTH, MAX_UNITS, text)


def _date_problems(index: int, invoice: Document, reader: BodyReader) -> Iterator[Problem]:
    """Yield a problem for each date that the schema accepts, but the reader of XML or forms refuses."""
    for name in DATE_MEMBERS:
        text = invoice.get(name)
        if not isinstance(text, str) or normalize_date(text, reader) is not None:
            continue
        if is_date(text):
            message = f"no date in {reader}"
            yield Problem("bad-format", (index, name), message, "format:date-time", found=text)


def classify(problem: Problem, call: Call) -> Problem | None:
    """Return the problem, or None if the body reader or an assumption tolerates it.

    Source: docs/vendors/pvex.md#xml (nil items, missing value types), docs/vendors/pvex.md#json (an empty
    text is a null date), docs/vendors/pvex.md#forms (an empty text is a null text);
    docs/catalogue.md#17-required-but-empty, #42-key-range.
    """
    if ignore_unknown_parameters(problem, call) is None:
        return None
    reading = body_reader(parse_content_type(call.headers)[0])
    if reading is BodyReader.XML and _is_nil_item(problem):
        return None
    if reading is BodyReader.XML and problem.rule == "required" and problem.path[-1] in REQUIRED_VALUES:
        return None
    if reading is not BodyReader.XML and problem.found == "" and _is_nullable_date(problem):
        return None
    if call.assumptions["empty_required"] == "allowed" and _is_blank(problem, reading):
        return None
    return None if call.assumptions["integer_width"] == "int64" and _is_int64(problem) else problem


def _is_blank(problem: Problem, reader: BodyReader) -> bool:
    if problem.rule != "pattern" or problem.path[-1] not in REQUIRED_TEXTS:
        return False
    return not (problem.found == "" and reader is BodyReader.FORM) and bool(
        _WHITE_SPACE.fullmatch(problem.found)
    )


def _is_int64(problem: Problem) -> bool:
    if problem.rule not in ("minimum", "maximum") or problem.path[-1] not in INTEGER_MEMBERS:
        return False
    return bool(-_INT64_LIMIT <= problem.found < _INT64_LIMIT)


def _is_nil_item(problem: Problem) -> bool:
    of_item = len(problem.path) == 1 and isinstance(problem.path[0], int)
    return of_item and problem.rule == "type" and problem.found is None


def _is_nullable_date(problem: Problem) -> bool:
    return problem.rule == "format:date-time" and problem.path[-1] not in REQUIRED_VALUES
