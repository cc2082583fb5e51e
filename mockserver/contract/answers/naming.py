"""Members that no part of a schema names: OpenAPI leaves objects open, but nobody looks for these."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.model import Document, Json, Path

_PARTS = ("allOf", "anyOf", "oneOf")


def unnamed(value: Json, nodes: tuple[Document, ...], path: Path = ()) -> Iterator[Path]:
    """Where `value` has members that the unfolded schemas of its place do not name, the outermost of each.

    An object of which nothing is said may have any.
    """
    parts = [part for node in nodes for part in _parts(node)]
    if isinstance(value, list):
        elements = tuple(part["items"] for part in parts if "items" in part)
        for place, child in enumerate(value):
            yield from unnamed(child, elements, (*path, place))
    elif isinstance(value, dict):
        others = tuple(one for part in parts if isinstance(one := part.get("additionalProperties"), dict))
        free = any(map(_is_free, parts)) or not any("properties" in part for part in parts)
        for name, child in value.items():
            named = tuple(part["properties"][name] for part in parts if name in part.get("properties", {}))
            if named or others:
                yield from unnamed(child, named or others, (*path, name))
            elif not free:
                yield (*path, name)


def _parts(node: Document) -> Iterator[Document]:
    yield node
    for keyword in _PARTS:
        for part in node.get(keyword, ()):
            yield from _parts(part)


def _is_free(part: Document) -> bool:
    """Whether the part alone takes any object."""
    if "additionalProperties" in part:
        return part["additionalProperties"] is True
    return part.get("type") == "object" and not any(
        word in part for word in ("properties", "required", *_PARTS)
    )
