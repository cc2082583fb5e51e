"""Documents as indented lines of JSON, each with the pointer to what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.codec import json
from mockserver.model import Document, Json, Path, pointer_of

MAX_LINES = 2000
_INDENT = "  "


def document_lines(document: Json) -> list[Document]:
    """Return the lines with `text` and `pointer`; `pointer` is "" for brackets that close."""
    return list(_lines(document, (), "", ""))


def _lines(node: Json, path: Path, label: str, comma: str) -> Iterator[Document]:
    margin = _INDENT * len(path)
    children = _children(node)
    if not children:
        yield _line(f"{margin}{label}{json_text(node)}{comma}", path)
        return
    opening, closing = "{}" if isinstance(node, Mapping) else "[]"
    yield _line(f"{margin}{label}{opening}", path)
    for at, (step, child) in enumerate(children, 1):
        name = f"{json_text(step)}: " if isinstance(node, Mapping) else ""
        yield from _lines(child, (*path, step), name, "," if at < len(children) else "")
    yield {"text": f"{margin}{closing}{comma}", "pointer": ""}


def json_text(value: Json) -> str:
    """Return a value as JSON on one line."""
    return json.encode(value).decode()


def _children(node: Json) -> list[tuple[str | int, Json]]:
    if isinstance(node, Mapping):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list | tuple) else []


def _line(text: str, path: Path) -> Document:
    return {"text": text, "pointer": pointer_of(path)}
