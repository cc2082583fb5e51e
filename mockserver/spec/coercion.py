"""Coerce member names and scalar types to those of the schema, as the media type's `x-binder` allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mockserver.codec.json import NUMBER_PATTERN, parse_decimal
from mockserver.errors import SpecError
from mockserver.model import Document, Json
from mockserver.spec.openapi import resolve

_INTEGER = re.compile(r"\s*-?[0-9]{1,40}\s*")
_XML_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\s*")
_GROUPED_NUMBER = re.compile(r"\s*-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?\s*")
_NOT_COERCED = object()


def _integer(value: Json) -> Json:
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else _NOT_COERCED


def _number(value: Json) -> Json:
    return _decimal(value) if isinstance(value, str) and NUMBER_PATTERN.fullmatch(value) else _NOT_COERCED


def _xml_number(value: Json) -> Json:
    return _decimal(value) if isinstance(value, str) and _XML_NUMBER.fullmatch(value) else _NOT_COERCED


def _grouped_number(value: Json) -> Json:
    grouped = isinstance(value, str) and _GROUPED_NUMBER.fullmatch(value)
    return _decimal(value.replace(",", "")) if grouped else _NOT_COERCED


def _decimal(text: str) -> Json:
    try:
        return parse_decimal(text.strip())
    except ValueError:
        return _NOT_COERCED


def _text_of_number(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return _NOT_COERCED
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _text_of_boolean(value: Json) -> Json:
    return ("True" if value else "False") if isinstance(value, bool) else _NOT_COERCED


def _boolean_of_text(value: Json) -> Json:
    return (
        {"true": True, "false": False}.get(value.lower(), _NOT_COERCED)
        if isinstance(value, str)
        else _NOT_COERCED
    )


def _boolean_of_number(value: Json) -> Json:
    return value != 0 if isinstance(value, int) and not isinstance(value, bool) else _NOT_COERCED


def _boolean_of_xml(value: Json) -> Json:
    known = {"true": True, "1": True, "false": False, "0": False}
    return known.get(value.strip(), _NOT_COERCED) if isinstance(value, str) else _NOT_COERCED


def _null_of_empty(value: Json) -> Json:
    return None if value == "" else _NOT_COERCED


_COERCIONS: Mapping[str, tuple[str, Callable[[Json], Json]]] = {
    "integer-from-string": ("integer", _integer),
    "number-from-string": ("number", _number),
    "number-from-xml": ("number", _xml_number),
    "number-from-grouped": ("number", _grouped_number),
    "string-from-number": ("string", _text_of_number),
    "string-from-boolean": ("string", _text_of_boolean),
    "boolean-from-string": ("boolean", _boolean_of_text),
    "boolean-from-number": ("boolean", _boolean_of_number),
    "boolean-from-xml": ("boolean", _boolean_of_xml),
    "null-from-empty": ("null", _null_of_empty),
}
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
}


@dataclass(frozen=True, slots=True)
class Coercion:
    """Coercion of values in one media type of one vendor, tried in order, by the wanted type."""

    document: Document
    any_case: bool
    drops_null_texts: bool
    drops_null_structures: bool
    drops_blank_numbers: bool
    coercions: tuple[tuple[str, Callable[[Json], Json]], ...]

    @property
    def is_active(self) -> bool:
        """Whether it changes any value."""
        return self.any_case or self._drops_nulls or self.drops_blank_numbers or bool(self.coercions)

    @property
    def _drops_nulls(self) -> bool:
        return self.drops_null_texts or self.drops_null_structures

    def coerce(self, value: Json, schema: Document) -> Json:
        """`value` with members under their declared names and scalars of the declared types."""
        node = resolve(self.document, schema)
        if isinstance(value, dict):
            properties = self._properties(node)
            members = self._without_nulls(self._members(value, properties), properties)
            return self._without_blank_numbers(members, properties)
        if isinstance(value, list):
            return [self.coerce(child, node["items"]) for child in value] if "items" in node else value
        return self._scalar(value, node)

    def _without_nulls(self, value: dict[str, Json], properties: Mapping[str, Document]) -> dict[str, Json]:
        """Return the members, under their declared names, but for those that are null and may be so."""
        if not self._drops_nulls or None not in value.values():
            return value
        return {
            name: child
            for name, child in value.items()
            if child is not None or not self._is_null_dropped(properties.get(name, {}))
        }

    def _is_null_dropped(self, schema: Document) -> bool:
        return (self.drops_null_texts and self._is_text(schema)) or (
            self.drops_null_structures and self._is_structure(schema)
        )

    def _without_blank_numbers(
        self, value: dict[str, Json], properties: Mapping[str, Document]
    ) -> dict[str, Json]:
        """Return the members, under their declared names, but for numbers that are a blank string."""
        if not self.drops_blank_numbers:
            return value
        return {
            name: child
            for name, child in value.items()
            if not _is_blank(child) or not self._is_number(properties.get(name, {}))
        }

    def _is_number(self, schema: Document) -> bool:
        return resolve(self.document, schema).get("type") in ("integer", "number")

    def _is_structure(self, schema: Document) -> bool:
        return resolve(self.document, schema).get("type") in ("array", "object")

    def _is_text(self, schema: Document) -> bool:
        """Return whether the member is a text, which may be null in .NET, where a GUID may not."""
        node = resolve(self.document, schema)
        return bool(node.get("type") == "string" and node.get("format") != "uuid")

    def _members(self, value: Mapping[str, Json], properties: Mapping[str, Document]) -> dict[str, Json]:
        if not self.any_case or not properties:
            return {
                name: self.coerce(child, properties[name]) if name in properties else child
                for name, child in value.items()
            }
        names = {name.lower(): name for name in properties}
        return {
            name: self.coerce(child, properties[name])
            for given, child in value.items()
            if (name := names.get(given.lower()))
        }

    def _properties(self, node: Document) -> Mapping[str, Document]:
        own: dict[str, Document] = {}
        for part in node.get("allOf", ()):
            own |= self._properties(resolve(self.document, part))
        return {**own, **node.get("properties", {})}

    def _scalar(self, value: Json, node: Document) -> Json:
        wanted = node.get("type", "")
        if value is None or not wanted or _is_of_type(value, wanted):
            return value
        for target, coerce in self.coercions:
            if target == wanted or (target == "null" and node.get("nullable")):
                read = coerce(value)
                if read is not _NOT_COERCED:
                    return read
        return value


def compile_coercion(document: Document, settings: Document) -> Coercion:
    """Return the binder that a media type's `x-binder` describes.

    Raises:
        SpecError: it names a coercion or a reading of names that is not known.
    """
    wanted = settings.get("coerce", ())
    if unknown := [name for name in wanted if name not in _COERCIONS]:
        raise SpecError(f"x-binder.coerce: unknown {unknown[0]}; known are {', '.join(_COERCIONS)}")
    names = settings.get("names", "exact")
    if names not in ("exact", "any-case"):
        raise SpecError(f"x-binder.names: expected exact or any-case, found {names}")
    return Coercion(
        document,
        any_case=names == "any-case",
        drops_null_texts=_is_dropped(settings, "null-texts", "kept"),
        drops_null_structures=_is_dropped(settings, "null-structures", "kept"),
        drops_blank_numbers=_is_dropped(settings, "blank-numbers", "refused"),
        coercions=tuple(_COERCIONS[name] for name in wanted),
    )


def _is_dropped(settings: Document, setting: str, otherwise: str) -> bool:
    found = settings.get(setting, otherwise)
    if found not in (otherwise, "dropped"):
        raise SpecError(f"x-binder.{setting}: expected {otherwise} or dropped, found {found}")
    return bool(found == "dropped")


def _is_blank(value: Json) -> bool:
    return isinstance(value, str) and not value.strip()


def _is_of_type(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, _PYTHON_TYPES.get(wanted, (object,)))
