"""What a problem is called in the vendor's words, and where it says that the problem is."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.model import Json, Path, Problem
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_TYPELISTS

TEXTS: Mapping[str, str] = {
    "already-executed": "A transaction with the id '{found}' was executed before",
    "amount-forbidden": "The '{name}' property cannot be set because the bulk invoice is split equally",
    "bad-code": "'{found}' is not a valid code of the typelist '{typelist}'",
    "bad-format": "The value '{found}' of '{name}' is not in the expected format",
    "claim-closed": "The claim '{found}' is closed, so that '{name}' must be 'supplement'",
    "missing-required": "The '{name}' property is required",
    "nested-batch": "A batch request cannot contain another batch request",
    "not-editable": "The bulk invoice cannot be edited because its status is '{found}'",
    "not-in-list": "The value '{found}' of '{name}' is not one of: {expected}",
    "other-currency": "The currency '{found}' is not the currency '{expected}' of the bulk invoice",
    "out-of-range": "The value '{found}' of '{name}' is out of range, the limit is {expected}",
    "read-only": "Property '{name}' cannot be updated",
    "stale-checksum": "The supplied checksum '{found}' does not match the current checksum "
    "'{expected[currentChecksum]}' for the resource with uri '{expected[uri]}'",
    "supplement-only": "The '{name}' property can only be true when 'paymentType' is 'supplement'",
    "too-few": "The '{name}' property must have at least {expected} elements",
    "too-long": "The value of '{name}' is longer than {expected} characters",
    "too-many": "The '{name}' property must not have more than {expected} elements",
    "too-many-decimals": "The amount '{found}' has too many decimals for the currency '{expected}'",
    "too-short": "The value of '{name}' must have at least {expected} characters",
    "total-required": "The '{name}' property is required when 'splitEqually' is true",
    "unknown-member": "Property '{name}' is not defined in the schema",
    "unknown-parameter": "Query parameter '{name}' is not defined",
    "unknown-reference": "No resource with the id '{found}' was found for '{name}'",
    "wrong-type": "The value of '{name}' must be of type {expected}",
}
"""One sentence a problem code.

Documented are `stale-checksum` and the wording of `missing-required`; Assumed: all others
(Guidewire fact sheet §3.1, §3.2).
"""

OTHERWISE = "The value of '{name}' is not valid"

_TYPELISTS: Mapping[str, str] = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}
_PARAMETERS = frozenset({"query", "header", "path"})
_MISSING = frozenset({"missing-required", "total-required"})
_OF_THE_WHOLE = frozenset({"nested-batch", "not-editable"})
_LONGEST = 100


def detail(problem: Problem) -> Json:
    """A problem as an entry of an error's `details`. Source: Guidewire fact sheet §3.1, §3.3."""
    entry: dict[str, Json] = {"message": message(problem)}
    if properties := _properties(problem):
        entry["properties"] = properties
    return entry


def message(problem: Problem) -> str:
    """A problem as a sentence."""
    typelist = _typelist(problem.path)
    code = "bad-code" if problem.code == "not-in-list" and typelist else problem.code
    return TEXTS.get(code, OTHERWISE).format(
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
