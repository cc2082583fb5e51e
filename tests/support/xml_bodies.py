"""XML for Schemathesis: request bodies as a .NET data contract wants them, responses as their schemas read.

Schemathesis writes members in the order in which they were generated and null as text; a data contract
reads forward only and calls null `i:nil`. Names and namespaces come from the `xml` objects of the spec.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

import schemathesis
from schemathesis.core.transport import Response

from mockserver.typed_xml import MEDIA_TYPES, NIL, read, tag

Node: TypeAlias = Mapping[str, Any]

_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]")


def register() -> None:
    """Let Schemathesis write and read XML this way, for every schema that is loaded in this process."""
    schemathesis.serializer(*MEDIA_TYPES)(_request)
    schemathesis.deserializer(*MEDIA_TYPES)(_response)


def written(value: Any, schema: Node, document: Node) -> bytes:
    """`value` as XML under the names of `schema`; what is not of its shape is written as it comes."""
    node = resolved(schema, document)
    root = Element(tag(node, "data"))
    _fill(root, value, node, document)
    return tostring(root)


def resolved(node: Node, document: Node) -> Node:
    """`node`, or what its `$ref` points at inside `document`."""
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def _request(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    document: Node = ctx.case.operation.schema.raw_schema
    body = resolved(ctx.case.operation.definition.raw["requestBody"], document)
    return written(value, body["content"][ctx.case.media_type]["schema"], document)


def _response(ctx: schemathesis.DeserializationContext, response: Response) -> Any:
    document: Node = ctx.operation.schema.raw_schema
    answers: Node = ctx.operation.definition.raw["responses"]
    declared = resolved(answers.get(str(response.status_code), answers.get("default", {})), document)
    media_type = response.headers["content-type"][0].partition(";")[0].strip()
    schema = declared.get("content", {}).get(media_type, {}).get("schema", {})
    return read(response.content, schema, document)


def _fill(element: Element, value: Any, schema: Node, document: Node) -> None:
    node = resolved(schema, document)
    if value is None:
        element.set(NIL, "true")
    elif isinstance(value, list):
        items = resolved(node.get("items", {}), document)
        for item in value:
            _fill(SubElement(element, tag(items, "item")), item, items, document)
    elif isinstance(value, dict):
        namespace = element.tag[: element.tag.find("}") + 1]
        for name in sorted(value):
            member = SubElement(element, namespace + _NOT_NAME.sub("_", name or "_"))
            _fill(member, value[name], node.get("properties", {}).get(name, {}), document)
    else:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return _NOT_TEXT.sub("", str(value))
