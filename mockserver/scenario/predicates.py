"""Predicates over JSON documents: a path in a JSONPath subset, and one test of the value at the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from mockserver.codec.json import MAX_EXPONENT, NUMBER_PATTERN, parse_decimal
from mockserver.model import Document, Json
from mockserver.scenario.model import WILDCARD, Predicate
from mockserver.spec.patterns import ForeignPattern, count_pieces, foreign_pattern

PredicatePath: TypeAlias = tuple[str | int, ...]

MAX_PATH = 200
MAX_PATTERN = 200
MAX_PIECES = 1_000
"""Maximum number of pieces of a pattern, counted with its repetitions written out: `a{3}b` has 4."""

_STEP = re.compile(
    r"""
      \.(?P<name>[^\W\d][\w]*)
    | \[(?P<index>0|[1-9][0-9]{0,8})\]
    | \[(?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\]
    | (?P<every>\[\*\]|\.\*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ABSENT = object()

_OPERAND_TYPES = {
    "contains": "a text",
    "matches": "a text",
    "exists": "true or false",
    "gt": "a number",
    "lt": "a number",
    "in": "a list",
}


class InvalidPredicateError(ValueError):
    """A predicate is invalid. `part` names the wrong member; "" means the whole predicate."""

    def __init__(self, part: str, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.part = part
        self.detail = detail
        self.hint = hint


def compile_pattern(text: str) -> ForeignPattern:
    """Compile a pattern that has no look-around and no back-references. Raises InvalidPredicateError."""
    if len(text) > MAX_PATTERN:
        raise InvalidPredicateError(
            "matches",
            f"a pattern of {len(text):,} characters, at most {MAX_PATTERN} are read",
            "test for a part of it, or use contains",
        )
    pieces = count_pieces(text)
    if pieces > MAX_PIECES:
        raise InvalidPredicateError(
            "matches",
            f"a pattern of {pieces:,} pieces, repetitions written out; at most {MAX_PIECES:,} are read",
            "keep repetitions small",
        )
    pattern = foreign_pattern(text)
    if pattern is None or pattern.backtracks:
        raise InvalidPredicateError(
            "matches",
            f'the pattern "{text}" cannot be compiled',
            "close its brackets, keep repetitions small; there is no look-around and no back-reference",
        )
    return pattern


def parse_path(path: str, *, every: bool = False) -> PredicatePath:
    """Return the steps of a JSONPath: names and indexes. If `every`, `[*]` and `.*` give the step "*".

    Raises InvalidPredicateError.
    """
    if len(path) > MAX_PATH:
        raise InvalidPredicateError(
            "path", f"a path of {len(path):,} characters, at most {MAX_PATH} are read", "shorten it"
        )
    if not path.startswith("$"):
        raise InvalidPredicateError(
            "path", f'the path "{path}" does not begin with $', f"write {_suggest_path(path)}"
        )
    return tuple(_parse_steps(path, every=every))


def _suggest_path(path: str) -> str:
    if path.startswith("/"):
        return "$" + "".join(
            f"[{step}]" if step.isdecimal() else f"['{step}']" for step in path.split("/")[1:]
        )
    return f"${path}" if path.startswith(("[", ".")) else f"$.{path}"


def _parse_steps(path: str, *, every: bool) -> Iterator[str | int]:
    place = 1
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None or (step["every"] and not every):
            raise InvalidPredicateError(
                "path",
                f'the path "{path}" cannot be read from character {place + 1}: "{path[place:]}"',
                "use names and indexes only: $.a, $['a b'], $.list[0]" + (", $.list[*]" if every else ""),
            )
        place = step.end()
        if step["every"]:
            yield WILDCARD
        elif step["index"] is not None:
            yield int(step["index"])
        elif step["name"] is not None:
            yield step["name"]
        else:
            yield _ESCAPE.sub(r"\1", step["quoted"])


def parse_predicate(document: Document) -> Predicate:
    """Parse `{path, <test>: <value>}` and compile the pattern of `matches`. Raises InvalidPredicateError."""
    tests = [name for name in document if name != "path"]
    unknown = [name for name in tests if name not in TESTS]
    if unknown or len(tests) != 1 or "path" not in document:
        raise InvalidPredicateError(
            unknown[0] if unknown else "",
            f'unknown test "{unknown[0]}"' if unknown else "a predicate is a path and one test",
            f"write path and one of {', '.join(TESTS)}",
        )
    path, test, value = document["path"], tests[0], document[tests[0]]
    if not isinstance(path, str):
        raise InvalidPredicateError("path", "a path is a text", "write one such as $.a.b[0]")
    if not _is_operand(test, value):
        raise InvalidPredicateError(
            test, f"{test} compares with {_OPERAND_TYPES[test]}", f"give it {_OPERAND_TYPES[test]}"
        )
    return Predicate(parse_path(path), test, compile_pattern(value) if test == "matches" else value)


def _is_operand(test: str, value: Json) -> bool:
    if test in ("contains", "matches"):
        return isinstance(value, str)
    if test in ("gt", "lt"):
        return _is_number(value)
    return test == "equals" or isinstance(value, list if test == "in" else bool)


def holds(predicate: Predicate, document: Json) -> bool:
    """Return whether the document passes; an absent value passes only `exists: false`."""
    found = _value_at(document, predicate.path)
    if predicate.test == "exists":
        return (found is not _ABSENT) is predicate.value
    return found is not _ABSENT and _TEST_FUNCTIONS[predicate.test](found, predicate.value)


def json_equal(one: Json, other: Json) -> bool:
    """Return whether two JSON values are equal: numbers by value, and a Boolean equals no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(json_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            json_equal(value, other[name]) for name, value in one.items()
        )
    return bool(one == other)


def _value_at(document: Json, path: PredicatePath) -> Json:
    for step in path:
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return _ABSENT
        elif not isinstance(document, dict) or step not in document:
            return _ABSENT
        document = document[step]
    return document


def _contains(found: Json, part: str) -> bool:
    if isinstance(found, str):
        return part in found
    return isinstance(found, list) and any(json_equal(one, part) for one in found)


def _compare(found: Json, wanted: Json) -> int:
    """Return the sign of `found` minus `wanted`; 0 if `found` is no number."""
    number = _number_of(found)
    return 0 if number is None else (number > wanted) - (number < wanted)


def _number_of(found: Json) -> Json:
    """Return `found` if it is a number, or the number that a text has (amounts are often texts), or None."""
    if isinstance(found, str) and len(found) <= MAX_EXPONENT and NUMBER_PATTERN.fullmatch(found):
        try:
            return parse_decimal(found.strip())
        except ValueError:
            return None
    return found if _is_number(found) else None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


_TEST_FUNCTIONS: Mapping[str, Callable[[Json, Json], bool]] = {
    "equals": json_equal,
    "contains": _contains,
    "matches": lambda found, pattern: isinstance(found, str) and pattern.search(found) is True,
    "gt": lambda found, limit: _compare(found, limit) > 0,
    "lt": lambda found, limit: _compare(found, limit) < 0,
    "in": lambda found, values: any(json_equal(found, one) for one in values),
}
TESTS = (*_TEST_FUNCTIONS, "exists")
"""Names of the tests of a value in the scenario language."""
