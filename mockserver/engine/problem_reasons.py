"""Word the problems of a refused call: where each is, what was expected, and what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from mockserver.codec import json
from mockserver.codec.redaction import MASK, is_credential_header, is_credential_member, redact_body
from mockserver.model import Problem
from mockserver.vendor import FAULT_RULE

_SHOWN_PROBLEMS = 2
_SHOWN_VALUES = 5
_MAX_VALUE = 40
_PARAMETER_PLACES = ("path", "query", "header")
_MAX_PATTERN = 24
_UNNAMED_PATTERN = "text of another form"
_SAMPLES: Mapping[str, str] = {
    "2026-01-31": "a date such as 2026-01-31",
    "2026-01-31T09:00:00Z": "an instant such as 2026-01-31T09:00:00Z",
    "10.50": "an amount such as 10.50",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301": "a UUID",
}
"""Texts that long patterns are tried with, and what a pattern that matches expects.

A pattern that matches a text without its digits too takes more than that.
"""
_NO_DIGITS = str.maketrans(dict.fromkeys("0123456789", "z"))

_FORMATS: Mapping[str, str] = {
    "date": "a date such as 2026-01-31",
    "date-time": "an instant such as 2026-01-31T09:00:00Z",
    "uuid": "a UUID",
    "email": "an e-mail address",
}
_TYPES: Mapping[str, str] = {
    "array": "a list",
    "object": "an object",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "maxLength": ("at most", " characters"),
    "minLength": ("at least", " characters"),
    "maxItems": ("at most", " members"),
    "minItems": ("at least", " members"),
    "minimum": ("at least", ""),
    "maximum": ("at most", ""),
}
"""For a rule with a bound: which side it is on, and what is counted; "" if the value itself is bounded."""


def describe_problems(problems: Sequence[Problem]) -> str:
    """Return the first problems, then how many more there are: "/0/id is missing; and 3 more"."""
    different = {(one.path, one.code, one.rule): one for one in problems}
    told = [describe_problem(one) for one in islice(different.values(), _SHOWN_PROBLEMS)]
    more = len(different) - len(told)
    return "; ".join([*told, *([f"and {more:,} more"] if more > 0 else [])])


def describe_problem(problem: Problem) -> str:
    """Return one problem: its place, what was expected there, and what was found."""
    if problem.rule == FAULT_RULE:
        return f"{place_of(problem)}: {redact_body(problem.detail or problem.code)}"
    return f"{place_of(problem)} {_complaint(problem)}"


def place_of(problem: Problem) -> str:
    """Return where a problem is: a parameter, or a JSON Pointer into the body."""
    path = problem.path
    if len(path) > 1 and path[0] in _PARAMETER_PLACES:
        kind = "header" if path[0] == "header" else f"{path[0]} parameter"
        return f"{kind} {path[1]}"
    return problem.pointer or "the body"


def _complaint(problem: Problem) -> str:
    rule = problem.rule
    if rule == "required" or problem.code == "missing-required":
        return "is missing"
    if problem.code in ("unknown-member", "unknown-parameter"):
        return "is not expected"
    if rule in _BOUNDS and problem.expected is not None:
        return _bound_complaint(problem)
    expected = _expectation(problem)
    return f"expected {expected}, found {_shown(problem)}" if expected else _own_words(problem)


def _expectation(problem: Problem) -> str:
    """Return what the rule expects: a type, one of some values, a format; "" for any other rule."""
    rule, expected = problem.rule, problem.expected
    if rule.startswith("format:"):
        name = rule.partition(":")[2]
        return _FORMATS.get(name, f"the format {name}")
    if rule == "pattern" and isinstance(expected, str):
        return _pattern_in_words(expected)
    if not isinstance(expected, (list, tuple)):
        return ""
    if rule == "type":
        return " or ".join(_TYPES.get(str(kind), str(kind)) for kind in expected)
    if rule != "enum":
        return ""
    listed = ", ".join(json.encode(one).decode() for one in expected[:_SHOWN_VALUES])
    return f"one of {listed}{', …' if len(expected) > _SHOWN_VALUES else ''}"


def _pattern_in_words(pattern: str) -> str:
    """Return a short pattern itself; of a long one, what matches it."""
    if len(pattern) <= _MAX_PATTERN:
        return f"text like {pattern}"
    try:
        matches = re.compile(pattern).search
    except re.error:  # ECMA's dialect and Python's differ in rare cases
        return _UNNAMED_PATTERN
    fitting = (
        words for text, words in _SAMPLES.items() if matches(text) and not matches(text.translate(_NO_DIGITS))
    )
    return next(fitting, _UNNAMED_PATTERN)


def _own_words(problem: Problem) -> str:
    """Return what the problem says itself; nothing of it if its member holds a credential."""
    if is_secret(problem) or not problem.detail:
        return f"is refused ({problem.code})"
    return f"is refused: {redact_body(problem.detail)}"


def _bound_complaint(problem: Problem) -> str:
    (side, counted), found = _BOUNDS[problem.rule], problem.found
    wanted = f"must {'have' if counted else 'be'} {side} {problem.expected}{counted}"
    if not counted:
        return f"{wanted}, found {_shown(problem)}"
    return f"{wanted}, found {len(found):,}" if isinstance(found, (str, list, dict)) else wanted


def _shown(problem: Problem) -> str:
    """Return the value that was found, cut; a container by its kind, a credential not at all."""
    found = problem.found
    if isinstance(found, dict):
        return "an object"
    if isinstance(found, (list, tuple)):
        return "a list"
    if found is not None and is_secret(problem):
        return MASK
    if isinstance(found, str):
        found = found[: _MAX_VALUE + 1].encode("utf-8", "backslashreplace").decode()
    text = json.encode(found).decode()
    return text if len(text) <= _MAX_VALUE else f"{text[: _MAX_VALUE - 1]}…"


def is_secret(problem: Problem) -> bool:
    """Return whether the place of a problem holds a credential, by its name."""
    names = [str(step) for step in problem.path if not isinstance(step, int)]
    if not names:
        return False
    return is_credential_header(names[-1]) if names[0] == "header" else is_credential_member(names[-1])
