"""The XML form of a place in a document: names, attributes and lists, by OpenAPI's `xml` and our `x-xml`.

`x-xml` says what `xml` cannot: `omit` a member that XML has not; `milliseconds`, the JSON form of a moment
with `{}` for the milliseconds since 1970, of which XML has the ISO form, behind it the `zone`; `types`, by
name the schemas of an element that may be of several types, which names its own in the attribute `xsi:type`.
At an operation `type` is the one of these that its elements have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mockserver.model import EMPTY, Document, Json
from mockserver.spec.openapi import resolve

Schemas = tuple[Document, ...]
"""All schemas that speak of one place."""

XML_MEDIA_TYPES = ("application/xml", "text/xml")
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")


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
    """What the schemas of one place say together; `name` and `item_name` are "" where nothing names them.

    `kind` is the JSON type, "" if none is said; `free_text` a text without format, pattern or list of values.
    `by_element` and `by_attribute` are the JSON names of the members.
    """

    schemas: Schemas
    kind: str
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
    """The places of the schemas of one spec; each is read when it is first met."""

    document: Document
    known: dict[tuple[int, ...], XmlPlace] = field(default_factory=dict)

    def place(self, schemas: Schemas) -> XmlPlace:
        """Return what the schemas say of the place that is theirs."""
        key = tuple(map(id, schemas))
        return self.known.get(key) or self.known.setdefault(key, self._read(schemas))

    def type_named(self, place: XmlPlace, name: str) -> Schemas:
        """Return the schema of the type of that name, () for none."""
        schema = place.types.get(name)
        return () if schema is None else (schema,)

    def _read(self, schemas: Schemas) -> XmlPlace:
        parts = [part for schema in schemas for part in self._parts(schema)]
        said, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        members = {name: self._member(name, found) for name, found in _members_of(parts).items()}
        shown = {name: one for name, one in members.items() if not one.omitted}
        items = tuple(part["items"] for part in parts if "items" in part)
        return XmlPlace(
            schemas=schemas,  # kept, so that no other schema gets their ids
            kind=next((part["type"] for part in parts if "type" in part), "object" if members else ""),
            name=said.get("name", ""),
            namespace=said.get("namespace", ""),
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
        parts = [part for schema in schemas for part in self._parts(schema)]
        said, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        given = said.get("name", name)
        repeated = any(part.get("type") == "array" for part in parts) and not said.get("wrapped")
        if repeated:
            items = tuple(part["items"] for part in parts if "items" in part)
            given = self._name_of(items) or given
        return XmlMember(given, schemas, bool(said.get("attribute")), bool(ours.get("omit")), repeated)

    def _name_of(self, schemas: Schemas) -> str:
        """Return the name that the schemas give to their element."""
        name: str = _merged([part for one in schemas for part in self._parts(one)], "xml").get("name", "")
        return name

    def _parts(self, schema: Document) -> Iterator[Document]:
        node = resolve(self.document, schema)
        yield node
        for keyword in _COMBINING_KEYWORDS:
            for part in node.get(keyword, ()):
                yield from self._parts(part)


def without_omitted(document: Document) -> Document:
    """Return a copy of a spec in which nothing requires a member that XML omits."""
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
    """Return what the parts say under a keyword, the outermost of them first."""
    merged: dict[str, Json] = {}
    for part in parts:
        merged = {**part.get(keyword, EMPTY), **merged}
    return merged
