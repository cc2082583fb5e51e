from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine.reasons import describe_problem, describe_problems
from mockserver.model import Problem
from mockserver.vendor import FAULT_RULE


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("missing-required", ("data", "id"), rule="required"), "/data/id is missing"),
        (Problem("missing-required", ("query", "page"), rule="required"), "query parameter page is missing"),
        (Problem("missing-required", ("header", "x-tenant"), rule="required"), "header x-tenant is missing"),
        (Problem("unknown-member", (0, "foo"), "…", "additionalProperties"), "/0/foo is not expected"),
        (
            Problem("bad-format", (0, "dueDate"), "…", "format:date", "date", "x"),
            '/0/dueDate expected a date such as 2026-01-31, found "x"',
        ),
        (
            Problem("wrong-type", (0, "amount"), "…", "type", ["number", "null"], "x"),
            '/0/amount expected a number or null, found "x"',
        ),
        (
            Problem("wrong-type", (), "…", "type", ["array"], {"a": 1}),
            "the body expected a list, found an object",
        ),
        (
            Problem("not-in-list", ("kind",), "…", "enum", ["A", "B"], "C"),
            '/kind expected one of "A", "B", found "C"',
        ),
        (
            Problem("not-in-list", ("kind",), "…", "enum", list("ABCDEF"), "x"),
            '/kind expected one of "A", "B", "C", "D", "E", …, found "x"',
        ),
        (
            Problem("bad-format", ("no",), "…", "pattern", "^[0-9]+$", "x"),
            '/no expected text like ^[0-9]+$, found "x"',
        ),
        (
            Problem("bad-format", ("on",), "…", "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "x"),
            '/on expected a date such as 2026-01-31, found "x"',
        ),
        (
            Problem("bad-format", ("on",), "…", "pattern", "^[a-f]{10}[g-k]{10}[l-z]{10}$", "x"),
            '/on expected text of another form, found "x"',
        ),
        (
            Problem(
                "bad-format",
                ("path", "id"),
                "…",
                "pattern",
                "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
                "x",
            ),
            'path parameter id expected a UUID, found "x"',
        ),
        (
            Problem("bad-format", ("name",), "…", "pattern", "^[A-Za-z0-9][A-Za-z0-9-]{2,49}$", "x"),
            '/name expected text of another form, found "x"',
        ),
        (
            Problem("too-long", ("note",), "…", "maxLength", 3, "abcd"),
            "/note must have at most 3 characters, found 4",
        ),
        (Problem("too-few", ("rows",), "…", "minItems", 1), "/rows must have at least 1 members"),
        (Problem("out-of-range", ("n",), "…", "minimum", 0, -1), "/n must be at least 0, found -1"),
        (Problem("conflict", ("id",), "it is there"), "/id is refused: it is there"),
        (Problem("odd", ("id",)), "/id is refused (odd)"),
        (Problem("timeout", (), "too slow", FAULT_RULE), "the body: too slow"),
    ],
)
def test_a_problem_has_its_place_and_what_was_expected_and_found(problem: Problem, said: str) -> None:
    assert describe_problem(problem) == said


@pytest.mark.parametrize(
    "path",
    [("client_secret",), ("data", "password"), ("header", "x-api-key"), ("query", "access_token"), ("code",)],
)
@pytest.mark.parametrize(("rule", "expected"), [("enum", ["a"]), ("own", None), ("pattern", "^a$")])
def test_a_credential_is_not_shown(path: tuple[str, ...], rule: str, expected: Any) -> None:
    said = describe_problem(Problem("odd", path, "hunter22 is wrong", rule, expected, "hunter22"))

    assert "hunter22" not in said


def test_a_rule_whose_expectation_cannot_be_shown_is_told_in_its_own_words() -> None:
    """The validator expects of a `oneOf` a list of its errors, not of values."""
    problem = Problem("invalid", ("a",), "it fits none of the schemas", "oneOf", [object()], {"b": 1})

    assert describe_problem(problem) == "/a is refused: it fits none of the schemas"


def test_ten_thousand_problems_are_counted() -> None:
    problems = [Problem("missing-required", (at, "id"), rule="required") for at in range(10_000)]

    assert describe_problems(problems) == "/0/id is missing; /1/id is missing; and 9,998 more"


def test_a_long_value_is_cut() -> None:
    said = describe_problem(Problem("wrong-type", ("a",), "…", "type", ["integer"], "x" * 1_000_000))

    assert said == f'/a expected an integer, found "{"x" * 38}…'


def test_text_that_is_no_unicode_can_be_shown() -> None:
    problem = Problem("wrong-type", ("query", "a"), "…", "type", ["integer"], "\udcff")

    assert describe_problem(problem) == 'query parameter a expected an integer, found "\\\\udcff"'


def test_two_problems_are_said_and_the_others_counted() -> None:
    problems = [Problem("missing-required", (name,), rule="required") for name in "abcde"]

    assert describe_problems(problems) == "/a is missing; /b is missing; and 3 more"


def test_the_same_problem_twice_is_said_once() -> None:
    problem = Problem("missing-required", ("a",), rule="required")

    assert describe_problems([problem, problem]) == "/a is missing"
