"""The members of a schema as one flat table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import SpecError
from mockserver.spec.openapi import resolve

_FACTS = ("type", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "nullable", "default")
_CHOICES = ("allOf", "oneOf", "anyOf")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a schema: whether it is required, its keywords as texts, the values of its enum."""

    required: bool
    facts: Mapping[str, str]
    values: tuple[str, ...]


def members_of(document: Mapping[str, Any], schema: Any) -> dict[str, Member]:
    """Return the members by JSON Pointer; `*` stands for each item of a list, "" for the schema itself."""
    found: dict[str, Member] = {}
    for pointer, member in _members(document, schema, "", required=True, refs=()):
        found.setdefault(pointer, member)
    return found


def _members(
    document: Mapping[str, Any], schema: Any, pointer: str, *, required: bool, refs: tuple[str, ...]
) -> Iterator[tuple[str, Member]]:
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if reference in refs or pointer.count("/") > _DEEPEST:
        return
    refs = (*refs, reference) if reference else refs
    try:
        node = resolve(document, schema)
    except SpecError:
        return
    if not isinstance(node, dict):
        return
    facts = {name: str(node[name]) for name in _FACTS if name in node}
    yield pointer, Member(required, facts, tuple(map(str, node.get("enum", ()))))
    for keyword in _CHOICES:
        for one in node.get(keyword, ()):
            yield from _members(document, one, pointer, required=required, refs=refs)
    needed = node.get("required", ())
    for name, one in node.get("properties", {}).items():
        yield from _members(document, one, f"{pointer}/{name}", required=name in needed, refs=refs)
    if "items" in node:
        yield from _members(document, node["items"], f"{pointer}/*", required=False, refs=refs)
