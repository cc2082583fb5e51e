from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.model import Json, Problem
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, loaded_vendor

QUERY: list[dict[str, Any]] = [
    {"name": "Page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    {"name": "rate", "in": "query", "schema": {"type": "number"}},
    {"name": "all", "in": "query", "schema": {"type": "boolean"}},
    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "counts", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
    {
        "name": "codes",
        "in": "query",
        "explode": False,
        "schema": {"type": "array", "items": {"type": "string"}},
    },
    {"name": "day", "in": "query", "schema": {"type": "string", "format": "date"}},
]


def read(folder: Path, query: str, *, any_case: bool = False) -> tuple[dict[str, Json], list[Problem]]:
    made = sample_vendor.changed_document("/paths/~1orders/get/parameters", QUERY)
    made["x-query"] = "any-case" if any_case else "exact"
    return loaded_vendor(folder, made).plans["listOrders"].parameters.read(replace(CALL, query=query), {})


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("Page=2", {"Page": 2}),
        ("Page=%2B2", {"Page": 2}),
        ("Page=1&Page=3", {"Page": 3}),
        ("rate=1.50", {"rate": Decimal("1.50")}),
        ("rate=1e2", {"rate": Decimal("1e2")}),
        ("all=true", {"all": True}),
        ("all=False", {"all": False}),
        ("ids=a&ids=b", {"ids": ["a", "b"]}),
        ("ids=a,b", {"ids": ["a,b"]}),
        ("counts=1&counts=2", {"counts": [1, 2]}),
        ("codes=a,b", {"codes": ["a", "b"]}),
        ("codes=", {"codes": []}),
        ("codes=a&codes=&codes=b,c", {"codes": ["a", "b", "c"]}),
        ("day=2026-01-05", {"day": "2026-01-05"}),
        ("day=%32026-01-05", {"day": "2026-01-05"}),
    ],
)
def test_a_query_is_read_to_its_declared_types(tmp_path: Path, query: str, values: dict[str, Json]) -> None:
    assert read(tmp_path, query) == (values, [])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("Page=0", "out-of-range"),
        ("Page=two", "wrong-type"),
        ("Page=", "wrong-type"),
        ("Page=1.0", "wrong-type"),
        ("Page=1_0", "wrong-type"),
        ("Page=%D9%A1", "wrong-type"),
        ("Page=" + "9" * 5000, "wrong-type"),
        ("rate=NaN", "wrong-type"),
        ("rate=Infinity", "wrong-type"),
        ("rate=1e99999", "wrong-type"),
        ("rate=1e309", "wrong-type"),
        ("rate=" + "9" * 5000, "wrong-type"),
        ("all=yes", "wrong-type"),
        ("counts=1&counts=x", "wrong-type"),
        ("day=tomorrow", "bad-format"),
        ("day=%ff", "bad-format"),
        ("page=2", "unknown-parameter"),
        ("%ff=2", "unknown-parameter"),
    ],
)
def test_a_query_that_cannot_be_read_is_a_problem(tmp_path: Path, query: str, code: str) -> None:
    assert [problem.code for problem in read(tmp_path, query)[1]] == [code]


def test_a_problem_points_at_the_parameter(tmp_path: Path) -> None:
    assert [problem.path for problem in read(tmp_path, "Page=0&day=x")[1]] == [
        ("query", "Page"),
        ("query", "day"),
    ]


def test_a_value_that_breaks_its_schema_stays_text(tmp_path: Path) -> None:
    assert read(tmp_path, "Page=0")[0] == {"Page": "0"}


def test_any_case_of_a_name_is_taken_where_the_spec_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "pAGE=2", any_case=True) == ({"Page": 2}, [])


def test_a_path_parameter_is_always_there(tmp_path: Path) -> None:
    plan = loaded_vendor(tmp_path).plans["showOrder"].parameters

    assert plan.read(CALL, {"id": "A-1"}) == ({"id": "A-1"}, [])


def required_header() -> dict[str, Any]:
    header = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
    return sample_vendor.changed_document("/paths/~1orders/get/parameters", [header])


def test_a_header_is_read_whatever_its_case(tmp_path: Path) -> None:
    plan = loaded_vendor(tmp_path, required_header()).plans["listOrders"].parameters

    assert plan.read(replace(CALL, headers={"x-tenant": "one"}), {}) == ({"X-Tenant": "one"}, [])


def test_a_required_parameter_that_is_absent_is_a_problem(tmp_path: Path) -> None:
    _, problems = loaded_vendor(tmp_path, required_header()).plans["listOrders"].parameters.read(CALL, {})

    assert [(problem.code, problem.path) for problem in problems] == [
        ("missing-required", ("header", "X-Tenant"))
    ]
