"""What a page shows of a schema: its kind in words, its limits, and its members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.model import Document
from mockserver.spec.openapi import resolve

_PREFIX = "#/components/schemas/"
_MOST_VALUES = 12
_SCALAR_LIMITS: tuple[tuple[str, str], ...] = (
    ("pattern", "pattern {}"),
    ("minLength", "from {} characters"),
    ("maxLength", "up to {} characters"),
    ("minimum", "from {}"),
    ("maximum", "up to {}"),
    ("multipleOf", "in steps of {}"),
    ("minItems", "from {} members"),
    ("maxItems", "up to {} members"),
    ("default", "default {}"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a value: words, and the schema of a name that they end with, "" for none."""

    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; the path of one inside another has dots, and `[]` for a list."""

    path: str
    kind: Kind
    is_required: bool
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class SchemaViews:
    """Reads the schemas of one document."""

    document: Document

    def kind(self, schema: Document) -> Kind:
        """Return the kind of the values of a schema."""
        reference = schema.get("$ref", "")
        if reference.startswith(_PREFIX):
            return Kind("", reference.removeprefix(_PREFIX))
        schema = resolve(self.document, schema)
        if schema.get("type") == "array" or "items" in schema:
            inner = self.kind(schema.get("items", {}))
            return Kind(f"list of {inner.words}".rstrip() + (" " if inner.name else ""), inner.name)
        for keyword, words in (("oneOf", "one of"), ("anyOf", "any of")):
            if keyword in schema:
                kinds = (self.kind(one) for one in schema[keyword])
                return Kind(f"{words}: " + ", ".join(one.name or one.words for one in kinds))
        parts = schema.get("allOf", ())
        if len(parts) == 1 and "properties" not in schema:
            return self.kind(parts[0])
        return Kind(_plain_words(schema))

    def limits(self, schema: Document) -> tuple[str, ...]:
        """Return what else a schema says of its values, in short."""
        schema = resolve(self.document, schema)
        said = [words.format(schema[keyword]) for keyword, words in _SCALAR_LIMITS if keyword in schema]
        if "enum" in schema:
            said.append(_values(schema["enum"]))
        flags = (
            ("nullable", "may be null"),
            ("readOnly", "only in answers"),
            ("writeOnly", "never in answers"),
        )
        return (*said, *(words for keyword, words in flags if schema.get(keyword)))

    def members(self, schema: Document) -> tuple[Member, ...]:
        """Return the members of an object, with those of unnamed objects in it."""
        return tuple(self._members(schema, "", frozenset()))

    def _members(self, schema: Document, place: str, above: frozenset[str]) -> Iterator[Member]:
        reference = schema.get("$ref", "")
        if reference in above:
            return
        schema, above = resolve(self.document, schema), above | ({reference} - {""})
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self._members(part, place, above)
        if "items" in schema and not schema["items"].get("$ref"):
            yield from self._members(schema["items"], f"{place}[]", above)
        required = schema.get("required", ())
        for name, node in _properties(schema):
            path = f"{place}.{name}" if place else name
            found = resolve(self.document, node)
            yield Member(
                path, self.kind(node), name in required, self.limits(node), str(found.get("description", ""))
            )
            if not _is_named(node):
                yield from self._members(node, path, above)


def _properties(schema: Document) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = schema.get("properties", {})
    others = schema.get("additionalProperties")
    return [*found.items(), *([("(any name)", others)] if isinstance(others, dict) and others else [])]


def _is_named(schema: Document) -> bool:
    """Return whether a schema has a name, so that its members are shown there."""
    parts = schema.get("allOf", ())
    return "$ref" in schema or (len(parts) == 1 and _is_named(parts[0]))


def _plain_words(schema: Document) -> str:
    kind = str(
        schema.get("type") or ("object" if "properties" in schema or "allOf" in schema else "any value")
    )
    form = schema.get("format", "")
    return f"{kind} ({form})" if form else kind


def _values(values: Iterable[object]) -> str:
    shown = [str(value) for value in values]
    more = f", and {len(shown) - _MOST_VALUES} more" if len(shown) > _MOST_VALUES else ""
    return "one of " + ", ".join(shown[:_MOST_VALUES]) + more
