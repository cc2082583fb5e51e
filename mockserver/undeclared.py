"""Members that no part of a schema names: what a reader of the spec would never look for.

OpenAPI leaves objects open, and a closed copy of each part would refuse what its sibling under `allOf` names;
so the parts of a place are read together here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockserver.model import Document, Json, Path
from mockserver.spec import resolve

_PARTS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class _Place:
    """What the schemas of one place say together: of members by name, of all others, of elements.

    `free` where any member may stand.
    """

    members: dict[str, tuple[Document, ...]]
    others: tuple[Document, ...]
    elements: tuple[Document, ...]
    free: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """The members that the schema `node` of `document` names; its places are read when they are first met."""

    document: Document
    node: Document
    places: dict[tuple[int, ...], _Place] = field(default_factory=dict)

    def undeclared(self, value: Json) -> Iterator[Path]:
        """Where `value` has members that the schema does not name, the outermost of each."""
        return self._undeclared((self.node,), value, ())

    def _undeclared(self, schemas: tuple[Document, ...], value: Json, path: Path) -> Iterator[Path]:
        if not isinstance(value, (dict, list)):
            return
        known = tuple(map(id, schemas))
        place = self.places.get(known) or self.places.setdefault(known, self._place(schemas))
        if isinstance(value, list):
            for index, child in enumerate(value):
                yield from self._undeclared(place.elements, child, (*path, index))
            return
        for name, child in value.items():
            if inner := place.members.get(name, place.others):
                yield from self._undeclared(inner, child, (*path, name))
            elif not place.free:
                yield (*path, name)

    def _place(self, schemas: tuple[Document, ...]) -> _Place:
        parts = [part for schema in schemas for part in self._parts(schema)]
        members: dict[str, tuple[Document, ...]] = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                members[name] = (*members.get(name, ()), schema)
        others = tuple(
            part["additionalProperties"]
            for part in parts
            if isinstance(part.get("additionalProperties"), dict)
        )
        elements = tuple(part["items"] for part in parts if "items" in part)
        free = not (members or others) or any(map(_is_free, parts))
        return _Place(members, others, elements, free)

    def _parts(self, schema: Any) -> Iterator[Document]:
        node = resolve(self.document, schema)
        yield node
        for keyword in _PARTS:
            for part in node.get(keyword, ()):
                yield from self._parts(part)


def _is_free(part: Document) -> bool:
    """Whether the part by itself is of any object whatever; one that needs members stands beside others."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    named = ("properties", "required", *_PARTS)
    return part.get("type") == "object" and not any(name in part for name in named)
