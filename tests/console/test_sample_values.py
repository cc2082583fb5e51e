from __future__ import annotations

from typing import Any

import pytest

from mockserver.console.api_pages import sample_body, sample_value
from mockserver.model import Json

TREE = {
    "type": "object",
    "properties": {"branches": {"type": "array", "items": {"$ref": "#/components/schemas/T"}}},
}
DOCUMENT = {
    "components": {
        "schemas": {"T": TREE},
        "examples": {"one": {"value": {"from": "a named example"}}},
    }
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "string", "enum": ["a", "b"]}, "a"),
        ({"type": "string", "example": "said"}, "said"),
        ({"type": "string", "default": "usual"}, "usual"),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        (
            {"allOf": [{"properties": {"a": {"type": "integer"}}}], "properties": {"b": {}}},
            {"a": 1, "b": "text"},
        ),
        ({"properties": {"a": {"type": "integer"}, "id": {"readOnly": True}}}, {"a": 1}),
        ({"allOf": [{"type": "integer"}]}, 1),
    ],
)
def test_a_value_is_of_the_kind_that_its_schema_says(schema: dict[str, Any], value: Json) -> None:
    assert sample_value(DOCUMENT, schema) == value


def test_a_schema_that_has_itself_ends() -> None:
    value = sample_value(DOCUMENT, {"$ref": "#/components/schemas/T"})

    assert str(value).count("branches") < 5


@pytest.mark.parametrize(
    ("media_type", "value"),
    [
        ({"example": [1], "schema": {"type": "integer"}}, [1]),
        ({"examples": {"a": {"value": "first"}, "b": {"value": "second"}}}, "first"),
        ({"examples": {"a": {"$ref": "#/components/examples/one"}}}, {"from": "a named example"}),
        ({"schema": {"type": "boolean"}}, True),
        ({}, "text"),
    ],
)
def test_a_body_is_the_example_of_its_media_type(media_type: dict[str, Any], value: Json) -> None:
    assert sample_body(DOCUMENT, media_type) == value
