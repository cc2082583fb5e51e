from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.codec.json import decode
from mockserver.errors import SpecError
from mockserver.model import Document, Json, Path
from mockserver.sandbox.memory_store import uuid_from_octets
from mockserver.spec.schema import (
    COMMON_FORMATS,
    DATE_PATTERN,
    DATE_TIME_PATTERN,
    UUID_PATTERN,
    PooledSchema,
    Schema,
    SchemaCompiler,
    compile_schema,
    extension_values,
    has_bounded_depth,
    shared,
    to_draft4,
    with_optional,
)
from mockserver.spec.schema_problems import MAX_MEMBERS, MAX_VALUES
from mockserver.spec.schema_tree import SchemaTree

TREE = {
    "components": {
        "schemas": {
            "Tree": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
            "Leaf": {"type": "object", "properties": {"id": {"type": "string"}}},
        }
    }
}
ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 3},
        "amount": {"type": "number", "minimum": 0},
        "day": {"type": "string", "format": "date"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "lines": {"type": "array", "maxItems": 1, "items": {"type": "integer"}},
    },
}


def compiled(node: dict[str, Any], *, closed: bool = False) -> Schema:
    return compile_schema(TREE, node, COMMON_FORMATS, closed=closed)


@pytest.mark.parametrize(
    ("value", "code", "path", "rule"),
    [
        ({}, "missing-required", ("id",), "required"),
        ({"id": 1}, "wrong-type", ("id",), "type"),
        ({"id": "long"}, "too-long", ("id",), "maxLength"),
        ({"id": "A", "amount": -1}, "out-of-range", ("amount",), "minimum"),
        ({"id": "A", "day": "2026-02-30"}, "bad-format", ("day",), "format:date"),
        ({"id": "A", "kind": "c"}, "not-in-list", ("kind",), "enum"),
        ({"id": "A", "lines": [1, 2]}, "too-many", ("lines",), "maxItems"),
        ({"id": "A", "lines": ["1"]}, "wrong-type", ("lines", 0), "type"),
        ([], "wrong-type", (), "type"),
    ],
    ids=["required", "type", "maxLength", "minimum", "format", "enum", "maxItems", "element", "root"],
)
def test_a_problem_is_told_in_neutral_words(value: Json, code: str, path: Path, rule: str) -> None:
    (problem,) = compiled(ORDER).problems(value)

    assert (problem.code, problem.path, problem.rule) == (code, path, rule)


def test_a_problem_shows_what_was_expected_and_what_was_found() -> None:
    (problem,) = compiled(ORDER).problems({"id": "long"})

    assert (problem.expected, problem.found) == (3, "long")


def test_an_unknown_member_is_a_problem_of_its_own_each() -> None:
    problems = compiled(ORDER, closed=True).problems({"id": "A", "y": 1, "x": 2})

    assert [(problem.code, problem.path) for problem in problems] == [
        ("unknown-member", ("y",)),
        ("unknown-member", ("x",)),
    ]


def test_problems_come_in_the_order_of_the_schema() -> None:
    value = {"kind": "c", "lines": ["1"], "day": "x", "amount": "1"}

    assert [problem.path[0] for problem in compiled(ORDER).problems(value)] == [
        "id",
        "amount",
        "day",
        "kind",
        "lines",
    ]


def test_paths_start_with_the_base() -> None:
    (problem,) = compiled(ORDER).problems({}, ("orders", 3))

    assert problem.pointer == "/orders/3/id"


@pytest.mark.parametrize(
    ("node", "value"),
    [
        pytest.param({"type": "string", "nullable": True}, None, id="nullable"),
        pytest.param({"type": "integer", "format": "int32"}, 2**31 - 1, id="int32-highest"),
        pytest.param({"type": "integer", "format": "int32"}, -(2**31), id="int32-lowest"),
        pytest.param({"type": "integer", "format": "int64"}, 2**63 - 1, id="int64-highest"),
        pytest.param({"type": "integer"}, 10**300, id="big-integer"),
        pytest.param({"type": "number"}, Decimal("0.1"), id="decimal"),
        pytest.param({"type": "number", "multipleOf": Decimal("0.01")}, Decimal("12.34"), id="multiple"),
        pytest.param({"type": "string", "format": "date"}, "2024-02-29", id="leap-day"),
        pytest.param({"type": "string", "format": "unheard-of"}, "anything", id="unknown-format"),
        pytest.param(
            {"$ref": "#/components/schemas/Tree"},
            {"children": [{"children": [{"name": "a"}]}]},
            id="recursion",
        ),
        pytest.param(
            {"type": "string", "example": 1, "x-thing": {"type": "integer"}}, "text", id="annotations"
        ),
        pytest.param(
            {"type": "object", "properties": {"nullable": {"type": "string"}}},
            {"nullable": "text"},
            id="member-named-as-a-keyword",
        ),
    ],
)
def test_the_value_is_accepted(node: dict[str, Any], value: Json) -> None:
    assert compiled(node).accepts(value)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        pytest.param({"type": "string"}, None, id="null"),
        pytest.param({"type": "integer", "format": "int32"}, 2**31, id="int32"),
        pytest.param({"type": "integer", "format": "int64"}, 2**63, id="int64"),
        pytest.param({"type": "integer"}, Decimal("1.5"), id="fraction"),
        pytest.param({"type": "integer"}, True, id="boolean"),
        pytest.param({"type": "number"}, "1", id="text-of-number"),
        pytest.param({"type": "string", "format": "uuid"}, "no uuid", id="uuid"),
        pytest.param({"type": "string", "format": "date-time"}, "2026-01-05", id="date-time"),
        pytest.param(
            {"$ref": "#/components/schemas/Tree"}, {"children": [{"children": [{"name": 1}]}]}, id="recursion"
        ),
        pytest.param({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, id="exclusive"),
        pytest.param(
            {"type": "object", "properties": {"nullable": {"type": "string"}}},
            {"nullable": True},
            id="member-named-as-a-keyword",
        ),
    ],
)
def test_the_value_is_not_accepted(node: dict[str, Any], value: Json) -> None:
    assert not compiled(node).accepts(value)


def test_a_closed_schema_refuses_what_it_does_not_name_at_any_depth() -> None:
    schema = compiled({"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, closed=True)

    assert not schema.accepts([{"children": [{"colour": "red"}]}])


def test_a_closed_schema_leaves_open_what_says_so() -> None:
    schema = compiled({"type": "object", "properties": {}, "additionalProperties": True}, closed=True)

    assert schema.accepts({"colour": "red"})


def test_what_is_too_deep_to_be_looked_at_is_not_accepted() -> None:
    deep = decode(b"[" * 500 + b"]" * 500)

    assert not compiled({"enum": [1]}).accepts(deep)


def test_the_items_that_break_a_list_s_schema_are_found() -> None:
    deep = decode(b"[" * 500 + b"]" * 500)
    schema = SchemaCompiler({}, COMMON_FORMATS).compile_list({"enum": [1]})

    assert [[*schema.find_invalid(items, 0)] for items in ([], [1, 1], [1, 2, 1, 3], [1, deep, 2])] == [
        [],
        [],
        [1, 3],
        [1, 2],
    ]


@pytest.mark.parametrize("places", [[0], [31], [32], [31, 32, 98, 99], [99], [*range(100)]], ids=str)
def test_the_invalid_items_of_a_long_list_are_found(places: list[int]) -> None:
    schema = SchemaCompiler({}, COMMON_FORMATS).compile_list({"enum": [1]})

    assert [*schema.find_invalid([2 if index in places else 1 for index in range(100)], 0)] == places


AMOUNTS: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from([None, True, "", "1"]), st.integers(-3, 3), st.decimals(-3, 3, places=2)
)


@given(
    least=st.none() | st.integers(-2, 2) | st.sampled_from([0.1, -0.3]),
    greatest=st.none() | st.integers(-2, 2) | st.sampled_from([0.2, 1.7]),
    more=st.sampled_from(
        [{}, {"nullable": True}, {"minimum": 1, "exclusiveMinimum": True}, {"type": "integer"}]
    ),
    item=st.sampled_from([{"type": "object"}, {"type": "object", "nullable": True}, {}]),
    values=st.lists(st.builds(dict, amount=AMOUNTS) | st.sampled_from([{}, None, {"b": 1}, [1]]), max_size=3),
)
def test_a_list_with_bounds_is_judged_as_each_of_its_items(
    least: Json, greatest: Json, more: dict[str, Any], item: dict[str, Any], values: list[Json]
) -> None:
    bounds = {"minimum": least, "maximum": greatest}
    amount = {
        "type": "number",
        **{name: bound for name, bound in bounds.items() if bound is not None},
        **more,
    }
    node = {**item, "properties": {"amount": amount}}
    compiler = SchemaCompiler({}, COMMON_FORMATS)

    one = compiler.compile(node, closed=True)

    assert sorted(compiler.compile_list(node).find_invalid(values, 0)) == [
        index for index, value in enumerate(values) if not one.accepts(value)
    ]


def test_a_format_can_be_checked_by_a_function() -> None:
    node = {"type": "string", "format": "even"}
    schema = compile_schema({}, node, {"even": lambda text: len(text) % 2 == 0})

    assert [schema.accepts("ab"), schema.accepts("abc")] == [True, False]


def test_a_vendor_format_outdoes_the_common_one() -> None:
    schema = compile_schema({}, {"type": "string", "format": "date"}, {**COMMON_FORMATS, "date": "^today$"})

    assert [schema.accepts("today"), schema.accepts("2026-01-05")] == [True, False]


@pytest.mark.parametrize(
    "node",
    [{"type": "thing"}, {"pattern": "("}, {"$ref": "#/components/schemas/Nope"}],
    ids=["type", "pattern", "reference"],
)
def test_a_schema_that_is_none_is_refused_at_start_up(node: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="schema cannot be compiled"):
        compiled(node)


def test_enum_values_are_left_as_they_are() -> None:
    assert to_draft4({"enum": [{"nullable": True}]}) == {"enum": [{"nullable": True}]}


def test_flags_are_found_below_references_lists_and_parts() -> None:
    node = {
        "allOf": [{"properties": {"a": {"x-fatal": True}}}],
        "properties": {"b": {"items": {"properties": {"c": {"x-fatal": False}}}}},
    }

    assert extension_values(TREE, node, "x-fatal") == {("a",): True, ("b", "*", "c"): False}


def test_flags_enter_a_recursion_once() -> None:
    assert extension_values(TREE, {"$ref": "#/components/schemas/Tree"}, "x-fatal") == {}


@pytest.mark.parametrize(
    ("node", "shallow"),
    [
        ({"type": "string"}, True),
        ({"$ref": "#/components/schemas/Leaf"}, True),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}}, True),
        ({"$ref": "#/components/schemas/Tree"}, False),
        ({"type": "object"}, False),
        ({}, False),
        ({"type": "object", "properties": {"a": {}}}, False),
        ({"properties": {"a": {"type": "string"}}, "additionalProperties": True}, False),
        ({"properties": {"a": {"type": "string"}}, "allOf": [{}]}, False),
    ],
    ids=["scalar", "reference", "list", "recursion", "free", "any", "free-member", "open", "parts"],
)
def test_a_schema_is_shallow_when_its_depth_is_known(node: dict[str, Any], shallow: bool) -> None:  # noqa: FBT001
    assert has_bounded_depth(TREE, node) is shallow


def test_a_named_schema_may_be_reached_by_way_of_others_and_in_part() -> None:
    document = {
        "components": {
            "schemas": {
                "Order": {"type": "object", "properties": {"line": {"$ref": "#/components/schemas/Line"}}},
                "Line": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Line"}}},
                "Part": {"type": "object", "properties": {"size": {"type": "integer"}}},
                "Apart": {"$ref": "#/components/schemas/Nowhere"},
            }
        }
    }
    node = {
        "type": "object",
        "properties": {
            "order": {"$ref": "#/components/schemas/Order"},
            "size": {"$ref": "#/components/schemas/Part/properties/size"},
        },
    }

    schema = compile_schema(document, node, {})

    assert schema.accepts({"order": {"line": {"next": {}}}, "size": 1})
    assert not schema.accepts({"order": {"line": {"next": 1}}})
    assert not schema.accepts({"size": "1"})


@pytest.mark.parametrize("name", ["6", "06", "+6", "0" * 5000 + "6", "9" * 5000, "-6", "6.0", "٦", "+"])
def test_a_member_named_like_a_number_is_told_by_its_name(name: str) -> None:
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    schema = compile_schema({}, {"type": "object", "properties": {"texts": texts}}, COMMON_FORMATS)

    (problem,) = schema.problems({"texts": {"other": "x", name: 5}})

    assert (problem.path, problem.found) == (("texts", name), 5)


def test_a_problem_below_a_member_without_a_name_has_its_place() -> None:
    inner = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = compile_schema({}, {"type": "object", "additionalProperties": inner}, COMMON_FORMATS)

    (problem,) = schema.problems({"a": {}, "": {"size": "x"}})

    assert (problem.path, problem.found) == (("", "size"), "x")


def test_a_read_only_member_is_required_of_answers_alone() -> None:
    node = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}
    document = {"components": {"schemas": {"Order": node}}}
    reference = {"$ref": "#/components/schemas/Order"}

    of_request = compile_schema(document, reference, COMMON_FORMATS, optional="readOnly")
    of_answer = compile_schema(document, reference, COMMON_FORMATS)

    assert of_request.problems({}) == []
    assert [problem.code for problem in of_answer.problems({})] == ["missing-required"]


def ships() -> Document:
    """A document with 70 schemas, of which each refers to the next; `Ship0` refers to all others."""
    last = {"id": {"type": "string", "maxLength": 3}, "day": {"type": "string", "format": "date"}}
    schemas: dict[str, Json] = {"Ship69": {"type": "object", "required": ["id"], "properties": last}}
    for number in range(69):
        members = {"id": {"type": "string"}, "next": {"$ref": f"#/components/schemas/Ship{number + 1}"}}
        schemas[f"Ship{number}"] = {"type": "object", "properties": members}
    return {"components": {"schemas": {**schemas, "Bad": {"type": "string", "pattern": "("}}}}


def ship(document: Document, *wrap: str) -> Schema:
    node: dict[str, Any] = {"$ref": "#/components/schemas/Ship0"}
    for word in wrap:
        node = {"type": "object", "properties": {word: node}}
    return compile_schema(document, node, COMMON_FORMATS)


def fleet(**last: Json) -> Json:
    """A value for `Ship0`, which reaches down to `Ship69`."""
    made: Json = last
    for _ in range(69):
        made = {"next": made}
    return made


def test_schemas_that_refer_to_many_others_share_one_validator() -> None:
    document = ships()

    first, second = ship(document), ship(document, "data")

    assert isinstance(first, PooledSchema)
    assert isinstance(second, PooledSchema)
    assert first.pool is second.pool


def test_a_schema_of_two_operations_is_compiled_once() -> None:
    document = ships()
    nodes: list[Document] = [{"$ref": "#/components/schemas/Ship60"} for _ in range(2)]

    first, second = [compile_schema(document, node, COMMON_FORMATS) for node in nodes]

    assert first is second


@pytest.mark.parametrize(
    ("last", "rules"),
    [
        ({"id": "A"}, []),
        ({"id": "A", "day": "2026-02-30"}, ["format:date"]),
        ({"id": "long", "day": "x"}, ["maxLength", "format:date"]),
        ({}, ["required"]),
    ],
)
def test_a_schema_in_a_pool_finds_the_problems_of_its_own_value(
    last: dict[str, Json], rules: list[str]
) -> None:
    document = ships()
    schema, _other = ship(document, "data"), ship(document)

    found = schema.problems({"data": fleet(**last)}, ("body",))

    assert [problem.rule for problem in found] == rules
    assert all(problem.path[:3] == ("body", "data", "next") for problem in found)


def test_a_schema_in_a_pool_accepts_its_own_values_alone() -> None:
    document = ships()
    schema, _other = ship(document, "data"), ship(document)

    judged = [schema.accepts({"data": fleet(id=name)}) for name in ("A", "long")]

    assert judged == [True, False]


def test_a_schema_that_cannot_be_compiled_leaves_its_pool_as_it_was() -> None:
    document = ships()
    whole, bad = ship(document), {"$ref": "#/components/schemas/Bad"}
    node = {"properties": {"ship": {"$ref": "#/components/schemas/Ship0"}, "bad": bad}}

    with pytest.raises(SpecError):
        compile_schema(document, node, COMMON_FORMATS)

    assert (whole.accepts(fleet(id="A")), ship(document, "data").accepts({"data": 5})) == (True, False)


def test_a_pool_ends_with_the_last_of_its_schemas() -> None:
    schema = ship(ships())
    assert isinstance(schema, PooledSchema)
    pool = ref(schema.pool)

    del schema

    assert pool() is None


def test_what_is_shared_ends_with_its_last_use() -> None:
    document: Document = {}
    tree = ref(shared(document, SchemaTree))

    assert tree() is None


class _UnexpectedMembers:
    """An error about unknown members, whose list of names the library makes anew each time it is read."""

    name = "additionalProperties"

    def __init__(self, names: list[str]) -> None:
        self.kind, self.instance_path, self.reads, self._names = self, (), 0, names

    @property
    def unexpected(self) -> list[str]:
        self.reads += 1
        return self._names

    def iter_errors(self, _value: Json) -> list[_UnexpectedMembers]:
        return [self]


def test_unknown_members_are_looked_up_and_not_searched_for() -> None:
    names = [f"unknown{number}" for number in range(100)]
    error: Any = _UnexpectedMembers(names)
    schema = replace(compiled({"type": "object"}), quick=error)
    problems = schema.problems(dict.fromkeys([*names, "known"], 1))
    assert [problem.path for problem in problems] == [(name,) for name in names]
    assert error.reads == 1


def test_of_a_document_of_very_many_values_only_the_first_problem_is_told() -> None:
    schema = compiled({"type": "array", "items": {"type": "string"}})
    assert len(schema.problems([1] * MAX_VALUES)) == MAX_VALUES
    assert [problem.path for problem in schema.problems(["a", *[1] * MAX_VALUES])] == [(1,)]
    assert schema.problems(["a"] * (MAX_VALUES + 1)) == []


def test_a_list_of_a_wrong_type_is_told_without_the_text_of_its_items() -> None:
    schema = compiled({"type": "object", "properties": {"a": {"type": "object"}}})
    items = [1] * (MAX_VALUES + 1)
    for value, path, found in (([{"a": items}], (), [{"a": items}]), ({"a": items}, ("a",), items)):
        (problem,) = schema.problems(value)
        assert (problem.path, problem.rule, problem.found) == (path, "type", found)
        assert len(problem.detail) < 100


def test_a_rule_about_the_length_of_a_long_list_is_judged_by_the_whole_list() -> None:
    schema = compiled({"type": "array", "minItems": 9_000})
    assert [problem.rule for problem in schema.problems([1] * (MAX_VALUES + 1))] == ["minItems"]
    assert schema.problems([1] * 9_000) == []


def test_values_that_a_schema_does_not_look_at_do_not_count() -> None:
    schema = compiled({"type": "object", "required": ["a", "b"], "properties": {"items": {"type": "array"}}})
    items = [1] * MAX_VALUES
    assert [problem.path for problem in schema.problems({"items": items})] == [("a",)]
    assert [problem.path for problem in schema.problems({"items": items}, unread=items)] == [("a",), ("b",)]


def test_of_a_very_large_object_only_that_is_told() -> None:
    schema = compiled({"type": "array", "items": {"type": "object", "properties": {}}}, closed=True)
    large = {f"unknown{number}": 1 for number in range(MAX_MEMBERS + 1)}
    (problem,) = schema.problems([{}, large])
    assert (problem.path, problem.rule, problem.expected) == ((1,), "maxItems", MAX_MEMBERS)
    assert [problem.rule for problem in schema.problems(large, unread=large)] == ["maxItems"]


DATE = re.compile(DATE_PATTERN, re.ASCII)
DATE_TIME = re.compile(DATE_TIME_PATTERN, re.ASCII)
UUID = re.compile(UUID_PATTERN, re.ASCII)
LAST_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEARS = range(1, 10_000)


def is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    assert DATE.fullmatch(day.isoformat())


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_is_what_the_calendar_holds(year: int, month: int, day: int) -> None:
    assert bool(DATE.fullmatch(f"{year:04}-{month:02}-{day:02}")) is is_day(year, month, day)


def test_the_29th_of_february_is_a_date_in_leap_years_alone() -> None:
    taken = [year for year in YEARS if DATE.fullmatch(f"{year:04}-02-29")]

    assert taken == [year for year in YEARS if is_day(year, 2, 29)]


@pytest.mark.parametrize(("month", "last"), list(enumerate(LAST_OF_MONTHS, 1)))
def test_a_month_ends_on_its_last_day(month: int, last: int) -> None:
    taken = [day for day in range(100) if DATE.fullmatch(f"2026-{month:02}-{day:02}")]

    assert taken == list(range(1, last + 1))


@pytest.mark.parametrize(
    "text",
    ["", "2026-1-5", "2026-01-05T", "20260105", "2026-01-05\n", " 2026-01-05", "٢٠٢٦-01-05", "-2026-01-05"],
)
def test_a_date_is_ten_plain_characters(text: str) -> None:
    assert not DATE.fullmatch(text)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_every_instant_is_a_date_time(moment: datetime, offset_minutes: int) -> None:
    sign, minutes = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}"

    assert DATE_TIME.fullmatch(moment.replace(tzinfo=None).isoformat() + zone)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:00:00Z",
        "2026-01-05t09:00:00z",
        "2026-01-05 09:00:00Z",
        "2026-01-05T09:00:00.123456789Z",
        "2026-01-05T23:59:59-12:00",
    ],
)
def test_a_date_time_may_be_written_so(text: str) -> None:
    assert DATE_TIME.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-01-05T09:00:00", id="no-zone"),
        pytest.param("2026-01-05T24:00:00Z", id="hour-24"),
        pytest.param("2026-01-05T09:60:00Z", id="minute-60"),
        pytest.param("2026-01-05T09:00:60Z", id="second-60"),
        pytest.param("2026-02-30T09:00:00Z", id="no-such-day"),
        pytest.param("2026-01-05T09:00Z", id="no-seconds"),
        pytest.param("2026-01-05T09:00:00.Z", id="bare-point"),
        pytest.param("2026-01-05T09:00:00+24:00", id="zone-24"),
        pytest.param("2026-01-05T09:00:00+0100", id="zone-without-colon"),
        pytest.param("2026-01-05T09:00:00Z\n", id="newline"),
    ],
)
def test_a_date_time_is_not_written_so(text: str) -> None:
    assert not DATE_TIME.fullmatch(text)


@given(st.binary(min_size=16, max_size=16))
def test_a_new_uuid_is_of_version_4(octets: bytes) -> None:
    made = uuid_from_octets(octets)

    assert (bool(UUID.fullmatch(made)), made[14], made[19] in "89ab") == (True, "4", True)


@pytest.mark.parametrize(
    "text",
    ["", "00000000000040008000000000000001", "{00000000-0000-4000-8000-000000000001}", "g" * 36],
    ids=["nothing", "no-hyphens", "braces", "other-letters"],
)
def test_a_uuid_is_not_written_so(text: str) -> None:
    assert not UUID.fullmatch(text)


def test_a_uuid_may_be_in_capitals() -> None:
    assert UUID.fullmatch("ABCDEF00-0000-4000-8000-000000000001")


def test_values_are_no_schemas_whose_members_may_be_optional() -> None:
    value = {"properties": {"a": "text"}, "required": ["a"]}
    node = {"enum": [value], "default": value, "example": value}

    assert with_optional(node, "readOnly") == node


MEMBERS: dict[str, Any] = {
    "id": {"type": "string", "minLength": 1, "maxLength": 3},
    "kind": {"type": "string", "enum": ["a", "b"], "nullable": True},
    "count": {"type": "integer", "minimum": 1},
    "amount": {"type": "number", "minimum": 0},
    "day": {"type": "string", "format": "date"},
}
VALUES: st.SearchStrategy[Json] = st.sampled_from([None, True, 0, 1, "", "a", "abcd", "2026-01-31", [], {}])


@given(
    more=st.sampled_from([{}, {"additionalProperties": False}]),
    items=st.lists(
        VALUES | st.dictionaries(st.sampled_from([*MEMBERS, "6"]), VALUES | st.decimals(-1, 1, places=1)),
        max_size=5,
    ),
)
def test_the_known_problems_of_an_item_are_those_of_its_own_schema(
    more: dict[str, Any], items: list[Json]
) -> None:
    node = {"type": "object", "required": ["id", "count"], "properties": MEMBERS, **more}
    compiler = SchemaCompiler({}, COMMON_FORMATS)
    schema, one = compiler.compile_list(node), compiler.compile(node)

    known = schema.find_invalid(items, 1)

    assert known.keys() == schema.find_invalid(items, schema.most_bytes + 1).keys()
    assert {at: found for at, found in known.items() if found} == {
        at: one.problems(items[at]) for at, found in known.items() if found
    }


@pytest.mark.parametrize("large", [dict.fromkeys(map(str, range(MAX_VALUES)), 1), {"id": [1] * MAX_VALUES}])
def test_not_all_problems_of_a_large_item_are_told(large: Json) -> None:
    schema = SchemaCompiler({}, COMMON_FORMATS).compile_list(
        {"type": "object", "required": ["id", "day"], "properties": MEMBERS}
    )

    assert schema.find_invalid([large, {"id": "a"}], 100_000)[0] == ()
    assert schema.find_invalid([{"id": 1}], 100_000)[0]
