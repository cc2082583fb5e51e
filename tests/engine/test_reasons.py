from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.reasons import (
    MAX_REASON,
    ReasonWriter,
    describe_miss,
    describe_problem,
    describe_problems,
    one_line,
)
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import (
    Forbidden,
    HeadersTooLarge,
    InvalidCall,
    MalformedBody,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Refusal,
    Rejected,
    ServerRefusal,
    TooLarge,
    TooManyItems,
    TooManyRequests,
    UnsupportedMediaType,
)
from mockserver.model import Problem
from mockserver.sandbox.store import State, Tables
from mockserver.vendor import FAULT_RULE
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, loaded_vendor, store, transact

ACME = replace(CALL, mount="/acme")
MISSING = Problem("missing-required", ("orders",), "…", "required")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> LoadedVendor:
    return loaded_vendor(tmp_path_factory.mktemp("specs"))


def said(acme: LoadedVendor, refusal: Refusal, orders: int = 0, **changes: Any) -> str:
    directory = OperationDirectory({"acme": acme.spec})

    def work(state: State) -> str:
        for number in range(orders):
            state.collection("orders")[f"O{number}"] = {}
        writer = ReasonWriter(acme, directory)
        return writer.explain(refusal, replace(ACME, **changes), acme.spec.operations["putOrders"], state)

    return transact(store(), work)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (InvalidCall([MISSING]), "/orders is missing"),
        (Rejected(Problem("conflict", ("id",), "it is there")), "/id is refused: it is there"),
        (MalformedBody("a body is required"), "the body is empty; send application/json"),
        (MethodNotAllowed(("GET", "PUT")), "this path has no PUT; it has GET or PUT"),
        (
            UnsupportedMediaType("text/csv", ("application/json", "text/json")),
            "Content-Type: text/csv cannot be read; send application/json or text/json",
        ),
        (UnsupportedMediaType("", ("application/json",)), "no Content-Type; send application/json"),
        (
            UnsupportedMediaType("br", ("gzip", "deflate")),
            "Content-Encoding: br cannot be read; gzip or deflate can",
        ),
        (
            NotAcceptable("text/csv"),
            "Accept: text/csv names no media type that can be sent; application/json can",
        ),
        (TooLarge(10_000), "the body has more, at most 10,000 are allowed; send less, or raise --max-body"),
        (TooManyItems(10, 1_234), "1,234 items, at most 10 are allowed; send fewer, or raise --max-items"),
        (TooManyRequests("minute", 12), "the quota minute is used up; wait 12 s by the sandbox clock"),
        (TooManyRequests(), "a quota is used up"),
        (HeadersTooLarge("over 100 headers"), "over 100 headers"),
        (ServerRefusal(422, "key-reused", "the key was used"), "the key was used"),
        (NotFound("orders", "O9"), "no record O9 in orders, which is empty"),
        (Forbidden("tenant", hint="no X-Tenant header; send T1"), "no X-Tenant header; send T1"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Refusal) else "",
)
def test_every_refusal_says_what_is_wrong(acme: LoadedVendor, refusal: Refusal, reason: str) -> None:
    assert said(acme, refusal) == reason


def test_a_body_that_cannot_be_read_is_told_with_the_place(acme: LoadedVendor) -> None:
    found = said(acme, MalformedBody("the JSON cannot be read beyond byte 7", 7), body=b"{")

    assert found == "the body cannot be read as application/json: the JSON cannot be read beyond byte 7"


def test_the_size_of_a_body_is_told_where_the_call_says_it(acme: LoadedVendor) -> None:
    found = said(acme, TooLarge(10_000), headers={"content-length": "12000"})

    assert found.startswith("the body has 12,000 bytes, at most 10,000 are allowed")


def test_a_record_that_is_not_there_is_told_with_some_that_are(acme: LoadedVendor) -> None:
    assert (
        said(acme, NotFound("orders", "O9"), orders=5)
        == "no record O9 in orders, which has O0, O1, O2 and 2 more"
    )


def test_a_missing_tenant_header_is_told_with_a_tenant_of_the_fixtures(tmp_path: Path) -> None:
    made = {**sample_vendor.document(), "x-scope": [{"in": "header", "name": "X-Tenant"}]}
    fixtures: Tables = {"acme/": {}, "acme/T1": {}}
    acme = dataclasses.replace(loaded_vendor(tmp_path, made), fixtures=fixtures)

    found = said(acme, InvalidCall([Problem("missing-required", ("header", "X-Tenant"), "…", "required")]))

    assert found == 'header X-Tenant is missing; "X-Tenant: T1" works'


@pytest.mark.parametrize(
    ("path", "mount", "vendor", "reason"),
    [
        ("/order", "/acme", "acme", "no such operation; nearest is PUT /acme/orders"),
        (
            "/order",
            "/sandboxes/a/acme",
            "acme",
            "no such operation; nearest is PUT /sandboxes/a/acme/orders",
        ),
        ("", "/acme", "acme", "no such operation; all are listed at /acme/ui/"),
        (
            "/x",
            "/acme",
            "acme",
            "no such operation; all are listed at /acme/ui/",
        ),
        ("/orders", "", "", "no such operation; nearest is PUT /acme/orders"),
        ("/x", "", "", "no such operation; all are listed at /_mock/vendors"),
    ],
)
def test_a_miss_is_told_with_the_nearest_operation(
    acme: LoadedVendor, path: str, mount: str, vendor: str, reason: str
) -> None:
    call = replace(CALL, path=path, mount=mount, vendor=vendor)

    assert describe_miss(OperationDirectory({"acme": acme.spec}), call) == reason


def test_a_call_that_is_refused_before_it_misses_is_told_both(acme: LoadedVendor) -> None:
    writer = ReasonWriter(acme, OperationDirectory({"acme": acme.spec}))
    call = replace(ACME, path="/order")
    refusal = Forbidden("gateway", hint="no X-Key header")

    found = transact(store(), lambda state: writer.explain(refusal, call, None, state))

    assert found == "no X-Key header; also no such operation; nearest is PUT /acme/orders"


@pytest.mark.parametrize(
    "refusal", [MethodNotAllowed(("GET", "PUT")), NotFound("path"), Forbidden("gateway")]
)
@pytest.mark.parametrize(
    ("origin", "option"),
    [("http://localhost:3000", "http://localhost:3000"), ("null", "null"), ("a; b", "ORIGIN")],
)
def test_a_preflight_is_told_the_option_that_answers_it(
    acme: LoadedVendor, refusal: Refusal, origin: str, option: str
) -> None:
    headers = {"origin": origin, "access-control-request-method": "PUT"}

    found = said(acme, refusal, method="OPTIONS", headers=headers)

    assert found == f"start with --cors {option} to let pages of that origin call"


def test_a_miss_of_the_vendor_at_the_root_names_paths_at_the_root(acme: LoadedVendor) -> None:
    directory = OperationDirectory({"acme": acme.spec}, "acme")

    found = describe_miss(directory, replace(CALL, path="/order", mount=""))

    assert found == "no such operation; nearest is PUT /orders"


def test_a_reason_is_one_line() -> None:
    assert one_line("a\r\nSet-Cookie: b\tc \x00\udcff") == "a Set-Cookie: b c \\x00\\udcff"


def test_a_long_reason_is_cut() -> None:
    assert one_line("x" * 1000) == "x" * (MAX_REASON - 1) + "…"


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


def test_a_call_without_a_body_is_refused_as_a_call() -> None:
    problem = Problem("locked", (), "the record is locked")

    assert describe_problem(problem, "the call") == "the call is refused: the record is locked"
