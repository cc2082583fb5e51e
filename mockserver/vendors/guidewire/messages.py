"""What a problem is called in the vendor's words, and where it says that the problem is."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.model import Json, Path, Problem
from mockserver.vendors.guidewire.texts import OTHERWISE, SENTENCES
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_TYPELISTS

OF_ACTIONS = frozenset({"alert", "no-items", "no-send-date", "not-editable", "not-valid", "wrong-state"})
"""Problems of an action on an invoice; `expected` is its name."""

_TYPELISTS: Mapping[str, str] = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}
_PARAMETERS = frozenset({"query", "header", "path"})
_MISSING = frozenset({"missing-required", "total-required"})
_OF_THE_WHOLE = OF_ACTIONS | {"body-not-empty", "nested-batch"}
_LONGEST = 100


def detail(problem: Problem) -> Json:
    """A problem as an entry of an error's `details`. Source: Guidewire fact sheet §3.1, §3.3."""
    entry: dict[str, Json] = {"message": message(problem)}
    if properties := _properties(problem):
        entry["properties"] = properties
    return entry


def message(problem: Problem) -> str:
    """A problem as a sentence."""
    if problem.code == "alert":
        return problem.detail
    typelist = _typelist(problem.path)
    code = "bad-code" if problem.code == "not-in-list" and typelist else problem.code
    return SENTENCES.get(code, OTHERWISE).format(
        name=_name(problem.path),
        typelist=typelist,
        found=_shown(problem.found),
        expected=_listed(problem.expected),
    )


def _properties(problem: Problem) -> Mapping[str, Json]:
    if problem.code in _OF_THE_WHOLE:
        return {}
    if problem.code == "stale-checksum":
        return {**problem.expected, "suppliedChecksum": problem.found}
    path = problem.path
    if path and path[0] in _PARAMETERS:
        return {"parameterLocation": path[0], "parameterName": str(path[1])}
    place = path[:-1] if problem.code in _MISSING else path
    properties = {"parameterLocation": "body", "parameterName": "body"}
    return {**properties, "path": _dotted(place)} if place else properties


def _name(path: Path) -> str:
    """The last member's name, for an element of a list that of the list."""
    return next((step for step in reversed(path) if isinstance(step, str)), "body")


def _typelist(path: Path) -> str:
    """The typelist of the code at that path, "" when there is none."""
    if path[-1:] == ("code",):
        return _TYPELISTS.get(_name(path[:-1]), "")
    return "Currency" if path[-2:] == ("amount", "currency") else ""


def _dotted(path: Path) -> str:
    """`data.attributes.foo`, `requests[1].path`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _listed(value: Json) -> Json:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
