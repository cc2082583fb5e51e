"""Members that the schema of an answer names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockserver.model import Document, Json, Path
from mockserver.spec.openapi import resolve

_CONTAINERS = frozenset({dict, list})
_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class _Declarations:
    members: dict[str, tuple[Document, ...]]
    others: tuple[Document, ...]
    elements: tuple[Document, ...]
    allows_any_member: bool


@dataclass(frozen=True, slots=True)
class DeclaredMembers:
    """The members that the schema `node` of `document` names; its places are read on first use."""

    document: Document
    node: Document
    places: dict[tuple[int, ...], _Declarations] = field(default_factory=dict)

    def undeclared(self, value: Json) -> Iterator[Path]:
        return self._undeclared((self.node,), value, ()) if isinstance(value, (dict, list)) else iter(())

    def answered(self, value: Json) -> Json:
        """Return the value without members that no schema names, or that only requests have."""
        beyond = frozenset(self.undeclared(value))
        return _without(value, beyond, ()) if beyond else value

    def _undeclared(self, schemas: tuple[Document, ...], value: Json, path: Path) -> Iterator[Path]:
        known = tuple(map(id, schemas))
        place = self.places.get(known) or self.places.setdefault(known, self._place(schemas))
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, (dict, list)):
                    yield from self._undeclared(place.elements, child, (*path, index))
            return
        if value.keys() <= place.members.keys() and _CONTAINERS.isdisjoint(map(type, value.values())):
            return  # as most records, in a tenth of the time
        for name, child in value.items():
            if inner := place.members.get(name, place.others):
                if isinstance(child, (dict, list)):
                    yield from self._undeclared(inner, child, (*path, name))
            elif not place.allows_any_member:
                yield (*path, name)

    def _place(self, schemas: tuple[Document, ...]) -> _Declarations:
        parts = [part for schema in schemas for part in self._parts(schema)]
        members: dict[str, tuple[Document, ...]] = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                if resolve(self.document, schema).get("writeOnly"):
                    continue
                members[name] = (*members.get(name, ()), schema)
        others = tuple(
            part["additionalProperties"]
            for part in parts
            if isinstance(part.get("additionalProperties"), dict)
        )
        elements = tuple(part["items"] for part in parts if "items" in part)
        free = not (members or others) or any(map(_allows_any_member, parts))
        return _Declarations(members, others, elements, free)

    def _parts(self, schema: Any) -> Iterator[Document]:
        node = resolve(self.document, schema)
        yield node
        for keyword in _COMBINING_KEYWORDS:
            for part in node.get(keyword, ()):
                yield from self._parts(part)


def _without(value: Json, beyond: frozenset[Path], path: Path) -> Any:
    if isinstance(value, dict):
        kept = {name: child for name, child in value.items() if (*path, name) not in beyond}
        return {name: _without(child, beyond, (*path, name)) for name, child in kept.items()}
    if isinstance(value, list):
        return [_without(child, beyond, (*path, index)) for index, child in enumerate(value)]
    return value


def _allows_any_member(part: Document) -> bool:
    """Return whether the part alone allows any object; one that requires members does not."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    named = ("properties", "required", *_COMBINING_KEYWORDS)
    return part.get("type") == "object" and not any(name in part for name in named)
