"""Errors of ClaimCenter (`errors.yaml`), each with status, class and message; details of problems."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.errors import Rejected
from mockserver.model import Json, Path, Problem, dotted
from mockserver.vendor import RefusalRow, read_tables, refusal_rows
from mockserver.vendors.guidewire.attributes import INVOICE_TYPELISTS, ITEM_TYPELISTS

_TABLES = read_tables(__file__)
PROBLEM_MESSAGES: Mapping[str, str] = _TABLES["messages"]
ALERTS: Mapping[str, str] = _TABLES["alerts"]
"""Messages of the alerts of a validation, by alert type."""

EXPLANATIONS: Mapping[str, str] = _TABLES["explanations"]
"""Texts that tell why an item is invalid or rejected, by cause."""

ACTION_REFUSED = "Cannot take action '{action}'. See the details element for further information."
"""Message of an error whose details tell why an action was not taken."""

DEFAULT_MESSAGE = "The value of '{name}' is not valid"
ACTION_PROBLEMS: frozenset[str] = frozenset(_TABLES["actions"])
"""Codes of problems that an action on an invoice causes. A problem's `expected` is the action's name."""

BUSINESS_RULES = ACTION_PROBLEMS | frozenset(_TABLES["business-rules"])
REFUSAL_OF_FAULT: Mapping[str, str] = _TABLES["faults"]

_TYPELISTS: Mapping[str, str] = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}
_PARAMETERS = frozenset({"query", "header", "path"})
_MISSING = frozenset({"missing-required", "total-required"})
_WITHOUT_PROPERTIES = ACTION_PROBLEMS | {"body-not-empty", "nested-batch"}
_LONGEST = 100
REFUSALS = refusal_rows(_TABLES["refusals"])
"""Errors of refused calls, by code; for a code without an entry, use `BAD_INPUT`."""

PROBLEM_ERRORS = refusal_rows(_TABLES["problems"])
"""Errors of problems, by code; for a code without an entry, use `BAD_INPUT`."""

BAD_INPUT = RefusalRow(*_TABLES["bad-input"])


def problem_detail(problem: Problem) -> Json:
    """Return a problem as an entry of an error's `details`.

    Source: docs/vendors/guidewire.md#errors, #stale-data.
    """
    entry: dict[str, Json] = {"message": problem_message(problem)}
    if properties := _properties(problem):
        entry["properties"] = properties
    return entry


def rejection(*problems: Problem) -> Rejected:
    """Return a `Rejected` with the problems; its hint has the problems' paths and messages."""
    message = [f"{problem.pointer}: {problem_message(problem)}".removeprefix(": ") for problem in problems]
    return Rejected(*problems, hint="; ".join(message))


def problem_message(problem: Problem) -> str:
    if problem.code == "alert":
        return problem.detail
    typelist = _typelist(problem.path)
    code = "bad-code" if problem.code == "not-in-list" and typelist else problem.code
    return PROBLEM_MESSAGES.get(code, DEFAULT_MESSAGE).format(
        name=_name(problem.path),
        typelist=typelist,
        found=_shortened(problem.found),
        expected=_listed(problem.expected),
    )


def _properties(problem: Problem) -> Mapping[str, Json]:
    if problem.code in _WITHOUT_PROPERTIES:
        return {}
    if problem.code == "stale-checksum":
        return {**problem.expected, "suppliedChecksum": problem.found}
    path = problem.path
    if path and path[0] in _PARAMETERS:
        return {"parameterLocation": path[0], "parameterName": str(path[1])}
    place = path[:-1] if problem.code in _MISSING else path
    properties = {"parameterLocation": "body", "parameterName": "body"}
    return {**properties, "path": dotted(place).removeprefix(".")} if place else properties


def _name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "body")


def _typelist(path: Path) -> str:
    if path[-1:] == ("code",):
        return _TYPELISTS.get(_name(path[:-1]), "")
    return "Currency" if path[-2:] == ("amount", "currency") else ""


def _shortened(value: Json) -> str:
    text = value if isinstance(value, str) else json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _listed(value: Json) -> Json:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
