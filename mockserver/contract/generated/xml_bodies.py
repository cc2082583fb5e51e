"""Request bodies in XML as a .NET data contract wants them, under the names that a spec's `xml` objects give.

Schemathesis writes members in the order in which they were generated and null as text; a data contract reads
forward only and calls null `i:nil`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from mockserver.spec.openapi import resolve
from mockserver.spec.typed_xml import NIL_ATTRIBUTE, XML_MEDIA_TYPES, element_tag

Node: TypeAlias = Mapping[str, Any]

_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]")


def is_written(media_type: str | None) -> bool:
    """Whether bodies of that media type are written here."""
    return media_type in XML_MEDIA_TYPES


def written(value: Any, schema: Node, document: Node) -> bytes:
    """`value` as XML under the names of `schema`; what is not of its shape is written as it comes."""
    node = resolve(document, schema)
    root = Element(element_tag(node, "data"))
    _fill(root, value, node, document)
    return tostring(root)


def _fill(element: Element, value: Any, schema: Node, document: Node) -> None:
    node = resolve(document, schema)
    if value is None:
        element.set(NIL_ATTRIBUTE, "true")
    elif isinstance(value, list):
        items = resolve(document, node.get("items", {}))
        for item in value:
            _fill(SubElement(element, element_tag(items, "item")), item, items, document)
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
