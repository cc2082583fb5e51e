"""A value for a schema, where its document gives no example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.model import Document, Json
from mockserver.spec.openapi import resolve

_DEEPEST = 5
_TEXTS: Mapping[str, str] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "nobody@example.com",
    "uri": "about:blank",
}


def sample_body(document: Document, media_type: Document) -> Json:
    """Return the example of a media type, or one made from its schema."""
    if "example" in media_type:
        return media_type["example"]
    for example in media_type.get("examples", {}).values():
        found = resolve(document, example)
        if "value" in found:
            return found["value"]
    return sample_value(document, media_type.get("schema", {}))


def sample_value(document: Document, schema: Document, depth: int = 0) -> Json:
    """Return a value of the kind that the schema describes; what lies too deep is left out."""
    schema = resolve(document, schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            return sample_value(document, schema[keyword][0], depth)
    if "allOf" in schema or "properties" in schema or schema.get("type") == "object":
        return _object(document, schema, depth)
    if schema.get("type") == "array":
        return [sample_value(document, schema.get("items", {}), depth + 1)] if depth < _DEEPEST else []
    return _scalar(schema)


def _object(document: Document, schema: Document, depth: int) -> Json:
    if depth >= _DEEPEST:
        return {}
    found: dict[str, Json] = {}
    for part in schema.get("allOf", ()):
        value = sample_value(document, part, depth)
        if not isinstance(value, dict):
            return value
        found |= value
    for name, node in schema.get("properties", {}).items():
        if not resolve(document, node).get("readOnly"):
            found[name] = sample_value(document, node, depth + 1)
    return found


def _scalar(schema: Mapping[str, Any]) -> Json:
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return _TEXTS.get(str(schema.get("format", "")), "text")
