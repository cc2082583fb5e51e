"""Decode XML replies to values typed and named by a schema (OpenAPI 3.0 `xml`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from mockserver.codec import xml
from mockserver.model import Document, Json
from mockserver.spec.openapi import resolve

XML_MEDIA_TYPES = ("application/xml", "text/xml")
NIL_ATTRIBUTE = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text} is neither true nor false")
    return text == "true"


_CONVERTERS: Mapping[str, Callable[[str], Json]] = {
    "integer": int,
    "number": Decimal,
    "boolean": _parse_boolean,
}


def read(body: bytes, schema: Document, document: Document, charset: str = "utf-8") -> Json:
    """Return the value of `body`, whose root, members and types are those of `schema` in `document`.

    Raises:
        MalformedBody: no XML.
        ValueError: another root element, or a text that is not of its type.
    """
    root = xml.parse(body, charset)
    node = resolve(document, schema)
    expected = element_tag(node, str(root.tag))
    if root.tag != expected:
        raise ValueError(f"expected the element {expected}, found {root.tag}")
    try:
        return _value_of(root, node, document)
    except InvalidOperation:
        raise ValueError("a text is no number") from None


def element_tag(node: Document, default: str) -> str:
    """Return the name of an element in its namespace, as the schema's `xml` object says it."""
    said = node.get("xml", {})
    name = said.get("name", default)
    return f"{{{said['namespace']}}}{name}" if "namespace" in said else str(name)


def _value_of(element: Element, schema: Document, document: Document) -> Json:
    node = resolve(document, schema)
    if element.get(NIL_ATTRIBUTE) == "true":
        return None
    if node.get("type") == "array":
        return [_value_of(child, node.get("items", {}), document) for child in element]
    if node.get("type") == "object":
        return {
            name: _value_of(child, _member_schema(node, name), document)
            for child in element
            for name in [str(child.tag).rpartition("}")[2]]
        }
    return _CONVERTERS.get(node.get("type", ""), str)(element.text or "")


def _member_schema(node: Document, name: str) -> Document:
    extra = node.get("additionalProperties")
    found: Document = node.get("properties", {}).get(name) or (extra if isinstance(extra, dict) else {})
    return found
