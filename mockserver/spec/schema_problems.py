"""Problems that the validator finds in a document, in our words, and limits that keep them quick to find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from mockserver.model import Json, Path, Problem
from mockserver.spec.patterns import error_within_limit, is_cut

_CONTAINERS = frozenset({dict, list})
_PROBLEM_CODES = {
    "required": "missing-required",
    "type": "wrong-type",
    "enum": "not-in-list",
    "format": "bad-format",
    "pattern": "bad-format",
    "maxLength": "too-long",
    "minLength": "too-short",
    "maxItems": "too-many",
    "minItems": "too-few",
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), "out-of-range"),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), "out-of-range"),
    "minProperties": "too-few",
    "maxProperties": "too-many",
    "const": "not-in-list",
    "additionalProperties": "unknown-member",
}

_OTHER_KIND = frozenset({"type", "enum", "const"})
"""Rules that a value of another variant breaks."""

_MOST_OF_BRANCH = 3

MAX_VALUES = 5_000
"""Maximum number of values in a document whose problems are all listed.

Of a larger document, only the first problem is listed: a problem takes 16 µs that nothing can interrupt.
"""

MAX_MEMBERS = 25_000
"""Maximum number of members of each object in an invalid document with more than `MAX_VALUES` values.

To report a problem of an object, the library copies the object, which takes 2 µs for each member.
"""


def problems_found(validator: jsonschema_rs.Draft4Validator, value: Json, base: Path) -> list[Problem]:
    return [problem for error in validator.iter_errors(value) for problem in problems_of(error, value, base)]


def first_problem(validator: jsonschema_rs.Draft4Validator, value: Json, base: Path) -> list[Problem]:
    if validator.is_valid(value):
        return []
    if (wide := _find_wide_object(value, base)) is not None:
        return [wide]
    # An error has the text of the wrong value. Of a million numbers, the library makes the text in 200 ms,
    # and no other thread runs meanwhile. A wrong type is found without the contents of long lists as well.
    for part in (_shortened(value), value):
        try:
            validator.validate(part)
        except jsonschema_rs.ValidationError as error:
            if part is value or error.kind.name == "type":
                return list(problems_of(error, value, base))[:1]
    return []


def _shortened(value: Json) -> Json:
    """Return the value with the first item alone of each list of more than `MAX_VALUES` items."""
    if isinstance(value, dict):
        return {name: _shortened(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_shortened(child) for child in (value[:1] if len(value) > MAX_VALUES else value)]
    return value


def _find_wide_object(value: Json, base: Path) -> Problem | None:
    ahead = [(base, value)]
    for path, here in ahead:
        if isinstance(here, dict) and len(here) > MAX_MEMBERS:
            detail = f"{len(here):,} members, at most {MAX_MEMBERS:,} are looked at"
            return Problem("too-many", path, detail, "maxItems", MAX_MEMBERS, here)
        steps = here.items() if isinstance(here, dict) else enumerate(here)
        ahead += [((*path, step), child) for step, child in steps if isinstance(child, (dict, list))]
    return None


def has_many_values(value: Json, unread: Json) -> bool:
    ahead, count = [value], 0
    while ahead and count <= MAX_VALUES:
        here = ahead.pop()
        if type(here) is dict or (type(here) is list and here is not unread):
            count += len(here)
            inner = here.values() if type(here) is dict else here
            if not _CONTAINERS.isdisjoint(map(type, inner)):
                ahead += [child for child in inner if type(child) in _CONTAINERS]
    return count > MAX_VALUES


def problems_of(error: jsonschema_rs.ValidationError, value: Json, base: Path) -> Sequence[Problem]:
    if is_cut(error):
        return ()
    broken = error_within_limit(error)
    kind: Any = broken.kind
    rule: str = kind.name
    code = _PROBLEM_CODES.get(rule, "invalid")
    at, found = locate_instance(error, value)
    if rule == "additionalProperties":
        unexpected = set(kind.unexpected)  # the library makes the list anew each time
        return [
            Problem(code, (*base, *at, name), f'"{name}" is not expected', rule, found=inside)
            for name, inside in found.items()
            if name in unexpected
        ]
    if rule == "required":
        return (Problem(code, (*base, *at, kind.property), error.message, rule),)
    if rule in ("anyOf", "oneOf") and (nearest := _nearest_branch(kind.context)):
        detail = f"{error.message}; the nearest of them: {'; '.join(one.message for one in nearest)}"
        return (Problem(code, (*base, *at), detail, rule, found=found),)
    expected = kind.types if rule == "type" else kind.value
    rule = f"format:{kind.format}" if rule == "format" else rule
    return (Problem(code, (*base, *at), broken.message, rule, expected, found),)


def _nearest_branch(branches: Sequence[Sequence[jsonschema_rs.ValidationError]]) -> Sequence[Any]:
    """Return the errors of the branch of a union that the value breaks least; [] if it fits several."""

    def distance(errors: Sequence[Any]) -> tuple[int, int]:
        return sum(one.kind.name in _OTHER_KIND for one in errors), len(errors)

    return min(branches, key=distance, default=())[:_MOST_OF_BRANCH]


def locate_instance(error: jsonschema_rs.ValidationError, value: Json) -> tuple[Path, Json]:
    """Return path and value of the invalid part of `value`.

    jsonschema-rs reports names of members that look like a number ("6", "06", "+6") as numbers, and leaves
    out the name "".
    """
    path: list[str | int] = []
    for given in error.instance_path:
        while isinstance(value, dict) and not _has_member(value, given) and "" in value:
            path.append("")
            value = value[""]
        step = _name_of(given, value) if isinstance(given, int) and isinstance(value, dict) else given
        path.append(step)
        value = value[step]
    return tuple(path), value


def _has_member(members: Mapping[str, Json], given: str | int) -> bool:
    return given in members if isinstance(given, str) else next(_names_of(given, members), None) is not None


def _name_of(number: int, members: Mapping[str, Json]) -> str:
    return str(number) if str(number) in members else next(_names_of(number, members))


def _names_of(number: int, members: Mapping[str, Json]) -> Iterator[str]:
    """Yield the names of members that look like the number."""
    digits = ((name, name.removeprefix("+")) for name in members if name.isascii())
    return (name for name, text in digits if text.isdecimal() and (text.lstrip("0") or "0") == str(number))
