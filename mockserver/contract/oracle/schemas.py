"""Validation of values against schemas, and the leniency of vendors in reading values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Context, Decimal, localcontext
from functools import cache, cached_property
from typing import Any, TypeAlias

import jsonschema_rs
from jsonschema.exceptions import ValidationError
from jsonschema.validators import Draft4Validator, extend
from openapi_schema_validator import OAS30Validator

from mockserver.contract.oracle.decoding import PARTS, parts_of, properties_of
from mockserver.contract.profile import Tolerance
from mockserver.errors import SpecError
from mockserver.model import Document, Json, Path, Value
from mockserver.spec.openapi import resolve

_WIDE = Context(prec=800)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_LIMITS = (
    (jsonschema_rs.RegexOptions(), 100_000),
    (jsonschema_rs.FancyRegexOptions(backtrack_limit=10_000), 2_000),
)
"""Engines for patterns, the one without steps back first, each with the maximum length of a text."""

Errors: TypeAlias = Iterator[ValidationError]
Test: TypeAlias = Callable[[Json], bool]

_WIDTHS = {"int32": 2**31, "int64": 2**63}
_PLAIN = Draft4Validator.VALIDATORS
_UNCHECKED = (None, OAS30Validator.VALIDATORS["example"])
"""What the engine has for keywords that say nothing of a value's validity."""

_COMBINED: Mapping[str, Callable[[Iterable[bool]], bool]] = {
    "allOf": all,
    "anyOf": any,
    "oneOf": lambda accepted: sum(accepted) == 1,
    "not": lambda accepted: not any(accepted),
}
"""By keyword, whether a value is valid; the argument tells of each schema whether it accepts the value."""

_CLASSES = {"string": str, "number": Decimal, "integer": int, "boolean": bool, "array": list, "object": dict}
"""A class of values that are always of the type."""

_NUMBERISH = re.compile(r"\s*[+-]?[\d.,\s]*\d[\d.,\s]*(?:[eE][+-]?\d+)?\s*", re.ASCII)
_TRUTHISH = re.compile(r"\s*(?:true|false|yes|no|on|off|[01])?\s*", re.IGNORECASE)
_DATISH = re.compile(
    r"(?=.*\d)(?:[\d\s:.,+\-/()]|[TZWtz]|date|am|pm|gmt|utc|mon|tue|wed|thu|fri|sat|sun"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+",
    re.IGNORECASE | re.ASCII,
)
_IDISH = re.compile(r"\s*[({]?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}[)}]?\s*", re.IGNORECASE)
_LOOSE_FORMATS = {"date": _DATISH, "date-time": _DATISH, "uuid": _IDISH}
_EDGES = re.compile(r"(?:0001|9999)-|:60|[+-](?:1[4-9]|2[0-3]):?[0-9]{2}$")
_SPELT = {"integer": _NUMBERISH, "number": _NUMBERISH, "boolean": _TRUTHISH}
_STRUCTURES = ("array", "object")
_NUMBERS = ("integer", "number")
_TEXTUAL = ("grouped", "xml", "empty")
_KINDS = ((bool, "boolean"), (int, "number"), (Decimal, "number"), (str, "string"))
_OF_PARTS = ("anyOf", "oneOf", "not", "allOf")


class SchemaProblem(Value, frozen=True):
    """A keyword of a schema that a value breaks."""

    keyword: str
    path: Path
    """Place of the value. If a member is missing or superfluous, the last step is its name."""
    expected: Json
    """The keyword's value in the schema."""
    found: Json
    """The value, None if it is missing."""
    schema: Document


class OracleSchema(Value, frozen=True):
    """A compiled schema."""

    node: Document
    """The schema without references."""
    engine: Any
    accepts: Test

    def broken(self, value: Json) -> tuple[SchemaProblem, ...]:
        with localcontext(_WIDE):
            if self.accepts(value):
                return ()
            return tuple(
                SchemaProblem(
                    str(error.validator),
                    tuple(error.absolute_path),
                    error.validator_value,
                    error.instance,
                    error.schema,
                )
                for error in self.engine.iter_errors(value)
            )

    def is_valid(self, value: Json) -> bool:
        return not self.broken(value)


def compile_schema(node: Document) -> OracleSchema:
    engine = _Engine(node)
    return OracleSchema(node, engine, _test_of(engine, node))


def _unfolded(document: Document, name: str, node: Json, known: dict[str, dict[str, Json]]) -> Any:
    """Unfold a member; an extension of another program stays as it is if it cannot be unfolded."""
    try:
        return unfold(document, node, known)
    except SpecError:
        if not name.startswith("x-"):
            raise
        return node


def unfold(document: Document, node: Json, known: dict[str, dict[str, Json]] | None = None) -> Any:
    """Replace every `$ref` in `node` with its target; recursive schemas become recursive objects."""
    known = {} if known is None else known
    if isinstance(node, list):
        return [unfold(document, child, known) for child in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return {name: _unfolded(document, name, child, known) for name, child in node.items()}
    if reference not in known:
        here = known.setdefault(reference, {})
        here.update(unfold(document, resolve(document, {"$ref": reference}), known))
    beside = {name: value for name, value in node.items() if name.startswith("x-")}
    return {**known[reference], **beside} if beside else known[reference]


def without_member(node: Document, pointer: Path) -> Document:
    """Return the schema without constraints on the items of the list or map at `pointer`."""
    if not pointer:
        return {name: value for name, value in node.items() if name not in ("items", "additionalProperties")}
    properties = node.get("properties", {})
    inner = without_member(properties.get(pointer[0], {}), pointer[1:])
    return {**node, "properties": {**properties, pointer[0]: inner}}


@cache
def _matcher(pattern: str) -> tuple[jsonschema_rs.Draft202012Validator, int] | None:
    """Return a validator of texts and the maximum length of a text; None if the pattern cannot be read."""
    for options, longest in _LIMITS:
        with suppress(jsonschema_rs.ValidationError, ValueError):
            return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options), longest
    return None


def is_match(pattern: str, text: str) -> bool | None:
    """Return whether the pattern, with its meaning in ECMA 262, is found; None if this cannot be judged."""
    matcher = _matcher(pattern)
    if matcher is None or len(text) > matcher[1]:
        return None
    error = next(matcher[0].iter_errors(text), None)
    if error is not None and isinstance(error.kind, jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded):
        return None
    return error is None


def is_day(text: str) -> bool:
    """Return whether the text is a date of RFC 3339 that exists in the calendar."""
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    match = _MOMENT.fullmatch(text)
    return bool(match and is_day(match[1]))


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "date": is_day,
    "date-time": _is_moment,
}


def _type(engine: Any, wanted: str, value: Json, node: Document) -> Errors:
    if value is None and node.get("nullable") is True:
        return
    if not engine.is_type(value, wanted):
        yield ValidationError("type")


def _required(engine: Any, names: list[str], value: Json, node: Document) -> Errors:
    if engine.is_type(value, "object"):
        for name in names:
            member = node.get("properties", {}).get(name, {})
            if name not in value and not (member.get("readOnly") or member.get("writeOnly")):
                yield ValidationError("required", path=(name,), instance=None)


def _additional(engine: Any, others: Any, value: Json, node: Document) -> Errors:
    if not engine.is_type(value, "object") or others is True:
        return
    for name in value:
        if name in node.get("properties", {}):
            continue
        if others is False:
            yield ValidationError("additionalProperties", path=(name,), instance=value[name])
        else:
            yield from engine.descend(value[name], others, path=name)


def _pattern(engine: Any, pattern: str, value: Json, _node: Document) -> Errors:
    if engine.is_type(value, "string") and is_match(pattern, value) is False:
        yield ValidationError("pattern")


def _format(_engine: Any, name: str, value: Json, _node: Document) -> Errors:
    width = _WIDTHS.get(name)
    if width is not None and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        if not -width <= value < width:
            yield ValidationError("format")
    elif isinstance(value, str) and name in _FORMATS and not _FORMATS[name](value):
        yield ValidationError("format")


def _one_of(engine: Any, parts: list[Document], value: Json, node: Document) -> Errors:
    """Check a value against `oneOf`. If there is a discriminator, several parts may accept the value."""
    yield from _PLAIN["anyOf" if "discriminator" in node else "oneOf"](engine, parts, value, node)


_Engine = extend(
    OAS30Validator,
    {
        # The library's functions for these keywords look for references, which are already replaced.
        "allOf": _PLAIN["allOf"],
        "anyOf": _PLAIN["anyOf"],
        "oneOf": _one_of,
        "type": _type,
        "required": _required,
        "additionalProperties": _additional,
        "pattern": _pattern,
        "format": _format,
    },
)


def _test_of(engine: Any, node: Any) -> Test:
    """Return the test whether a value is valid.

    This is faster than the library, which builds an engine for each member to report places of problems.
    The tests of the keywords are made for the first value, because a schema may be recursive.
    """
    tests: list[Test] | None = [lambda _value: node] if isinstance(node, bool) else None

    def accepts(value: Json) -> bool:
        nonlocal tests
        if tests is None:
            checked = (one for one in node if engine.VALIDATORS.get(one) not in _UNCHECKED)
            tests = [_keyword_test(engine, one, node) for one in checked]
        for test in tests:  # noqa: SIM110 - `all` of a generator takes twice as long
            if not test(value):
                return False
        return True

    return accepts


def _keyword_test(engine: Any, keyword: str, node: Document) -> Test:
    wanted = node[keyword]
    if keyword == "properties":
        members = {name: _test_of(engine, member) for name, member in wanted.items()}

        def each(value: Json) -> bool:
            if isinstance(value, dict):
                for name, member in value.items():
                    if name in members and not members[name](member):
                        return False
            return True

        return each
    if keyword == "items":
        item = _test_of(engine, wanted)
        return lambda value: not isinstance(value, list) or all(map(item, value))
    if keyword in _COMBINED:
        parts = [_test_of(engine, part) for part in ([wanted] if keyword == "not" else wanted)]
        combined = _COMBINED["anyOf" if keyword == "oneOf" and "discriminator" in node else keyword]
        return lambda value: combined(part(value) for part in parts)
    check, usual = engine.VALIDATORS[keyword], _CLASSES.get(wanted) if keyword == "type" else None
    texts = frozenset(one for one in wanted if isinstance(one, str)) if keyword == "enum" else ()
    return lambda value: (
        type(value) is usual
        or (type(value) is str and value in texts)
        or next(iter(check(engine, wanted, value, node) or ()), None) is None
    )


class StatedMembers:
    """Members that unfolded schemas name, gathered for the first value, because a schema may be recursive."""

    def __init__(self, *nodes: Document) -> None:
        self._nodes = nodes

    @cached_property
    def _gathered(self) -> tuple[Mapping[str, StatedMembers], StatedMembers | None, StatedMembers, bool]:
        """Members by name, members of any other name, elements of a list, and whether any name may come."""
        parts = [part for node in self._nodes for part in parts_of(node)]
        named: dict[str, list[Document]] = {}
        for name, member in (pair for part in parts for pair in part.get("properties", {}).items()):
            named.setdefault(name, []).append(member)
        others = [one for part in parts if isinstance(one := part.get("additionalProperties"), dict)]
        return (
            {name: StatedMembers(*nodes) for name, nodes in named.items()},
            StatedMembers(*others) if others else None,
            StatedMembers(*(part["items"] for part in parts if "items" in part)),
            any(map(_is_free, parts)) or not any("properties" in part for part in parts),
        )

    def first_undeclared(self, value: Json) -> Path | None:
        """Return the path of the first outermost member that no schema names, None if there is none.

        An object may have any members if its schemas name none.
        """
        if not isinstance(value, dict | list):
            return None
        named, other, element, is_open = self._gathered
        steps: Iterable[tuple[Any, Json]] = value.items() if isinstance(value, dict) else enumerate(value)
        for step, child in steps:
            known = named.get(step, other) if isinstance(value, dict) else element
            if known is None and not is_open:
                return (step,)
            if known is not None and (below := known.first_undeclared(child)):
                return (step, *below)
        return None


def _is_free(part: Document) -> bool:
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    return part.get("type") == "object" and not any(
        word in part for word in ("properties", "required", *PARTS)
    )


class Leniency(Value, frozen=True):
    """Leniency in reading a body, from `x-binder` and the vendor's profile."""

    any_case: bool = False
    """Whether member names match in any letter case."""
    dropped: frozenset[str] = frozenset()
    """Values that count as a missing member: `null-texts`, `null-structures`, `blank-numbers`."""
    spells: bool = False
    """Whether every value is a text, as in a form or XML."""
    ignores_unknown: bool = False
    """Whether the caller asked to ignore unknown members."""
    coerces: frozenset[tuple[str, str]] = frozenset()
    """Pairs of an expected type and a received type that is read as the expected type."""
    tolerances: tuple[Tolerance, ...] = ()

    def may_pass(self, broken: SchemaProblem) -> bool:
        return (
            any(tolerance.passes and _speaks_of(tolerance, broken) for tolerance in self.tolerances)
            or self._of_keyword(broken)
            or _is_trimmed(broken)
        )

    def may_stay_alone(self, broken: SchemaProblem) -> bool:
        """Return whether a tolerance allows that only the problem's item is rejected, not the whole call."""
        return any(_speaks_of(tolerance, broken) for tolerance in self.tolerances)

    def is_renamed(self, value: Json, node: Document) -> bool:
        """Return whether `any_case` is on and a member name differs from the schema in letter case only."""
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
            return "null-texts" in self.dropped
        is_member = bool(broken.path) and isinstance(broken.path[-1], str)
        return "null-structures" in self.dropped and broken.expected in _STRUCTURES and is_member

    def _of_format(self, name: str, found: str) -> bool:
        loose = _LOOSE_FORMATS.get(name)
        empty = not found and (self.spells or ("null", "string") in self.coerces)
        return empty or bool(loose and loose.fullmatch(found))

    def _of_list(self, known: Iterable[Json], found: Json, node: Document) -> bool:
        if found is None:
            return "null-texts" in self.dropped or bool(node.get("nullable"))
        return isinstance(found, str) and found.casefold() in {
            value.strip().casefold() for value in known if isinstance(value, str)
        }

    def _of_type(self, wanted: str, found: Json, node: Document) -> bool:
        is_blank = isinstance(found, str) and not found.strip()
        if is_blank and wanted in _NUMBERS and "blank-numbers" in self.dropped:
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
    pairs = (str(one).split("-from-") for one in settings.get("coerce", ()))
    read = ((wanted, "string" if found in _TEXTUAL else found) for wanted, found in pairs)
    return Leniency(
        settings.get("names") == "any-case",
        frozenset(name for name, value in settings.items() if value == "dropped"),
        spells,
        ignores_unknown,
        frozenset(read),
        tuple(tolerances),
    )


def is_on_the_edge(value: Json, node: Document) -> bool:
    """Return whether a value holds a date that many calendars cannot hold (year 1, an offset of 14 hours).

    A text whose `pattern` cannot be judged counts, too.
    """
    if isinstance(value, list):
        return any(is_on_the_edge(child, node.get("items", {})) for child in value)
    if isinstance(value, dict):
        members = properties_of(node)
        return any(is_on_the_edge(child, members.get(name, {})) for name, child in value.items())
    if not isinstance(value, str):
        return False
    if "pattern" in node and is_match(node["pattern"], value) is None:
        return True
    return str(node.get("format", "")).startswith("date") and bool(_EDGES.search(value))


def _speaks_of(one: Tolerance, broken: SchemaProblem) -> bool:
    named = not one.member or (bool(broken.path) and broken.path[-1] == one.member)
    return one.keyword == broken.keyword and named


def _is_trimmed(broken: SchemaProblem) -> bool:
    """Return whether the text would fit the broken keyword without its surrounding white space."""
    found = broken.found
    if broken.keyword not in ("pattern", "format", "enum", "maxLength") or not isinstance(found, str):
        return False
    bare = found.strip()
    return bool(bare) and bare != found and compile_schema({broken.keyword: broken.expected}).is_valid(bare)
