"""Leniency of vendors in reading values, and what is therefore doubtful."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.call_profile import Tolerance
from mockserver.contract.oracle.typed_values import properties_of
from mockserver.contract.oracle.validation import OracleSchema, SchemaProblem, compile_schema
from mockserver.model import Document, Json

_NUMBERISH = re.compile(r"\s*[+-]?[\d.,\s]*\d[\d.,\s]*(?:[eE][+-]?\d+)?\s*", re.ASCII)
_TRUTHISH = re.compile(r"\s*(?:true|false|yes|no|on|off|[01])?\s*", re.IGNORECASE)
_DATISH = re.compile(
    r"(?=.*\d)(?:[\d\s:.,+\-/()]|[TZWtz]|date|am|pm|gmt|utc|mon|tue|wed|thu|fri|sat|sun"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+",
    re.IGNORECASE | re.ASCII,
)
_IDISH = re.compile(r"\s*[({]?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}[)}]?\s*", re.IGNORECASE)
_FORMATS = {"date": _DATISH, "date-time": _DATISH, "uuid": _IDISH}
_EDGES = re.compile(r"(?:0001|9999)-|:60|[+-](?:1[4-9]|2[0-3]):?[0-9]{2}$")
_SPELT = {"integer": _NUMBERISH, "number": _NUMBERISH, "boolean": _TRUTHISH}
_STRUCTURES = ("array", "object")
_NUMBERS = ("integer", "number")
_KINDS = ((bool, "boolean"), (int, "number"), (Decimal, "number"), (str, "string"))
_OF_PARTS = ("anyOf", "oneOf", "not", "allOf")


@dataclass(frozen=True, slots=True)
class Leniency:
    """Leniency in reading a body, by `x-binder` and the vendor's profile.

    `coerces` holds pairs of the type wanted and the type found; `spells` is a form's or XML's, where every
    value is a text; `ignores_unknown` where the caller asked that unknown members be passed over.
    """

    any_case: bool = False
    nulls_dropped: bool = False
    null_structures_dropped: bool = False
    blanks_dropped: bool = False
    spells: bool = False
    ignores_unknown: bool = False
    coerces: frozenset[tuple[str, str]] = frozenset()
    tolerances: tuple[Tolerance, ...] = ()

    def may_pass(self, broken: SchemaProblem) -> bool:
        """Return whether a lenient reader may take what breaks the schema there."""
        return (
            any(one.passes and _speaks_of(one, broken) for one in self.tolerances)
            or self._of_keyword(broken)
            or _is_trimmed(broken)
        )

    def may_stay_alone(self, broken: SchemaProblem) -> bool:
        """Return whether it may spoil its item alone although it is of a kind that refuses the call."""
        return any(_speaks_of(one, broken) for one in self.tolerances)

    def is_renamed(self, value: Json, node: Document) -> bool:
        """Return whether a member differs from the schema in letter case only, where case may not count."""
        if not self.any_case:
            return False
        if isinstance(value, list):
            return any(self.is_renamed(child, node.get("items", {})) for child in value)
        if not isinstance(value, dict):
            return False
        members = properties_of(node)
        lower = {name.lower() for name in members}
        return any(
            (name not in members and name.lower() in lower) or self.is_renamed(child, members.get(name, {}))
            for name, child in value.items()
        )

    def _of_keyword(self, broken: SchemaProblem) -> bool:
        found = broken.found
        match broken.keyword:
            case "type":
                return (
                    self._of_null(broken)
                    if found is None
                    else self._of_type(str(broken.expected), found, broken.schema)
                )
            case "format":
                return isinstance(found, str) and self._of_format(str(broken.expected), found)
            case "enum":
                return self._of_list(broken.expected, found, broken.schema)
            case "additionalProperties":
                return self.ignores_unknown
            case "pattern" | "minLength":
                return (
                    found == "" and ("null", "string") in self.coerces and bool(broken.schema.get("nullable"))
                )
        return broken.keyword in _OF_PARTS and bool(self.coerces or self.any_case)

    def _of_null(self, broken: SchemaProblem) -> bool:
        if broken.expected == "string":
            return self.nulls_dropped
        is_member = bool(broken.path) and isinstance(broken.path[-1], str)
        return self.null_structures_dropped and broken.expected in _STRUCTURES and is_member

    def _of_format(self, name: str, found: str) -> bool:
        loose = _FORMATS.get(name)
        empty = not found and (self.spells or ("null", "string") in self.coerces)
        return empty or bool(loose and loose.fullmatch(found))

    def _of_list(self, known: Iterable[Json], found: Json, node: Document) -> bool:
        if found is None:
            return self.nulls_dropped or bool(node.get("nullable"))
        return isinstance(found, str) and found.casefold() in _folded(known)

    def _of_type(self, wanted: str, found: Json, node: Document) -> bool:
        if self.blanks_dropped and isinstance(found, str) and not found.strip() and wanted in _NUMBERS:
            return True
        if wanted == "integer" and isinstance(found, Decimal):
            return found == found.to_integral_value()
        if found == "" and node.get("nullable") and (self.spells or ("null", "string") in self.coerces):
            return True
        kind = next((name for python, name in _KINDS if isinstance(found, python)), "")
        if (wanted, kind) not in self.coerces and not (self.spells and kind == "string"):
            return False
        loose = _SPELT.get(wanted)
        return loose is None or not isinstance(found, str) or bool(loose.fullmatch(found))


def leniency(
    settings: Document, tolerances: Iterable[Tolerance] = (), *, spells: bool, ignores_unknown: bool
) -> Leniency:
    """Return the leniency of a media type with these `x-binder` settings."""
    pairs = (str(one).split("-from-") for one in settings.get("coerce", ()))
    read = {
        (wanted, {"grouped": "string", "xml": "string", "empty": "string"}.get(found, found))
        for wanted, found in pairs
    }
    return Leniency(
        settings.get("names") == "any-case",
        settings.get("null-texts") == "dropped",
        settings.get("null-structures") == "dropped",
        settings.get("blank-numbers") == "dropped",
        spells,
        ignores_unknown,
        frozenset(read),
        tuple(tolerances),
    )


def is_on_the_edge(value: Json, node: Document) -> bool:
    """Return whether a valid moment is beyond many calendars (year 1, an offset of 14 hours)."""
    if isinstance(value, list):
        return any(is_on_the_edge(child, node.get("items", {})) for child in value)
    if isinstance(value, dict):
        members = properties_of(node)
        return any(is_on_the_edge(child, members.get(name, {})) for name, child in value.items())
    return (
        isinstance(value, str)
        and str(node.get("format", "")).startswith("date")
        and bool(_EDGES.search(value))
    )


def _speaks_of(one: Tolerance, broken: SchemaProblem) -> bool:
    named = not one.member or (bool(broken.path) and broken.path[-1] == one.member)
    return one.keyword == broken.keyword and named


def _is_trimmed(broken: SchemaProblem) -> bool:
    """Return whether the text would keep the keyword without the white space round it."""
    found = broken.found
    if broken.keyword not in ("pattern", "format", "enum", "maxLength") or not isinstance(found, str):
        return False
    bare = found.strip()
    return bool(bare) and bare != found and _alone(broken).is_valid(bare)


def _alone(broken: SchemaProblem) -> OracleSchema:
    return compile_schema({broken.keyword: broken.expected})


def _folded(values: Iterable[Json]) -> set[str]:
    return {value.strip().casefold() for value in values if isinstance(value, str)}
