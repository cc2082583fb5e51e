from __future__ import annotations

from typing import Any

import pytest

from mockserver.console.api_pages import Kind, SchemaViews

NAMED = {
    "Order": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    "Tree": {"type": "object", "properties": {"branches": {"items": {"$ref": "#/components/schemas/Tree"}}}},
}
VIEWS = SchemaViews({"components": {"schemas": NAMED}})
ORDER = {"$ref": "#/components/schemas/Order"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind("string")),
        ({"type": "string", "format": "date"}, Kind("string (date)")),
        ({}, Kind("any value")),
        (ORDER, Kind("", "Order")),
        ({"type": "array", "items": {"type": "integer"}}, Kind("list of integer")),
        ({"type": "array", "items": ORDER}, Kind("list of ", "Order")),
        ({"oneOf": [ORDER, {"type": "string"}]}, Kind("one of: Order, string")),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, Kind("any of: number, string")),
        ({"allOf": [ORDER], "nullable": True}, Kind("", "Order")),
        ({"properties": {"a": {}}}, Kind("object")),
    ],
)
def test_a_schema_has_a_kind_in_words(schema: dict[str, Any], kind: Kind) -> None:
    assert VIEWS.kind(schema) == kind


@pytest.mark.parametrize(
    ("schema", "limits"),
    [
        ({"minLength": 1, "maxLength": 9}, ("from 1 characters", "up to 9 characters")),
        ({"minimum": 0, "maximum": 5, "multipleOf": 2}, ("from 0", "up to 5", "in steps of 2")),
        ({"enum": ["a", "b"]}, ("one of a, b",)),
        ({"enum": list(range(14))}, ("one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 2 more",)),
        ({"nullable": True, "readOnly": True}, ("may be null", "only in answers")),
        (ORDER, ()),
    ],
)
def test_a_schema_has_limits_in_short(schema: dict[str, Any], limits: tuple[str, ...]) -> None:
    assert VIEWS.limits(schema) == limits


def members(schema: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(member.path, member.is_required) for member in VIEWS.members(schema)]


def test_the_members_of_a_named_schema_are_its_own() -> None:
    assert members(ORDER) == [("id", True)]


def test_members_of_unnamed_objects_are_shown_inside_their_owner() -> None:
    row = {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "number"}}}
    schema = {
        "properties": {
            "to": {"properties": {"name": {}}},
            "rows": {"type": "array", "items": row},
            "o": ORDER,
        }
    }

    assert members(schema) == [
        ("to", False),
        ("to.name", False),
        ("rows", False),
        ("rows[].sum", True),
        ("o", False),
    ]


def test_members_of_all_parts_are_shown() -> None:
    assert members({"allOf": [ORDER, {"properties": {"more": {}}}]}) == [("id", True), ("more", False)]


def test_members_of_any_name_are_shown() -> None:
    assert members({"type": "object", "additionalProperties": {"type": "string"}}) == [("(any name)", False)]


def test_a_schema_that_has_itself_ends() -> None:
    assert members({"$ref": "#/components/schemas/Tree"}) == [("branches", False)]


def test_a_schema_that_is_part_of_itself_ends() -> None:
    views = SchemaViews({"components": {"schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}}}})

    assert views.members({"$ref": "#/components/schemas/A"}) == ()
