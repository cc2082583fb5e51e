"""What the item schema cannot say: lengths in UTF-16, dates by reader, and what a reader lets pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from mockserver.model import Call, Document, Item, Json, Problem
from mockserver.reply import media_type_of
from mockserver.vendor import Request, keep_known
from mockserver.vendors.pvex import moments
from mockserver.vendors.pvex.members import INTEGERS, MOMENTS, REQUIRED_TEXTS, REQUIRED_VALUES, TEXTS
from mockserver.vendors.pvex.reading import Reading, reading_of

MAX_UNITS = 50
UTF16_LENGTH = "utf16-length"
SUMS = "sums"
CONFLICT = "conflict"
STORING = "storing"
"""Rules of the vendor's own; the last two are broken by what is stored, and by the database."""

_WIDEST = 1 << 63
_BLANK = re.compile(r"[\t\n\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")


def own_rules(item: Item, request: Request) -> Iterator[Problem]:
    """What is wrong with one invoice of a batch beside its schema."""
    return of_invoice(item.index, item.document, reading_of(request.media_type), request.call.assumptions)


def of_invoice(
    index: int, invoice: Document, reading: Reading, switches: Mapping[str, str]
) -> Iterator[Problem]:
    """What is wrong with an invoice beside its schema.

    Source: PVEx fact sheet §2 (lengths), §2.1, §2.2, §2.3 (dates); edge-cases row 24 (sums).
    """
    if switches["balance_over_amount"] == "refused":
        yield from _sums(index, invoice)
    yield from _utf16_length(index, invoice)
    if reading is not Reading.JSON:
        yield from _own_date_forms(index, invoice, reading)


def _sums(index: int, invoice: Document) -> Iterator[Problem]:
    due, amount = _number(invoice.get("BalanceDue")), _number(invoice.get("Amount"))
    if due is not None and amount is not None and due > amount:
        said = "more is due than the amount"
        yield Problem(
            "sums-disagree", (index, "BalanceDue"), said, SUMS, invoice["Amount"], invoice["BalanceDue"]
        )


def _number(value: Json) -> Decimal | None:
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _utf16_length(index: int, invoice: Document) -> Iterator[Problem]:
    """A text of at most fifty characters may still have more than fifty UTF-16 units, which .NET counts."""
    for name in TEXTS:
        text = invoice.get(name)
        if not isinstance(text, str) or text.isascii() or len(text) > MAX_UNITS:
            continue
        if len(text) + sum(character > "\uffff" for character in text) > MAX_UNITS:
            said = f"over {MAX_UNITS} UTF-16 units"
            yield Problem("too-long", (index, name), said, UTF16_LENGTH, MAX_UNITS, text)


def _own_date_forms(index: int, invoice: Document, reading: Reading) -> Iterator[Problem]:
    """XML and form take fewer forms of a date than JSON, by which the schema's format goes."""
    for name in MOMENTS:
        text = invoice.get(name)
        if not isinstance(text, str) or moments.printed(text, reading) is not None:
            continue
        if moments.readable(text):
            said = f"no date in {reading}"
            yield Problem("bad-format", (index, name), said, "format:date-time", found=text)


def grade(problem: Problem, call: Call) -> Problem | None:
    """Drop what the reader of this body does not mind, or the class where a switch says so.

    Source: PVEx fact sheet §2.2 (nil items, left-out value types), §2.1 (an empty text is a null date),
    §2.3 (in a form it is a null text); edge-cases rows 17 and 42.
    """
    if keep_known(problem, call) is None:
        return None
    reading = reading_of(media_type_of(call.headers)[0])
    if reading is Reading.XML and _is_nil_item(problem):
        return None
    if reading is Reading.XML and problem.rule == "required" and problem.path[-1] in REQUIRED_VALUES:
        return None
    if reading is not Reading.XML and problem.found == "" and _is_nullable_date(problem):
        return None
    return None if _is_allowed(problem, reading, call.assumptions) else problem


def _is_allowed(problem: Problem, reading: Reading, switches: Mapping[str, str]) -> bool:
    if switches["empty_required"] == "allowed" and _is_blank(problem, reading):
        return True
    return switches["integer_width"] == "int64" and _is_int64(problem)


def _is_blank(problem: Problem, reading: Reading) -> bool:
    """Whether a required text is there and has nothing in it but white space."""
    if problem.rule != "pattern" or problem.path[-1] not in REQUIRED_TEXTS:
        return False
    return not (problem.found == "" and reading is Reading.FORM) and bool(_BLANK.fullmatch(problem.found))


def _is_int64(problem: Problem) -> bool:
    if problem.rule not in ("minimum", "maximum") or problem.path[-1] not in INTEGERS:
        return False
    return bool(-_WIDEST <= problem.found < _WIDEST)


def _is_nil_item(problem: Problem) -> bool:
    of_item = len(problem.path) == 1 and isinstance(problem.path[0], int)
    return of_item and problem.rule == "type" and problem.found is None


def _is_nullable_date(problem: Problem) -> bool:
    return problem.rule == "format:date-time" and problem.path[-1] not in REQUIRED_VALUES
