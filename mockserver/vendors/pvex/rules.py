"""Rules that the item schema cannot state, and classification of schema problems by body reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from mockserver.codec.http import parse_content_type
from mockserver.model import Call, Document, Item, Json, Problem
from mockserver.vendor import Request, ignore_unknown_parameters
from mockserver.vendors.pvex import dates
from mockserver.vendors.pvex.invoice_members import (
    DATE_MEMBERS,
    INTEGER_MEMBERS,
    REQUIRED_TEXTS,
    REQUIRED_VALUES,
    TEXT_MEMBERS,
)
from mockserver.vendors.pvex.media_types import BodyReader, body_reader

NULL_ITEM_CODE, DATABASE_CODE, CALENDAR_CODE = "null-item", "database", "calendar"
"""Reasons of failed storage, as problem codes."""

MAX_UNITS = 50
UTF16_LENGTH = "utf16-length"
SUMS = "sums"
CONFLICT = "conflict"
STORING = "storing"
"""Rules of the vendor's own; the last two are broken by what is stored, and by the database."""

_INT64_LIMIT = 1 << 63
_WHITE_SPACE = re.compile(r"[\t\n\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")


def item_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield what is wrong with one invoice of a batch beside its schema."""
    return invoice_problems(
        item.index, item.document, body_reader(request.media_type), request.call.assumptions
    )


def invoice_problems(
    index: int, invoice: Document, reader: BodyReader, assumptions: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield what is wrong with an invoice beside its schema.

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
        said = "more is due than the amount"
        yield Problem(
            "sums-disagree", (index, "BalanceDue"), said, SUMS, invoice["Amount"], invoice["BalanceDue"]
        )


def _to_decimal(value: Json) -> Decimal | None:
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _length_problems(index: int, invoice: Document) -> Iterator[Problem]:
    """Return problems of texts that have over fifty UTF-16 units, which .NET counts."""
    for name in TEXT_MEMBERS:
        text = invoice.get(name)
        if not isinstance(text, str) or text.isascii() or len(text) > MAX_UNITS:
            continue
        if len(text) + sum(character > "\uffff" for character in text) > MAX_UNITS:
            said = f"over {MAX_UNITS} UTF-16 units"
            yield Problem("too-long", (index, name), said, UTF16_LENGTH, MAX_UNITS, text)


def _date_problems(index: int, invoice: Document, reader: BodyReader) -> Iterator[Problem]:
    """XML and form take fewer forms of a date than JSON, by which the schema's format goes."""
    for name in DATE_MEMBERS:
        text = invoice.get(name)
        if not isinstance(text, str) or dates.normalize_date(text, reader) is not None:
            continue
        if dates.is_date(text):
            said = f"no date in {reader}"
            yield Problem("bad-format", (index, name), said, "format:date-time", found=text)


def classify(problem: Problem, call: Call) -> Problem | None:
    """Drop what the reader of this body does not mind, or the class where an assumption says so.

    Source: docs/vendors/pvex.md#xml (nil items, left-out value types), docs/vendors/pvex.md#json (an empty
    text is a null date),
    docs/vendors/pvex.md#forms (in a form it is a null text); docs/catalogue.md#17-required-but-empty,
    #42-key-range.
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
    return None if _is_tolerated(problem, reading, call.assumptions) else problem


def _is_tolerated(problem: Problem, reader: BodyReader, assumptions: Mapping[str, str]) -> bool:
    if assumptions["empty_required"] == "allowed" and _is_blank(problem, reader):
        return True
    return assumptions["integer_width"] == "int64" and _is_int64(problem)


def _is_blank(problem: Problem, reader: BodyReader) -> bool:
    """Return whether a required text is there and has nothing in it but white space."""
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
