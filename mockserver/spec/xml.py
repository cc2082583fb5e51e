"""XML of a JSON document: its form by OpenAPI's `xml` and our `x-xml`, and its text.

`x-xml` extends `xml`: `omit` a member without XML form; `milliseconds`, the JSON form of a moment with `{}`
for the milliseconds since 1970, in XML in ISO form with the `zone`; `types`, by name the schemas of an
element of several types, named in its attribute `xsi:type`. At an operation `type` is the type of its
elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from mockserver.model import EMPTY, Document, Json
from mockserver.spec.openapi import resolve
from mockserver.spec.schema_tree import SchemaMember, SchemaPlace, Schemas, SchemaTree

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z?", re.ASCII)
_MAX_DIGITS = 15

XML_MEDIA_TYPES = ("application/xml", "text/xml")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TO_BE_ESCAPED = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]")
_UNNAMED_ROOT = "data"
_UNKNOWN = SchemaMember("", ())

Attributes: TypeAlias = dict[str, str]


def to_iso(text: str, form: str, zone: str = "") -> str:
    """ISO form of a text of `form`, such as `/Date({})/`; any other text unchanged."""
    match = _pattern(form).fullmatch(text)
    if match is None:
        return text
    try:
        moment = _EPOCH + int(match[1]) * _MILLISECOND
    except OverflowError:
        return text
    whole = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return whole.rstrip("0").removesuffix(".") + zone if moment.microsecond else whole[:-4] + zone


def from_iso(text: str, form: str) -> str:
    """Return a moment in ISO form as a text of `form`; any other text unchanged."""
    if not _ISO.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return text
    return form.replace("{}", str((moment - _EPOCH) // _MILLISECOND))


@lru_cache
def _pattern(form: str) -> re.Pattern[str]:
    before, _, after = form.partition("{}")
    return re.compile(f"{re.escape(before)}(-?[0-9]{{1,{_MAX_DIGITS}}}){re.escape(after)}")


def without_omitted(document: Document) -> Document:
    """Return a copy of a spec in which no required member lacks an XML form."""
    schemas = document.get("components", EMPTY).get("schemas", EMPTY)
    omitted = frozenset(_omitted_members(schemas, document))
    copied: Document = _require_less(document, omitted) if omitted else document
    return copied


def _omitted_members(node: Json, document: Document) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _omitted_members(child, document)
    elif isinstance(node, dict):
        for name, child in node.get("properties", EMPTY).items():
            if isinstance(child, dict) and resolve(document, child).get("x-xml", EMPTY).get("omit"):
                yield name
        for child in node.values():
            yield from _omitted_members(child, document)


def _require_less(node: Json, omitted: frozenset[str]) -> Json:
    if isinstance(node, list):
        return [_require_less(child, omitted) for child in node]
    if not isinstance(node, dict):
        return node
    copied = {name: _require_less(child, omitted) for name, child in node.items()}
    if isinstance(copied.get("required"), list):
        copied["required"] = [name for name in copied["required"] if name not in omitted]
        if not copied["required"]:
            del copied["required"]
    return copied


@dataclass(frozen=True, slots=True)
class XmlWriter:
    tree: SchemaTree

    def write(self, value: Json, schema: Document, type_name: str = "") -> bytes:
        """`value` as XML in UTF-8, under the names of `schema`.

        `type_name` is the type of objects with several types. An unnamed member keeps its name, with
        `_x0020_` for a sign that XML names cannot have; a character outside XML is U+FFFD.
        """
        place = self.tree.place((schema,))
        written = _Written(self.tree, type_name)
        spaces = {"xmlns:xsd": _XSD, "xmlns:xsi": XSI}
        written.element(place.name or _UNNAMED_ROOT, value, (schema,), spaces)
        return "".join(written.pieces).encode()


@dataclass(frozen=True, slots=True)
class _Written:
    """The text of one document while it grows."""

    tree: SchemaTree
    type_name: str
    pieces: list[str] = field(default_factory=list)

    def element(self, name: str, value: Json, schemas: Schemas, attributes: Attributes) -> None:
        name, place = _safe(name), self.tree.place(schemas)
        if place.namespace and "xmlns" not in attributes:
            attributes = {"xmlns": place.namespace, **attributes}
        if isinstance(value, dict) and (found := place.type_named(self.type_name)):
            schemas = (*found, *schemas)
            attributes = {**attributes, "xsi:type": self.type_name}
            place = self.tree.place(schemas)
        match value:
            case None:
                self._tag(name, {**attributes, "xsi:nil": "true"}, "/>")
            case dict():
                self._object(name, value, place, attributes)
            case list():
                self._list(name, value, place, attributes)
            case _:
                self._text(name, _text_of(value, place), attributes)

    def _object(
        self, name: str, value: Mapping[str, Json], place: SchemaPlace, attributes: Attributes
    ) -> None:
        inner: list[tuple[str, Json, SchemaMember]] = []
        for member, content in value.items():
            form = place.members.get(member, _UNKNOWN)
            if form.omitted:
                continue
            if not form.attribute:
                inner.append((member, content, form))
            elif content is not None:
                attributes = {**attributes, form.name: _text_of(content, self.tree.place(form.schemas))}
        if not inner:
            self._tag(name, attributes, "/>")
            return
        self._tag(name, attributes, ">")
        for member, content, form in inner:
            self._member(member, content, form, place)
        self.pieces.append(f"</{name}>")

    def _member(self, name: str, value: Json, form: SchemaMember, place: SchemaPlace) -> None:
        given, schemas = form.name or name, form.schemas or place.others
        if form.repeated and isinstance(value, list):
            items = self.tree.place(schemas).items
            for child in value:
                self.element(given, child, items, {})
        else:
            self.element(given, value, schemas, {})

    def _list(self, name: str, value: list[Json], place: SchemaPlace, attributes: Attributes) -> None:
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
        if not attributes:
            self.pieces.append(f"<{name}{end}")
            return
        written = "".join(
            f" {_attribute_name(key)}={quoteattr(_NOT_TEXT.sub(_REPLACEMENT, text))}"
            for key, text in attributes.items()
        )
        self.pieces.append(f"<{name}{written}{end}")


def _text_of(value: Json, place: SchemaPlace) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return to_iso(text, place.milliseconds, place.zone) if place.milliseconds else text


def _escaped(text: str) -> str:
    """Return the text as character data; a raw carriage return would be read back as a line feed."""
    if not _TO_BE_ESCAPED.search(text):
        return text
    return escape(_NOT_TEXT.sub(_REPLACEMENT, text), {"\r": "&#13;"})


def _attribute_name(name: str) -> str:
    return name if name.startswith(("xmlns", "xsi:")) else _safe(name)


def _safe(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    return _NOT_NAME.sub(lambda sign: f"_x{ord(sign[0]):04X}_", name) or "_"
