"""Putting into Payt's words what a schema found: one sentence a fault, placed as the vendor places it.

Source: Payt fact sheet §3.1, §3.3 (assumed); the words themselves are in `texts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mockserver.model import Item, Path, Problem
from mockserver.vendors.payt.texts import MALFORMED, READER, RECORDS

_NAMES: Mapping[str, str] = {
    "invoice_identifier": "Origin identifier",
    "debtor_identifier": "Origin identifier",
    "vat_number": "VAT number",
}
_CODED = ("currency_code", "country_code", "postal_address_country_code")
_RANGE = ("minimum", "maximum")
_PLACES = ("query", "path", "header")
_UNREADABLE = (*READER, *_RANGE, "format:date-time")
_DEPTH_OF_RECORD = 2


def fault(code: str, item: Item, field: str, *, of: str = "invoices") -> Problem:
    """A problem of one record, placed at one of its fields."""
    return Problem(code, (of, item.index, field), RECORDS[code])


def worded(problem: Problem, *, spare_call: bool = False) -> Problem:
    """What a schema found, in the vendor's words.

    With `spare_call` what the reader cannot read stays with its record, under a rule that is not fatal.
    Source: Payt fact sheet §3.1, §3.3 (assumed).
    """
    if not _is_of_record(problem):
        return replace(problem, detail=f"{_bracketed(problem.path)} {_reader_words(problem)}")
    if problem.rule not in _UNREADABLE:
        return replace(problem, detail=_record(problem))
    if spare_call:
        return replace(problem, detail=_record(problem), rule=f"record:{problem.rule}")
    return replace(problem, detail=f"{_bracketed(problem.path)} {_reader_words(problem)}")


def worded_file(problem: Problem) -> Problem:
    """As `worded`, for announced files: whatever is wrong with one ends the call."""
    words = _record_words(problem) if problem.rule in ("minLength", "maxLength") else _reader_words(problem)
    return replace(problem, detail=f"{_bracketed(problem.path)} {words}")


def unreadable(path: Path) -> Problem:
    """A value that ends the call, because it is of another type."""
    return Problem("wrong-type", path, f"{_bracketed(path)} {READER['type']}", "type")


def unfit(path: Path) -> Problem:
    """A value that its record is refused for."""
    return Problem("invalid", path, f"{_human(path)} {READER['type']}", "unfit")


def too_fine(path: Path) -> Problem:
    """An amount of parts of a cent."""
    return Problem("too-precise", path, f"{_human(path)} has more than 2 decimals", "cents")


def joined(problems: Iterable[Problem]) -> str:
    """The message of a call that ends: the first fault of each place, or that nothing could be read."""
    texts: dict[Path, str] = {}
    for problem in problems:
        texts.setdefault(problem.path, problem.detail)
    return MALFORMED if () in texts else ", ".join(texts.values())


def _is_of_record(problem: Problem) -> bool:
    return len(problem.path) >= _DEPTH_OF_RECORD and isinstance(problem.path[1], int)


def _is_parameter(problem: Problem) -> bool:
    return bool(problem.path) and problem.path[0] in _PLACES


def _reader_words(problem: Problem) -> str:
    if problem.rule in _RANGE and _is_parameter(problem):
        return READER["enum"]
    return READER.get(problem.rule, "is invalid")


def _bracketed(path: Path) -> str:
    named = path[1:] if path and path[0] in _PLACES else path
    return "".join(f"[{step}]" if depth else str(step) for depth, step in enumerate(named))


def _record(problem: Problem) -> str:
    return f"{_human(problem.path)} {_record_words(problem)}"


def _human(path: Path) -> str:
    names = [step for step in path[1:] if isinstance(step, str)]
    if path[:1] == ("debtors",) and names == ["debtor_number"]:
        return "Customer number"
    if len(names) == 1 and names[0] in _NAMES:
        return _NAMES[names[0]]
    text = " ".join(names).replace("_", " ") or "record"
    return text[:1].upper() + text[1:]


def _record_words(problem: Problem) -> str:
    field = problem.path[-1]
    if problem.rule in ("required", "minLength") and field != "checksum":
        return "can't be blank"
    if problem.rule == "enum":
        return "is not included in the list"
    if problem.rule == "maxLength" and field != "checksum":
        return f"is too long (maximum is {problem.expected} characters)"
    if problem.rule in ("minLength", "maxLength"):
        return f"is the wrong length (should be {problem.expected} characters)"
    if problem.rule == "pattern":
        return "is not included in the list" if field in _CODED else "is not a number"
    return "is invalid"
