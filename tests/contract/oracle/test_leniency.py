from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.oracle.schemas import Leniency, compile_schema, is_on_the_edge, leniency
from mockserver.contract.profile import Tolerance

STRICT = Leniency()
LENIENT = leniency(
    {
        "names": "any-case",
        "null-texts": "dropped",
        "coerce": ["integer-from-string", "string-from-number", "number-from-grouped", "null-from-empty"],
    },
    spells=False,
    ignores_unknown=True,
)
OF_A_FORM = leniency({}, spells=True, ignores_unknown=False)


OF_BLANKS = leniency({"blank-numbers": "dropped"}, spells=False, ignores_unknown=False)


def may_pass(reader: Leniency, node: dict[str, Any], value: Any) -> bool:
    """Whether the reader may take the one thing that is broken."""
    (broken,) = compile_schema(node).broken(value)
    return reader.may_pass(broken)


@pytest.mark.parametrize(
    ("node", "value", "passes"),
    [
        ({"type": "integer"}, " 12 ", True),
        ({"type": "integer"}, "twelve", False),
        ({"type": "integer"}, True, False),
        ({"type": "string"}, 12, True),
        ({"type": "string"}, True, False),
        ({"type": "string"}, None, True),
        ({"type": "number"}, "1,234.50", True),
        ({"type": "number"}, None, False),
        ({"type": "number", "nullable": True}, "", True),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, True),
        ({"anyOf": [{"type": "integer"}]}, "x", True),
        ({"enum": ["EUR"]}, "eur", True),
        ({"enum": ["EUR"]}, "USD", False),
    ],
    ids=str,
)
def test_a_lenient_reader_may_take_what_it_is_said_to_read(
    node: dict[str, Any],
    value: Any,
    passes: bool,  # noqa: FBT001 - expected
) -> None:
    assert may_pass(LENIENT, node, value) is passes


@pytest.mark.parametrize(
    ("node", "value", "passes"),
    [
        ({"type": "integer"}, "12", False),
        ({"type": "integer"}, Decimal("12.0"), True),
        ({"type": "string"}, None, False),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, False),
        ({"type": "string", "format": "date"}, "01/02/2026", True),
        ({"type": "string", "format": "date"}, "tomorrow", False),
        ({"type": "string", "format": "uuid"}, "{1ABE1ED0-0000-4000-8000-000000000004}", True),
        ({"type": "string", "format": "uuid"}, "42", False),
        ({"type": "string", "pattern": "^[a-z]+$"}, " abc ", True),
        ({"type": "string", "pattern": "^[a-z]+$"}, "   ", False),
        ({"type": "string", "maxLength": 3}, "abc ", True),
        ({"type": "string", "maxLength": 3}, "abcd", False),
    ],
    ids=str,
)
def test_a_strict_reader_is_in_doubt_only_where_the_schema_is(
    node: dict[str, Any],
    value: Any,
    passes: bool,  # noqa: FBT001 - expected
) -> None:
    assert may_pass(STRICT, node, value) is passes


@pytest.mark.parametrize(("value", "passes"), [("+7", True), ("", False), ("seven", False)])
def test_a_form_has_nothing_but_texts(value: str, passes: bool) -> None:  # noqa: FBT001 - expected
    assert may_pass(OF_A_FORM, {"type": "integer"}, value) is passes


def test_what_is_forgiven_is_so_by_keyword_and_member() -> None:
    reader = Leniency(
        tolerances=(
            Tolerance("maxLength", "an assumption", "name"),
            Tolerance("required", "alone", passes=False),
        )
    )
    node = {
        "type": "object",
        "required": ["id"],
        "properties": {"name": {"maxLength": 1}, "city": {"maxLength": 1}},
    }

    found = {one.path: one for one in compile_schema(node).broken({"name": "ab", "city": "ab"})}

    assert {path: reader.may_pass(one) for path, one in found.items()} == {
        ("id",): False,
        ("name",): True,
        ("city",): False,
    }
    assert reader.may_stay_alone(found["id",])


def test_a_name_in_another_case_is_found_at_any_depth() -> None:
    node: dict[str, Any] = {"properties": {"lines": {"items": {"properties": {"Amount": {}}}}}}

    assert LENIENT.is_renamed({"lines": [{"amount": 1}]}, node)
    assert not LENIENT.is_renamed({"lines": [{"Amount": 1, "other": 2}]}, node)
    assert not STRICT.is_renamed({"LINES": []}, node)


@pytest.mark.parametrize(
    ("text", "edge"),
    [
        ("0001-01-01T00:00:00Z", True),
        ("2026-01-05T09:00:00+14:00", True),
        ("2016-12-31T23:59:60Z", True),
        ("2026-01-05T09:00:00+13:59", False),
    ],
)
def test_a_moment_may_be_at_the_edge_of_the_calendar(text: str, edge: bool) -> None:  # noqa: FBT001 - expected
    node: dict[str, Any] = {"items": {"properties": {"at": {"type": "string", "format": "date-time"}}}}

    assert is_on_the_edge([{"at": text, "note": "0001-"}], node) is edge


@pytest.mark.parametrize(
    ("kind", "value", "passes"),
    [("number", "", True), ("integer", "  ", True), ("number", "0x", False), ("boolean", "", False)],
)
def test_blank_strings_may_pass_for_numbers_where_they_count_as_left_out(
    kind: str,
    value: str,
    passes: bool,  # noqa: FBT001 - expected
) -> None:
    assert may_pass(OF_BLANKS, {"type": kind}, value) is passes
    assert not may_pass(STRICT, {"type": kind}, value)


@pytest.mark.parametrize(
    ("node", "value", "passes"),
    [
        ({"properties": {"lines": {"type": "array"}}}, {"lines": None}, True),
        ({"properties": {"part": {"type": "object"}}}, {"part": None}, True),
        ({"properties": {"count": {"type": "integer"}}}, {"count": None}, False),
        ({"items": {"type": "object"}}, [None], False),
    ],
    ids=str,
)
def test_lists_and_objects_that_are_null_may_pass_where_they_count_as_left_out(
    node: dict[str, Any],
    value: Any,
    passes: bool,  # noqa: FBT001 - expected
) -> None:
    reader = leniency({"null-structures": "dropped"}, spells=False, ignores_unknown=False)

    assert may_pass(reader, node, value) is passes
    assert not may_pass(STRICT, node, value)
