"""Write a request as XML, by what its schema says of names, attributes and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

from mockserver.contract.profile import Json
from mockserver.model import Document
from mockserver.spec.xml_places import XSI, Schemas, XmlPlace, XmlPlaces

_NIL = f"{{{XSI}}}nil"
_LIST_ITEM, _ROOT = "item", "data"


def write_request_xml(value: Json, schema: Document, document: Document) -> bytes:
    """Return `value` as XML; where the schema is of a list, an object around the list is left out."""
    writer = _Writer(XmlPlaces(document))
    place = writer.places.place((schema,))
    if place.kind == "array" and isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    root = Element(_tag(place.name or _ROOT, place))
    writer.fill(root, value, (schema,))
    # A reader takes a carriage return for a line feed, unless it is written as a reference.
    return tostring(root).replace(b"\r", b"&#13;")


@dataclass(frozen=True, slots=True)
class _Writer:
    places: XmlPlaces

    def fill(self, element: Element, value: Json, schemas: Schemas) -> None:
        place = self.places.place(schemas)
        if value is None:
            element.set(_NIL, "true")
        elif isinstance(value, list):
            for one in value:
                self.fill(SubElement(element, _tag(place.item_name or _LIST_ITEM, place)), one, place.items)
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                self._member(element, place, name, inner)
        else:
            element.text = _text(value)

    def _member(self, element: Element, place: XmlPlace, name: str, value: Json) -> None:
        member = place.members.get(name)
        if member is None:
            self.fill(SubElement(element, _tag(name, place)), value, ())
        elif member.attribute:
            element.set(member.name, _text(value))
        elif member.repeated and isinstance(value, list):
            items = self.places.place(member.schemas).items
            for one in value:
                self.fill(SubElement(element, _tag(member.name, place)), one, items)
        else:
            self.fill(SubElement(element, _tag(member.name, place)), value, member.schemas)


def _tag(name: str, place: XmlPlace) -> str:
    return f"{{{place.namespace}}}{name}" if place.namespace else name


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
