"""Coercion of members to the types of the spec, as `x-binder` allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, TypeAlias

from msgspec import Struct, field

from mockserver.codec.json import NUMBER_PATTERN, parse_decimal
from mockserver.model import Document, Json, Value
from mockserver.spec.openapi import misused, resolve

_INTEGER = re.compile(r"\s*-?[0-9]{1,40}\s*")
_XML_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\s*")
_GROUPED_NUMBER = re.compile(r"\s*-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?\s*")
_TRUTH = re.compile("(?:true|false)", re.IGNORECASE | re.ASCII)
_XML_TRUTH = re.compile(r"\s*(?:true|false|0|1)\s*")
_NOT_COERCED = object()
_SCALARS: Mapping[str, frozenset[type]] = {
    "string": frozenset({str, NoneType}),
    "integer": frozenset({int, NoneType}),
    "number": frozenset({int, Decimal, NoneType}),
    "boolean": frozenset({bool, NoneType}),
}
"""Types of the values that need no coercion, by the type that the schema declares."""


def _of_text(pattern: re.Pattern[str], convert: Callable[[str], Json]) -> Callable[[Json], Json]:
    """Return a function that converts texts that match the pattern, and else returns `_NOT_COERCED`."""

    def coerce(value: Json) -> Json:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            return _NOT_COERCED
        try:
            return convert(value)
        except ValueError:
            return _NOT_COERCED

    return coerce


def _of_type(kinds: tuple[type, ...], convert: Callable[[Any], Json]) -> Callable[[Json], Json]:
    """Return a function that converts values of exactly these types, and else returns `_NOT_COERCED`."""
    return lambda value: convert(value) if type(value) in kinds else _NOT_COERCED


def _decimal(text: str) -> Decimal:
    return parse_decimal(text.replace(",", "").strip())


def _text_of_number(value: int | Decimal) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


_COERCIONS: Mapping[str, tuple[str, Callable[[Json], Json]]] = {
    "integer-from-string": ("integer", _of_text(_INTEGER, int)),
    "number-from-string": ("number", _of_text(NUMBER_PATTERN, _decimal)),
    "number-from-xml": ("number", _of_text(_XML_NUMBER, _decimal)),
    "number-from-grouped": ("number", _of_text(_GROUPED_NUMBER, _decimal)),
    "string-from-number": ("string", _of_type((int, Decimal), _text_of_number)),
    "string-from-boolean": ("string", _of_type((bool,), str)),
    "boolean-from-string": ("boolean", _of_text(_TRUTH, lambda text: text.lower() == "true")),
    "boolean-from-number": ("boolean", _of_type((int,), bool)),
    "boolean-from-xml": ("boolean", _of_text(_XML_TRUTH, lambda text: text.strip() in ("true", "1"))),
    "null-from-empty": ("null", _of_text(re.compile(""), lambda _: None)),
}

Read: TypeAlias = Callable[[Json], Json]
"""A function that returns a value with members under declared names and scalars in declared types."""


class Coercion(Value, frozen=True):
    """Coercion of values in one media type of one vendor."""

    document: Document
    any_case: bool
    drops_null_texts: bool
    drops_null_structures: bool
    drops_blank_numbers: bool
    coercions: tuple[tuple[str, Callable[[Json], Json]], ...]
    """Pairs of a declared type and a conversion to that type, in the order in which conversions are tried."""

    def reader(self, schema: Document) -> Read | None:
        """Compile a reader of values of the schema; may return None if a reader would change no value."""
        is_active = self.any_case or self.drops_null_texts or self.drops_null_structures
        is_active = is_active or self.drops_blank_numbers or bool(self.coercions)
        return self._compile(schema, {}) if is_active else None

    def _compile(self, schema: Document, begun: dict[int, _StructureReader]) -> Read | None:
        """Return a reader; `begun` has readers by the `id` of their schema, which may contain itself."""
        node = resolve(self.document, schema)
        properties = self._properties(node)
        if not properties and "items" not in node:
            return self._scalar(node)
        if id(node) in begun:
            return begun[id(node)].read
        made = begun[id(node)] = _StructureReader(self.any_case, self._scalar(node))
        for name, child in properties.items():
            made.members[name.lower() if self.any_case else name] = (name, self._compile(child, begun))
        if self.any_case:
            made.members |= {name: made.members[name.lower()] for name in properties}
        exact = {name: read for name, (declared, read) in made.members.items() if name == declared}
        made.names = frozenset(exact)
        made.readers = {name: read for name, read in exact.items() if read is not None}
        made.nulls = frozenset(name for name, child in properties.items() if self._drops_null(child))
        made.blanks = frozenset(name for name, child in properties.items() if self._drops_blank(child))
        made.read_element = self._compile(node["items"], begun) if "items" in node else None
        return made.read

    def _properties(self, node: Document) -> Mapping[str, Document]:
        own: dict[str, Document] = {}
        for part in node.get("allOf", ()):
            own |= self._properties(resolve(self.document, part))
        return {**own, **node.get("properties", {})}

    def _scalar(self, node: Document) -> Read | None:
        wanted = node.get("type", "")
        tried = [
            coerce
            for target, coerce in self.coercions
            if target == wanted or (target == "null" and node.get("nullable"))
        ]
        return _scalar_reader(_SCALARS[wanted], tried) if tried and wanted in _SCALARS else None

    def _drops_null(self, schema: Document) -> bool:
        """Return whether the settings drop null of texts (not GUIDs, as in .NET) or of lists and objects."""
        node = resolve(self.document, schema)
        kind = node.get("type")
        if kind == "string":
            return self.drops_null_texts and node.get("format") != "uuid"
        return self.drops_null_structures and kind in ("array", "object")

    def _drops_blank(self, schema: Document) -> bool:
        kind = resolve(self.document, schema).get("type")
        return self.drops_blank_numbers and kind in ("integer", "number")


class _StructureReader(Struct):
    """Reader of objects and lists; it leaves every other value to `read_scalar`."""

    any_case: bool
    read_scalar: Read | None
    members: dict[str, tuple[str, Read | None]] = field(default_factory=dict)
    """Declared name and reader of each member, by declared name and, if `any_case`, also by lower case."""
    names: frozenset[str] = frozenset()
    """Names that need no change."""
    readers: Mapping[str, Read] = field(default_factory=dict)
    """Readers of the members with these names."""
    nulls: frozenset[str] = frozenset()
    """Members that count as absent if they are null."""
    blanks: frozenset[str] = frozenset()
    """Members that count as absent if they are a blank text."""
    read_element: Read | None = None

    def read(self, value: Json) -> Json:
        if isinstance(value, dict):
            return self._without_absent(self._members_of(value)) if self.members else value
        if isinstance(value, list):
            return value if self.read_element is None else [self.read_element(child) for child in value]
        return value if self.read_scalar is None else self.read_scalar(value)

    def _members_of(self, value: dict[str, Json]) -> dict[str, Json]:
        """Return the members under their declared names; if `any_case`, drop undeclared members."""
        if self.names.issuperset(value):
            made = {name: read(value[name]) for name, read in self.readers.items() if name in value}
            return value if all(value[name] is one for name, one in made.items()) else {**value, **made}
        found: dict[str, Json] = {}
        members, any_case = self.members, self.any_case
        for given, child in value.items():
            member = members.get(given) or (members.get(given.lower()) if any_case else None)
            if member is not None:
                name, read = member
                found[name] = child if read is None else read(child)
            elif not any_case:
                found[given] = child
        return found

    def _without_absent(self, found: dict[str, Json]) -> dict[str, Json]:
        if self.nulls and None in found.values():
            found = {name: one for name, one in found.items() if one is not None or name not in self.nulls}
        if self.blanks:
            found = {
                name: one for name, one in found.items() if name not in self.blanks or not _is_blank(one)
            }
        return found


def _scalar_reader(right: frozenset[type], tried: Sequence[Callable[[Json], Json]]) -> Read:
    """Return a reader that does not change values of types in `right`, and tries to convert all others."""

    def read(value: Json) -> Json:
        if type(value) in right:
            return value
        for coerce in tried:
            coerced = coerce(value)
            if coerced is not _NOT_COERCED:
                return coerced
        return value

    return read


def compile_coercion(document: Document, settings: Document) -> Coercion:
    """Return the coercion that a media type's `x-binder` declares. Raises SpecError for an unknown value."""
    coerce = settings.get("coerce", ())
    if unknown := [name for name in coerce if name not in _COERCIONS]:
        raise misused("x-binder.coerce", f"unknown {unknown[0]}; known are {', '.join(_COERCIONS)}")
    names = settings.get("names", "exact")
    if names not in ("exact", "any-case"):
        raise misused("x-binder.names", f"expected exact or any-case, found {names}")
    return Coercion(
        document,
        any_case=names == "any-case",
        drops_null_texts=_is_dropped(settings, "null-texts", "kept"),
        drops_null_structures=_is_dropped(settings, "null-structures", "kept"),
        drops_blank_numbers=_is_dropped(settings, "blank-numbers", "refused"),
        coercions=tuple(_COERCIONS[name] for name in coerce),
    )


def _is_dropped(settings: Document, setting: str, otherwise: str) -> bool:
    found = settings.get(setting, otherwise)
    if found not in (otherwise, "dropped"):
        raise misused(f"x-binder.{setting}", f"expected {otherwise} or dropped, found {found}")
    return bool(found == "dropped")


def _is_blank(value: Json) -> bool:
    return isinstance(value, str) and not value.strip()
