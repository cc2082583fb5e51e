"""Write a JSON document as XML by its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from mockserver.model import Document, Json
from mockserver.spec.xml_moments import to_iso
from mockserver.spec.xml_places import XSI, Schemas, XmlMember, XmlPlace, XmlPlaces

Attributes: TypeAlias = dict[str, str]

_XSD = "http://www.w3.org/2001/XMLSchema"
_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TO_BE_ESCAPED = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]")
_UNNAMED_ROOT = "data"
_UNKNOWN = XmlMember("", ())


@dataclass(frozen=True, slots=True)
class XmlWriter:
    """Writer of the documents of one spec."""

    places: XmlPlaces

    def write(self, value: Json, schema: Document, type_name: str = "") -> bytes:
        """Return `value` as XML in UTF-8, under the names that `schema` gives.

        `type_name` is the type of the objects that may be of several.

        A member that no schema names keeps its name, with `_x0020_` for a sign that XML has not in names; a
        character that XML has not is U+FFFD.
        """
        place = self.places.place((schema,))
        written = _Written(self.places, type_name)
        spaces = {"xmlns:xsd": _XSD, "xmlns:xsi": XSI}
        written.element(place.name or _UNNAMED_ROOT, value, (schema,), spaces)
        return "".join(written.pieces).encode()


@dataclass(frozen=True, slots=True)
class _Written:
    """The text of one document while it grows."""

    places: XmlPlaces
    type_name: str
    pieces: list[str] = field(default_factory=list)

    def element(self, name: str, value: Json, schemas: Schemas, attributes: Attributes) -> None:
        name, place = _safe(name), self.places.place(schemas)
        if place.namespace and "xmlns" not in attributes:
            attributes = {"xmlns": place.namespace, **attributes}
        if isinstance(value, dict) and (found := self.places.type_named(place, self.type_name)):
            schemas = (*found, *schemas)
            attributes = {**attributes, "xsi:type": self.type_name}
            place = self.places.place(schemas)
        match value:
            case None:
                self._tag(name, {**attributes, "xsi:nil": "true"}, "/>")
            case dict():
                self._object(name, value, place, attributes)
            case list():
                self._list(name, value, place, attributes)
            case _:
                self._text(name, _text_of(value, place), attributes)

    def _object(self, name: str, value: Mapping[str, Json], place: XmlPlace, attributes: Attributes) -> None:
        inner: list[tuple[str, Json, XmlMember]] = []
        for member, content in value.items():
            form = place.members.get(member, _UNKNOWN)
            if form.omitted:
                continue
            if not form.attribute:
                inner.append((member, content, form))
            elif content is not None:
                attributes = {**attributes, form.name: _text_of(content, self.places.place(form.schemas))}
        if not inner:
            self._tag(name, attributes, "/>")
            return
        self._tag(name, attributes, ">")
        for member, content, form in inner:
            self._member(member, content, form, place)
        self.pieces.append(f"</{name}>")

    def _member(self, name: str, value: Json, form: XmlMember, place: XmlPlace) -> None:
        given, schemas = form.name or name, form.schemas or place.others
        if form.repeated and isinstance(value, list):
            items = self.places.place(schemas).items
            for child in value:
                self.element(given, child, items, {})
        else:
            self.element(given, value, schemas, {})

    def _list(self, name: str, value: list[Json], place: XmlPlace, attributes: Attributes) -> None:
        if not value:
            self._tag(name, attributes, "/>")
            return
        self._tag(name, attributes, ">")
        for child in value:
            self.element(place.item_name or name, child, place.items, {})
        self.pieces.append(f"</{name}>")

    def _text(self, name: str, text: str, attributes: Attributes) -> None:
        if not text:
            self._tag(name, attributes, "/>")
            return
        self._tag(name, attributes, ">")
        self.pieces.append(f"{_escaped(text)}</{name}>")

    def _tag(self, name: str, attributes: Attributes, end: str) -> None:
        """Write a tag under a name that XML can have."""
        if not attributes:
            self.pieces.append(f"<{name}{end}")
            return
        said = "".join(
            f" {_attribute_name(key)}={quoteattr(_NOT_TEXT.sub(_REPLACEMENT, text))}"
            for key, text in attributes.items()
        )
        self.pieces.append(f"<{name}{said}{end}")


def _text_of(value: Json, place: XmlPlace) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return to_iso(text, place.milliseconds, place.zone) if place.milliseconds else text


def _escaped(text: str) -> str:
    """Return the text as character data; a carriage return would be read back as a line feed."""
    if not _TO_BE_ESCAPED.search(text):
        return text
    return escape(_NOT_TEXT.sub(_REPLACEMENT, text), {"\r": "&#13;"})


def _attribute_name(name: str) -> str:
    return name if name.startswith(("xmlns", "xsi:")) else _safe(name)


def _safe(name: str) -> str:
    """Return the name as XML can have it, whatever a document calls its member."""
    if _NAME.fullmatch(name):
        return name
    return _NOT_NAME.sub(lambda sign: f"_x{ord(sign[0]):04X}_", name) or "_"
