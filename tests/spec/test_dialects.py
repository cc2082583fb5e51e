"""Schemas of OpenAPI 3.1 and of files with mistakes take what their authors meant."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.spec.dialects import SchemaDialect, usual_pattern
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_schema


def compiled(node: Any) -> Schema:
    notes: list[str] = []
    dialect = SchemaDialect(lambda reference: {"$ref": reference}, lambda _: "", notes.append)
    document = {"components": {"schemas": {"Name": {"type": "string"}}}}
    return compile_schema(document, dialect.read(node), COMMON_FORMATS)


NAME = {"$ref": "#/components/schemas/Name"}


def test_keywords_of_another_type_than_theirs_are_dropped() -> None:
    dialect = SchemaDialect(lambda reference: {"$ref": reference}, lambda _: "", lambda _: None)
    node = {"xml": "name", "externalDocs": 1, "x-xml": [], "x-prefix-items": "string", "type": "string"}

    assert dialect.read(node) == {"type": "string"}


@pytest.mark.parametrize(
    ("node", "good", "bad"),
    [
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"type": ["string", "integer"]}, ["a", 1], [None, []]),
        ({"type": "null"}, [None], [1, "a"]),
        ({"const": 3}, [3], [4, "3"]),
        ({"const": None}, [None], [0]),
        ({"exclusiveMinimum": 2, "type": "number"}, [3], [2]),
        ({"minimum": 5, "exclusiveMinimum": 2}, [5], [4]),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, [["a", 1]], [[1, "a"]]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1, "b": 2}], [{"a": 1}]),
        ({"dependentRequired": {"a": ["b"]}}, [{"b": 1}, {"a": 1, "b": 1}], [{"a": 1}]),
        ({"type": "array", "contains": {"type": "string"}}, [[1, "a"]], [[1]]),
        ({"nullable": True, "allOf": [NAME]}, [None, "a"], [1]),
        ({"nullable": True, **NAME}, [None, "a"], [1]),
        ({"type": "number", **NAME}, ["a"], [1]),
        ({"type": "number", "minLength": 2, **NAME}, ["ab"], ["a", 1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
        ({"type": "string", "enum": [1, 2]}, ["1"], [1]),
        ({"type": "datetime"}, ["2026-01-01T00:00:00Z"], [1, "today"]),
        ({"type": "any"}, [1, None, "a"], []),
        ({"properties": {"a": {"type": "string", "required": True}}}, [{"a": "x"}], [{}]),
        ({"type": "string", "minLength": "2"}, ["ab"], ["a"]),
        ({"type": "string", "minLength": "1e999999999", "maxLength": 10**6}, ["a" * 10**6], [1]),
        ({"anyOf": [NAME, {"type": "null"}]}, ["a", None], [1]),
        ({"type": "string", "pattern": "/^a$/i"}, ["a", "A"], ["b"]),
        ({"type": "string", "pattern": "/^[a-c_-]+$/i"}, ["a_B-", "C"], ["d", "+"]),
        ({"type": "string", "pattern": "["}, ["anything"], [1]),
        (True, [1, None], []),
        (False, [], [1, None]),
    ],
)
def test_takes_what_is_meant(node: Any, good: list[Any], bad: list[Any]) -> None:
    schema = compiled(node)
    assert [one for one in good if not schema.accepts(one)] == []
    assert [one for one in bad if schema.accepts(one)] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\p{L}+$", "Äpfel"),
        (r"^[\p{L} ]+$", "a b"),
        (r"\Aab\Z", "ab"),
        ("(?i)^[a-z]x$", "AX"),
        ("^a++$", "aa"),
    ],
)
def test_patterns_of_other_dialects_match_what_they_did(pattern: str, text: str) -> None:
    assert re.search(usual_pattern(pattern) or "(?!)", text)
