"""Compile, once for each place of a value in a document, all schemas that apply to the value.

The schemas of an object's member are those that the object's own schema, the parts of its `allOf`, and the
variants of its `oneOf` and `anyOf` have for the member. References are resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import field

from mockserver.model import EMPTY, Document, Json, Path, Value
from mockserver.spec.openapi import resolve

COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")
_CONTAINERS = frozenset({dict, list})
_BOUND = frozenset({"format", "pattern", "enum"})

Schemas = tuple[Document, ...]
"""All schemas that apply to one place."""


class SchemaMember(Value, frozen=True):
    """A member of an object."""

    name: str
    """Name of the element or attribute in XML."""
    schemas: Schemas
    answered: Schemas = ()
    """The schemas that are not `writeOnly`."""
    attribute: bool = False
    omitted: bool = False
    """Whether the member has no XML form."""
    repeated: bool = False
    """Whether the member is a list whose items have no common element around them in XML."""


class SchemaPlace(Value, frozen=True):
    """Facts that follow from all schemas of one place together."""

    schemas: Schemas
    """Stored so that Python frees no schema: `SchemaTree` finds a place by Python's `id()` of each schema."""
    kind: str
    """The first JSON type that a schema has; if none has a type, "object" if there are members, else ""."""
    kinds: frozenset[str]
    """The JSON types of all schemas; if none has a type, the type that members or items imply."""
    name: str
    """Name of the element in XML; "" if no schema names it."""
    namespace: str
    free_text: bool
    """Whether no schema has a format, a pattern or a list of values."""
    milliseconds: str
    zone: str
    items: Schemas
    item_name: str
    """Name of the element of each item in XML; "" if no schema names it."""
    others: Schemas
    """The schemas for members that no schema names (`additionalProperties`)."""
    types: Mapping[str, Document]
    """Schemas by the type that an XML element names in `xsi:type`; from `types` of `x-xml`."""
    members: Mapping[str, SchemaMember]
    by_element: Mapping[str, str]
    """Names of the members in JSON, by the names of the members' elements in XML."""
    by_attribute: Mapping[str, str]
    answered: Mapping[str, Schemas]
    """Schemas of the members that answers may have, by name, with those that are only `required`."""
    is_open: bool
    """Whether undeclared members are allowed: by a schema, or because the schemas declare no members."""

    def type_named(self, name: str) -> Schemas:
        return (self.types[name],) if name in self.types else ()


class SchemaTree(Value, frozen=True, weakref=True):
    """The `SchemaPlace` objects of one document; each `SchemaPlace` is compiled on first use."""

    document: Document
    known: dict[tuple[int, ...], SchemaPlace] = field(default_factory=dict)

    def place(self, schemas: Schemas) -> SchemaPlace:
        key = tuple(map(id, schemas))
        return self.known.get(key) or self.known.setdefault(key, self._compile(schemas))

    def answered(self, value: Json, schema: Document) -> Any:
        """Return the value without members that the schema does not allow, or allows in requests only."""
        beyond = frozenset(self.undeclared(value, (schema,)))
        return _without(value, beyond, ()) if beyond else value

    def undeclared(self, value: Json, schemas: Schemas, path: Path = ()) -> Iterator[Path]:
        """Yield the paths of members that the schemas do not allow, or allow in requests only."""
        if type(value) not in _CONTAINERS:
            return
        place = self.place(schemas)
        if isinstance(value, list):
            for index, child in enumerate(value):
                if type(child) in _CONTAINERS:
                    yield from self.undeclared(child, place.items, (*path, index))
            return
        if value.keys() <= place.answered.keys() and _CONTAINERS.isdisjoint(map(type, value.values())):
            return  # true for most records; saves nine tenths of the time
        for name, child in value.items():
            if inner := place.answered.get(name, place.others):
                if type(child) in _CONTAINERS:
                    yield from self.undeclared(child, inner, (*path, name))
            elif not place.is_open:
                yield (*path, name)

    def _compile(self, schemas: Schemas) -> SchemaPlace:
        parts = self._parts(schemas)
        xml, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        named: dict[str, Schemas] = {}
        for part in parts:
            for name, schema in part.get("properties", EMPTY).items():
                named[name] = (*named.get(name, ()), schema)
        members = {name: self._member(name, found) for name, found in named.items()}
        answered = {name: one.answered for name, one in members.items() if one.answered}
        shown = {name: one for name, one in members.items() if not one.omitted}
        types = [part["type"] for part in parts if "type" in part]
        # If null is the only value of an `enum`, the type beside the `enum` is meaningless.
        kinds = frozenset(part["type"] for part in parts if "type" in part and part.get("enum") != [None])
        items, others = _under(parts, "items"), _under(parts, "additionalProperties")
        unnamed = {name for part in parts for name in part.get("required", ())} - members.keys()
        return SchemaPlace(
            schemas=schemas,
            kind=next(iter(types), "object" if members else ""),
            kinds=kinds or frozenset({"object"} if members else {"array"} if items else ()),
            name=xml.get("name", ""),
            namespace=xml.get("namespace", ""),
            free_text=all(_BOUND.isdisjoint(part) for part in parts),
            milliseconds=ours.get("milliseconds", ""),
            zone=ours.get("zone", ""),
            items=items,
            item_name=self._name_of(items),
            others=others,
            types=ours.get("types", EMPTY),
            members=members,
            by_element={one.name: name for name, one in shown.items() if not one.attribute},
            by_attribute={one.name: name for name, one in shown.items() if one.attribute},
            answered=answered | dict.fromkeys(unnamed, others or (EMPTY,)),
            is_open=not (answered or others) or any(map(_allows_any_member, parts)),
        )

    def _member(self, name: str, schemas: Schemas) -> SchemaMember:
        parts = self._parts(schemas)
        xml, ours = _merged(parts, "xml"), _merged(parts, "x-xml")
        repeated = any(part.get("type") == "array" for part in parts) and not xml.get("wrapped")
        inner = self._name_of(_under(parts, "items")) if repeated else ""
        return SchemaMember(
            inner or xml.get("name", name),
            schemas,
            tuple(one for one in schemas if not resolve(self.document, one).get("writeOnly")),
            bool(xml.get("attribute")),
            bool(ours.get("omit")),
            repeated,
        )

    def _name_of(self, schemas: Schemas) -> str:
        return str(_merged(self._parts(schemas), "xml").get("name", ""))

    def _parts(self, schemas: Schemas) -> list[Document]:
        return [part for schema in schemas for part in self._parts_of(schema, set())]

    def _parts_of(self, schema: Document, seen: set[int]) -> Iterator[Document]:
        node = resolve(self.document, schema)
        if id(node) in seen:  # a base schema lists its variants, which refer to the base
            return
        seen.add(id(node))
        yield node
        for keyword in COMBINING_KEYWORDS:
            for part in node.get(keyword, ()):
                yield from self._parts_of(part, seen)


def _under(parts: list[Document], keyword: str) -> Schemas:
    """Return the schemas that the parts have under a keyword."""
    return tuple(part[keyword] for part in parts if isinstance(part.get(keyword), Mapping))


def _merged(parts: list[Document], keyword: str) -> dict[str, Any]:
    """Merge the parts' objects under the keyword; of members with equal names, the first member counts."""
    merged: dict[str, Json] = {}
    for part in parts:
        merged = {**part.get(keyword, EMPTY), **merged}
    return merged


def _without(value: Json, beyond: frozenset[Path], path: Path) -> Any:
    if isinstance(value, dict):
        kept = {name: child for name, child in value.items() if (*path, name) not in beyond}
        return {name: _without(child, beyond, (*path, name)) for name, child in kept.items()}
    if isinstance(value, list):
        return [_without(child, beyond, (*path, index)) for index, child in enumerate(value)]
    return value


def _allows_any_member(part: Document) -> bool:
    """Return whether the part allows every member: `additionalProperties: true`, or only `type: object`."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    named = ("properties", "required", *COMBINING_KEYWORDS)
    return part.get("type") == "object" and not any(name in part for name in named)
