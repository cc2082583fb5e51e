"""Payt's messages (`messages.yaml`), and the wording of schema problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mockserver.model import EMPTY, Item, Path, Problem
from mockserver.vendor import read_tables, refusal_rows

_TABLES = read_tables(__file__)
RECORD_MESSAGES: Mapping[str, str] = _TABLES["records"]
FAULT_MESSAGES: Mapping[str, str] = _TABLES["faults"]
FAULT_MESSAGES_BY_TYPE: Mapping[str, Mapping[str, str]] = _TABLES["faults-by-type"]
REFUSALS = refusal_rows(_TABLES["refusals"])
PARAMETER_MESSAGES: Mapping[str, str] = _TABLES["parameters"]
UPLOAD_MESSAGES: Mapping[str, str] = _TABLES["uploads"]
OAUTH_MESSAGES: Mapping[str, str] = _TABLES["oauth"]
FIELD_RANKS = {
    kind: {field: rank for rank, field in enumerate(fields)} for kind, fields in _TABLES["order"].items()
}
"""Rank of each field, by record type: a record's messages are sorted by the rank of their fields."""

_FIELD_NAMES: Mapping[str, str] = {
    "invoice_identifier": "Origin identifier",
    "debtor_identifier": "Origin identifier",
    "vat_number": "VAT number",
}
_RANGE = ("minimum", "maximum")
_LOCATIONS = ("query", "path", "header")
_FATAL_RULES = (*PARAMETER_MESSAGES, *_RANGE, "format:date-time")
_DEPTH_OF_RECORD = 2
UNKNOWN_RECORD = "not-found"
"""Code of a problem that the response lists under `not_found` instead of under its record."""


def missing_parameter(name: str) -> str:
    return f"Missing required parameter: {name}."


def record_problem(code: str, item: Item, field: str, *, of: str = "invoices") -> Problem:
    return Problem(code, (of, item.index, field), RECORD_MESSAGES[code])


def word_problem(problem: Problem, *, spare_call: bool = False) -> Problem:
    """Return the schema problem in the vendor's words.

    With `spare_call`, an unreadable value rejects its record instead of refusing the call.
    Source: docs/vendors/payt.md#whole-calls, #messages (assumed).
    """
    of_record = len(problem.path) >= _DEPTH_OF_RECORD and isinstance(problem.path[1], int)
    if of_record and problem.rule not in _FATAL_RULES:
        return replace(problem, detail=_record_message(problem))
    if of_record and spare_call:
        return replace(problem, detail=_record_message(problem), rule=f"record:{problem.rule}")
    return replace(problem, detail=f"{_bracketed(problem.path)} {_parameter_words(problem)}")


def word_file_problem(problem: Problem) -> Problem:
    words = (
        _record_words(problem) if problem.rule in ("minLength", "maxLength") else _parameter_words(problem)
    )
    return replace(problem, detail=f"{_bracketed(problem.path)} {words}")


def unreadable_value(path: Path) -> Problem:
    """Return the problem of a value whose wrong type refuses the whole call."""
    return Problem("wrong-type", path, f"{_bracketed(path)} {PARAMETER_MESSAGES['type']}", "type")


def invalid_value(path: Path) -> Problem:
    """Return the problem of a wrong value for which one record is rejected, and not the whole call."""
    return Problem("invalid", path, f"{_readable_name(path)} {PARAMETER_MESSAGES['type']}", "unfit")


def too_precise_amount(path: Path) -> Problem:
    return Problem("too-precise", path, f"{_readable_name(path)} has more than 2 decimals", "cents")


def join_messages(problems: Iterable[Problem]) -> str:
    texts: dict[Path, str] = {}
    for problem in problems:
        texts.setdefault(problem.path, problem.detail)
    return REFUSALS["malformed"].message if () in texts else ", ".join(texts.values())


def _parameter_words(problem: Problem) -> str:
    if problem.rule in _RANGE and problem.path and problem.path[0] in _LOCATIONS:
        return PARAMETER_MESSAGES["enum"]
    return PARAMETER_MESSAGES.get(problem.rule, "is invalid")


def _bracketed(path: Path) -> str:
    named = path[1:] if path and path[0] in _LOCATIONS else path
    return "".join(f"[{step}]" if depth else str(step) for depth, step in enumerate(named))


def _record_message(problem: Problem) -> str:
    return f"{_readable_name(problem.path)} {_record_words(problem)}"


def _readable_name(path: Path) -> str:
    names = [step for step in path[1:] if isinstance(step, str)]
    if path[:1] == ("debtors",) and names == ["debtor_number"]:
        return "Customer number"
    if len(names) == 1 and names[0] in _FIELD_NAMES:
        return _FIELD_NAMES[names[0]]
    text = " ".join(names).replace("_", " ") or "record"
    return text[:1].upper() + text[1:]


def _record_words(problem: Problem) -> str:
    own: Mapping[str, str] = _TABLES["members-by-name"].get(problem.path[-1], EMPTY)
    words = own.get(problem.rule) or _TABLES["members"].get(problem.rule, "is invalid")
    return words.format(limit=problem.expected)
