"""The forms of a batch's items on the wire: a list, a map by key, lines, and pairs of lines.

Whatever its form, an item is read as one object: the key that is a name of a map is a member of the item, and
the members of an action line are members too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.codec.lines import Line, is_lines_type, read_lines
from mockserver.errors import SpecError
from mockserver.model import EMPTY, Document, Json, Path
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import BINDER, LINES, merged, misused, resolve


def bind_lines(document: Document, node: dict[str, Any]) -> None:
    """Write the binder `lines` to the bodies and successes of a batch that are lines, in place."""
    written = node.get("x-batch")
    is_declared = isinstance(written, dict) and written.get("lines") is True
    answers = [one for status, one in node.get("responses", EMPTY).items() if str(status).startswith("2")]
    for holder in (node.get("requestBody", EMPTY), *answers):
        for name, content in resolve(document, holder).get("content", EMPTY).items():
            if is_declared or is_lines_type(name):
                content.setdefault(BINDER, {"format": LINES})


def node_of_items(document: Document, body: Document, pointer: Path) -> Document:
    """Return the schema of the list or map of items. Raises SpecError."""
    node: Any = resolve(document, body)
    for step in pointer:
        node = resolve(document, node).get("properties", EMPTY).get(step)
        if node is None:
            missing = f"/{'/'.join(map(str, pointer))} is not in the request schema"
            raise misused("x-batch.items", missing, lacks="items")
    found: Document = resolve(document, node)
    return found


def is_map(document: Document, body: Document, pointer: Path) -> bool:
    """Return whether the items are the values of an object, whose names are their keys."""
    try:
        node = node_of_items(document, body, pointer)
    except SpecError:
        return False
    return "items" not in node and isinstance(node.get("additionalProperties"), dict)


def item_schema(document: Document, body: Document, pointer: Path, key: Sequence[str]) -> Document:
    """Return the schema of an item; in a map, with the key as a member. Raises SpecError."""
    node = node_of_items(document, body, pointer)
    if is_map(document, node, ()):
        values = merged(document, node["additionalProperties"], None)
        named = {name: {"type": "string"} for name in key[:1]}
        return {**values, "properties": {**named, **values.get("properties", EMPTY)}}
    if "items" not in node:
        message = "x-batch.items does not point at a list"
        raise SpecError(message, ("x-batch", "items"), lacks="items")
    items: Document = node["items"]
    return items


def listed(value: Json, batch: Batch) -> list[Json] | None:
    """Return the items in the list or map at `batch.items`; None if the value is neither."""
    if batch.is_map and isinstance(value, dict):
        return [{**one, batch.key[0]: name} if isinstance(one, dict) else one for name, one in value.items()]
    return value if isinstance(value, list) and not batch.is_map else None


def read_item_lines(body: bytes, charset: str, batch: Batch) -> tuple[list[Json], dict[int, str]]:
    """Return the items of a body of lines, and why items cannot be read, by index. Raises MalformedBody."""
    lines = read_lines(body, charset)
    found = _paired(deque(lines), batch) if batch.pairs else ((one.value, one.fault) for one in lines)
    items, unreadable = [], {}
    for index, (item, fault) in enumerate(found):
        items.append(item)
        if fault:
            unreadable[index] = fault
    return items, unreadable


def items_of_lines(body: bytes, charset: str, batch: Batch) -> Iterator[int]:
    """Yield for each line that is not blank the index of its item. Raises MalformedBody."""
    lines = deque(read_lines(body, charset))
    if not batch.pairs:
        yield from range(len(lines))
        return
    left = len(lines)
    for index, _ in enumerate(_paired(lines, batch)):
        yield from [index] * (left - len(lines))
        left = len(lines)


def _paired(lines: deque[Line], batch: Batch) -> Iterator[tuple[Json, str]]:
    """Yield each item, made of an action line and the line of its document, with its fault."""
    while lines:
        line = lines.popleft()
        if not _is_action(line.value, batch):
            if lines and not _is_action(lines[0].value, batch):
                lines.popleft()  # the document of the unknown action
            words = ", ".join(batch.actions)
            yield line.value, line.fault or f"line {line.number} names none of the actions {words}"
            continue
        word, members = next(iter(line.value.items()))
        item = {batch.action_at: word, **members}
        if batch.actions[word] == "delete":
            yield item, ""
        elif not lines:
            yield item, f"line {line.number} is the last line, without the document of its {word}"
        else:
            sent = lines.popleft()
            yield (item, sent.fault) if sent.fault else ({**item, **sent.value, **item}, "")


def _is_action(value: Json, batch: Batch) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    word, members = next(iter(value.items()))
    return word in batch.actions and isinstance(members, dict)
