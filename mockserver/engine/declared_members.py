"""Members that the schema of an answer names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.model import Document, Json, Path
from mockserver.spec.schema_tree import Schemas, SchemaTree

_CONTAINERS = frozenset({dict, list})


@dataclass(frozen=True, slots=True)
class DeclaredMembers:
    """The members that the schema `node` names."""

    tree: SchemaTree
    node: Document

    def undeclared(self, value: Json) -> Iterator[Path]:
        return self._undeclared((self.node,), value, ()) if isinstance(value, (dict, list)) else iter(())

    def answered(self, value: Json) -> Json:
        """Return the value without members that no schema names, or that only requests have."""
        beyond = frozenset(self.undeclared(value))
        return _without(value, beyond, ()) if beyond else value

    def _undeclared(self, schemas: Schemas, value: Json, path: Path) -> Iterator[Path]:
        place = self.tree.place(schemas)
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, (dict, list)):
                    yield from self._undeclared(place.items, child, (*path, index))
            return
        if value.keys() <= place.answered.keys() and _CONTAINERS.isdisjoint(map(type, value.values())):
            return  # as most records, in a tenth of the time
        for name, child in value.items():
            if inner := place.answered.get(name, place.others):
                if isinstance(child, (dict, list)):
                    yield from self._undeclared(inner, child, (*path, name))
            elif not place.is_open:
                yield (*path, name)


def _without(value: Json, beyond: frozenset[Path], path: Path) -> Any:
    if isinstance(value, dict):
        kept = {name: child for name, child in value.items() if (*path, name) not in beyond}
        return {name: _without(child, beyond, (*path, name)) for name, child in kept.items()}
    if isinstance(value, list):
        return [_without(child, beyond, (*path, index)) for index, child in enumerate(value)]
    return value
