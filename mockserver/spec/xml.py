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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z?", re.ASCII)
_MAX_DIGITS = 15

XML_MEDIA_TYPES = ("application/xml", "text/xml")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")
_XSD = "http://www.w3.org/2001/XMLSchema"
_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TO_BE_ESCAPED = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]")
_UNNAMED_ROOT = "data"


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


Schemas = tuple[Document, ...]
"""All schemas that speak of one place."""


@dataclass(frozen=True, slots=True)
class XmlMember:
    """A member of an object: the name of its element or attribute; `repeated` is a list without a wrapper."""

    name: str
    schemas: Schemas
    attribute: bool = False
    omitted: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class XmlPlace:
    """Facts of all schemas of one place; `name` and `item_name` are "" if none is given.

    `kind` is the JSON type, "" without one, and `kinds` are those of all schemas; `free_text` a text without
    format, pattern or list of values. `by_element` and `by_attribute` are the JSON names of the members.
    """

    schemas: Schemas
    kind: str
    kinds: frozenset[str]
    name: str
    namespace: str
    free_text: bool
    milliseconds: str
    zone: str
    items: Schemas
    item_name: str
    others: Schemas
    types: Mapping[str, Document]
    members: Mapping[str, XmlMember]
    by_element: Mapping[str, str]
    by_attribute: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class XmlPlaces:
    """The places of the schemas of one spec; each is read on first use."""

    document: Document
    known: dict[tuple[int, ...], XmlPlace] = field(default_factory=dict)

    def place(self, schemas: Schemas) -> XmlPlace:
        key = tuple(map(id, schemas))
        return self.known.get(key) or self.known.setdefault(key, self._read(schemas))

    def type_named(self, place: XmlPlace, name: str) -> Schemas:
        schema = place.types.get(name)
        return () if schema is None else (schema,)

    def _read(self, schemas: Schemas) -> XmlPlace:
        parts = [part for schema in schemas for part in self._parts(schema, set())]
        xml, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        members = {name: self._member(name, found) for name, found in _members_of(parts).items()}
        shown = {name: one for name, one in members.items() if not one.omitted}
        items = tuple(part["items"] for part in parts if "items" in part)
        return XmlPlace(
            schemas=schemas,  # kept, so that no other schema gets their ids
            kind=next((part["type"] for part in parts if "type" in part), "object" if members else ""),
            kinds=frozenset(
                part["type"] for part in parts if "type" in part and part.get("enum") != [None]
            )  # the type beside a lone null says nothing
            or frozenset({"object"} if members else {"array"} if items else ()),
            name=xml.get("name", ""),
            namespace=xml.get("namespace", ""),
            free_text=not any(word in part for part in parts for word in ("format", "pattern", "enum")),
            milliseconds=ours.get("milliseconds", ""),
            zone=ours.get("zone", ""),
            items=items,
            item_name=self._name_of(items),
            others=tuple(
                part["additionalProperties"]
                for part in parts
                if isinstance(part.get("additionalProperties"), dict)
            ),
            types=ours.get("types", EMPTY),
            members=members,
            by_element={one.name: name for name, one in shown.items() if not one.attribute},
            by_attribute={one.name: name for name, one in shown.items() if one.attribute},
        )

    def _member(self, name: str, schemas: Schemas) -> XmlMember:
        parts = [part for schema in schemas for part in self._parts(schema, set())]
        xml, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        given = xml.get("name", name)
        repeated = any(part.get("type") == "array" for part in parts) and not xml.get("wrapped")
        if repeated:
            items = tuple(part["items"] for part in parts if "items" in part)
            given = self._name_of(items) or given
        return XmlMember(given, schemas, bool(xml.get("attribute")), bool(ours.get("omit")), repeated)

    def _name_of(self, schemas: Schemas) -> str:
        parts = [part for schema in schemas for part in self._parts(schema, set())]
        name: str = _merged(parts, "xml").get("name", "")
        return name

    def _parts(self, schema: Document, seen: set[int]) -> Iterator[Document]:
        node = resolve(self.document, schema)
        if id(node) in seen:  # a base lists its kinds, which name it in turn
            return
        seen.add(id(node))
        yield node
        for keyword in _COMBINING_KEYWORDS:
            for part in node.get(keyword, ()):
                yield from self._parts(part, seen)


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


def _members_of(parts: list[Document]) -> Mapping[str, Schemas]:
    members: dict[str, Schemas] = {}
    for part in parts:
        for name, schema in part.get("properties", EMPTY).items():
            members[name] = (*members.get(name, ()), schema)
    return members


def _merged(parts: list[Document], keyword: str) -> dict[str, Json]:
    """Return the values of a keyword in a schema and its `allOf` parts, the outermost first."""
    merged: dict[str, Json] = {}
    for part in parts:
        merged = {**part.get(keyword, EMPTY), **merged}
    return merged


Attributes: TypeAlias = dict[str, str]

_UNKNOWN = XmlMember("", ())


@dataclass(frozen=True, slots=True)
class XmlWriter:
    places: XmlPlaces

    def write(self, value: Json, schema: Document, type_name: str = "") -> bytes:
        """`value` as XML in UTF-8, under the names of `schema`.

        `type_name` is the type of objects with several types. An unnamed member keeps its name, with
        `_x0020_` for a sign that XML names cannot have; a character outside XML is U+FFFD.
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
        if not attributes:
            self.pieces.append(f"<{name}{end}")
            return
        written = "".join(
            f" {_attribute_name(key)}={quoteattr(_NOT_TEXT.sub(_REPLACEMENT, text))}"
            for key, text in attributes.items()
        )
        self.pieces.append(f"<{name}{written}{end}")


def _text_of(value: Json, place: XmlPlace) -> str:
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
