from __future__ import annotations

from typing import Any

import pytest

from mockserver.model import Json, pointer_of
from mockserver.spec.schema_tree import SchemaTree

NAMED = {"type": "object", "properties": {"name": {"type": "string"}}}
SCHEMAS: dict[str, Any] = {
    "Named": NAMED,
    "Dated": {
        "allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"at": {}}}, {"required": ["at"]}]
    },
    "Whole": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"type": "object", "required": ["name"]}]},
    "Either": {
        "anyOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"code": {"type": "integer"}}}]
    },
    "Tree": {"properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
    "Map": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Named"}},
    "Free": {"type": "object"},
    "Open": {**NAMED, "additionalProperties": True},
    "AnyObject": {"oneOf": [{"$ref": "#/components/schemas/Named"}, {"type": "object"}]},
}


def undeclared(name: str, value: Json) -> list[str]:
    document = {"components": {"schemas": SCHEMAS}}
    named = ({"$ref": f"#/components/schemas/{name}"},)
    return [pointer_of(path) for path in SchemaTree(document).undeclared(value, named)]


def test_a_member_that_the_schema_names_is_declared() -> None:
    assert undeclared("Named", {"name": "A"}) == []


def test_one_that_it_does_not_name_is_not() -> None:
    assert undeclared("Named", {"name": "A", "colour": "blue", "a/b": 1}) == ["/colour", "/a~1b"]


def test_the_parts_of_a_schema_declare_together() -> None:
    assert undeclared("Dated", {"name": "A", "at": {}, "colour": 1}) == ["/colour"]


def test_a_part_that_only_says_what_must_be_there_declares_nothing() -> None:
    assert undeclared("Whole", {"name": "A", "colour": 1}) == ["/colour"]


def test_each_of_several_alternatives_declares() -> None:
    assert undeclared("Either", {"name": "A", "code": 1, "colour": 1}) == ["/colour"]


def test_elements_are_looked_into_to_any_depth() -> None:
    assert undeclared("Tree", {"children": [{}, {"children": [{"leaf": 1}]}]}) == [
        "/children/1/children/0/leaf"
    ]


def test_a_map_declares_every_key_and_what_stands_under_it() -> None:
    assert undeclared("Map", {"x": {"name": "A"}, "y": {"colour": 1}}) == ["/y/colour"]


@pytest.mark.parametrize("name", ["Free", "Open", "AnyObject"])
def test_where_the_schema_lets_anything_stand_nothing_is_undeclared(name: str) -> None:
    assert undeclared(name, {"name": "A", "colour": {"shade": 1}}) == []


def test_a_value_of_another_kind_is_the_schemas_own_affair() -> None:
    assert undeclared("Named", [{"colour": 1}]) == []
    assert undeclared("Tree", {"children": {"leaf": 1}}) == []
    assert undeclared("Named", None) == []
