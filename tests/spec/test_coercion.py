from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.errors import SpecError
from mockserver.model import Document, Json, Problem
from mockserver.spec.coercion import Coercion, compile_coercion
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


DOCUMENT = {
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "properties": {
                    "Id": {"type": "string"},
                    "Guid": {"type": "string", "format": "uuid"},
                    "Count": {"type": "integer"},
                    "Amount": {"type": "number"},
                    "Open": {"type": "boolean"},
                    "Rate": {"type": "number", "nullable": True},
                    "Lines": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
                    "Part": {"$ref": "#/components/schemas/Big"},
                },
            },
            "Big": {
                "type": "object",
                "allOf": [{"$ref": "#/components/schemas/Order"}],
                "properties": {"Size": {"type": "integer"}},
            },
        }
    }
}
ORDER = {"$ref": "#/components/schemas/Order"}


def read_as(coercion: Coercion, value: Json, schema: Document = ORDER) -> Json:
    """Return the value as the coercion reads it."""
    read = coercion.reader(schema)
    return value if read is None else read(value)


def made(*coerce: str, names: str = "exact", null_texts: str = "kept") -> Coercion:
    return compile_coercion(DOCUMENT, {"coerce": list(coerce), "names": names, "null-texts": null_texts})


@pytest.mark.parametrize(
    ("coercion", "member", "given", "read"),
    [
        ("integer-from-string", "Count", "12", 12),
        ("integer-from-string", "Count", " -12 ", -12),
        ("number-from-string", "Amount", "12.50", Decimal("12.50")),
        ("number-from-string", "Amount", "1e3", Decimal("1e3")),
        ("number-from-string", "Amount", ".5", Decimal("0.5")),
        ("number-from-xml", "Amount", " +12.5 ", Decimal("12.5")),
        ("number-from-grouped", "Amount", "1,234.50", Decimal("1234.50")),
        ("string-from-number", "Id", 12, "12"),
        ("string-from-number", "Id", Decimal("1.50"), "1.50"),
        ("string-from-boolean", "Id", True, "True"),
        ("boolean-from-string", "Open", "TRUE", True),
        ("boolean-from-number", "Open", 0, False),
        ("boolean-from-xml", "Open", "1", True),
        ("null-from-empty", "Rate", "", None),
    ],
)
def test_a_coercion_reads_what_the_vendor_reads(coercion: str, member: str, given: Json, read: Json) -> None:
    bound = read_as(made(coercion), {member: given})

    assert (bound, type(bound[member])) == ({member: read}, type(read))


@pytest.mark.parametrize(
    ("coercion", "member", "given"),
    [
        ("integer-from-string", "Count", "1.5"),
        ("integer-from-string", "Count", "1_0"),
        ("integer-from-string", "Count", "\u0661"),
        ("integer-from-string", "Count", "9" * 5000),
        ("integer-from-string", "Count", ""),
        ("integer-from-string", "Amount", "12"),
        ("number-from-string", "Amount", "NaN"),
        ("number-from-string", "Amount", "1e9999"),
        ("number-from-string", "Amount", "1e309"),
        ("number-from-string", "Amount", "9" * 5000),
        ("number-from-xml", "Amount", "9" * 5000),
        ("number-from-grouped", "Amount", "9" + ",999" * 1700),
        ("number-from-string", "Amount", "1,234"),
        ("number-from-xml", "Amount", "1e3"),
        ("number-from-grouped", "Amount", "12,34"),
        ("string-from-number", "Id", True),
        ("string-from-boolean", "Id", 1),
        ("boolean-from-string", "Open", "yes"),
        ("boolean-from-number", "Open", "1"),
        ("boolean-from-xml", "Open", "TRUE"),
        ("null-from-empty", "Id", ""),
        ("null-from-empty", "Rate", " "),
    ],
)
def test_what_a_coercion_cannot_read_is_left_as_it_is(coercion: str, member: str, given: Json) -> None:
    assert read_as(made(coercion), {member: given}) == {member: given}


def test_coercions_are_tried_in_their_order() -> None:
    bound = read_as(made("number-from-string", "number-from-grouped"), {"Amount": "1,234"})

    assert bound == {"Amount": Decimal(1234)}


def test_a_value_of_the_declared_type_is_left_alone() -> None:
    assert read_as(made("string-from-number"), {"Id": "12"}) == {"Id": "12"}


def test_names_are_exact_unless_the_spec_says_otherwise() -> None:
    assert read_as(made("integer-from-string"), {"count": "1"}) == {"count": "1"}


@pytest.mark.parametrize(
    ("null_texts", "read"),
    [
        ("kept", {"Id": None, "Guid": None, "Count": None, "More": None}),
        ("dropped", {"Guid": None, "Count": None, "More": None}),
    ],
)
def test_a_text_that_is_null_may_count_as_left_out(null_texts: str, read: dict[str, Json]) -> None:
    bound = read_as(made(null_texts=null_texts), {"Id": None, "Guid": None, "Count": None, "More": None})

    assert bound == read


NULLS = {"Id": None, "Guid": None, "Count": None, "Open": None, "Lines": None, "Part": None, "More": None}


@pytest.mark.parametrize(
    ("null_structures", "left"),
    [("kept", set(NULLS)), ("dropped", {"Id", "Guid", "Count", "Open", "More"})],
)
def test_a_list_or_object_that_is_null_may_count_as_left_out(null_structures: str, left: set[str]) -> None:
    reader = compile_coercion(DOCUMENT, {"null-structures": null_structures})

    assert set(read_as(reader, NULLS)) == left


def test_nulls_are_left_out_under_names_in_any_case_and_in_lists() -> None:
    settings = {"null-texts": "dropped", "null-structures": "dropped", "names": "any-case"}

    bound = read_as(compile_coercion(DOCUMENT, settings), {"lines": [{"ID": None, "LINES": None}, None]})

    assert bound == {"Lines": [{}, None]}


@pytest.mark.parametrize(
    ("blank_numbers", "read"),
    [
        ("refused", {"Id": "", "Count": "", "Rate": " ", "More": ""}),
        ("dropped", {"Id": "", "More": ""}),
    ],
)
def test_a_number_that_is_a_blank_string_may_count_as_left_out(
    blank_numbers: str, read: dict[str, Json]
) -> None:
    reader = compile_coercion(DOCUMENT, {"blank-numbers": blank_numbers})

    assert read_as(reader, {"Id": "", "Count": "", "Rate": " ", "More": ""}) == read


def test_blank_numbers_are_left_out_under_names_in_any_case_and_in_lists() -> None:
    reader = compile_coercion(DOCUMENT, {"blank-numbers": "dropped", "names": "any-case"})

    assert read_as(reader, {"lines": [{"COUNT": ""}, {"count": 1}]}) == {"Lines": [{}, {"Count": 1}]}


def test_names_in_any_case_come_out_as_declared() -> None:
    assert read_as(made(names="any-case"), {"COUNT": 1, "id": "A"}) == {"Count": 1, "Id": "A"}


def test_any_case_drops_what_is_not_declared() -> None:
    assert read_as(made(names="any-case"), {"Colour": "red"}) == {}


def test_of_names_that_differ_in_case_alone_the_last_wins() -> None:
    assert read_as(made(names="any-case"), {"Id": "A", "ID": "B"}) == {"Id": "B"}


def test_members_of_lists_and_references_are_read_too() -> None:
    bound = read_as(made("integer-from-string", names="any-case"), {"lines": [{"count": "1"}]})

    assert bound == {"Lines": [{"Count": 1}]}


def test_members_of_all_parts_are_known() -> None:
    bound = read_as(
        made("integer-from-string"), {"Count": "1", "Size": "2"}, {"$ref": "#/components/schemas/Big"}
    )

    assert bound == {"Count": 1, "Size": 2}


@pytest.mark.parametrize("value", [None, [1], "text", {"Lines": "none"}, {"Id": {"a": 1}}], ids=str)
def test_another_shape_is_left_for_the_schema_to_refuse(value: Json) -> None:
    assert read_as(made("integer-from-string"), value) == value


def test_a_binder_without_settings_reads_nothing() -> None:
    assert compile_coercion(DOCUMENT, {}).reader(ORDER) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"coerce": ["integer-from-roman"]}, "x-binder.coerce: unknown integer-from-roman; known are"),
        ({"names": "any"}, "x-binder.names: expected exact or any-case, found any"),
        ({"null-texts": "gone"}, "x-binder.null-texts: expected kept or dropped, found gone"),
        ({"null-structures": ""}, "x-binder.null-structures: expected kept or dropped, found "),
        ({"blank-numbers": "0"}, "x-binder.blank-numbers: expected refused or dropped, found 0"),
    ],
    ids=["coercion", "names", "null-texts", "null-structures", "blank-numbers"],
)
def test_an_unknown_setting_is_refused_at_start_up(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        compile_coercion(DOCUMENT, settings)


def test_a_list_of_lists_of_itself_is_read_to_its_end() -> None:
    nested = {
        "components": {
            "schemas": {"Nested": {"type": "array", "items": {"$ref": "#/components/schemas/Nested"}}}
        }
    }

    read = compile_coercion(nested, {"names": "any-case"}).reader({"$ref": "#/components/schemas/Nested"})

    assert read is not None
    assert read([[], [[1]]]) == [[], [[1]]]
