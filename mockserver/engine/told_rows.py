"""Read where an answer tells what became of an item: its rows, by `x-batch.outcome`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.lines import read_lines
from mockserver.errors import MalformedBody
from mockserver.model import Json, Path, Reply, escape_step, member_path, pointer_of, texts_in, value_at
from mockserver.spec.batch_forms import Batch, OutcomeRows
from mockserver.spec.openapi import Operation
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.text_values import convert
from mockserver.spec.typed_xml import AnswerReader
from mockserver.spec.xml import XML_MEDIA_TYPES


def reported_rows(document: Json, rows: OutcomeRows, key: tuple[str, ...]) -> list[tuple[str, str, Json]]:
    """Return pointer, key and value of each row in a reply. The key is "" if the row does not tell it.

    A row without a key of its own tells the key in its record, or in the item that it repeats.
    """
    found, pointer = value_at(document, rows.place), pointer_of(rows.place)
    if isinstance(found, dict) and rows.names:
        keys = found if rows.names == "key" else [""] * len(found)
        named = zip(found.items(), keys, strict=True)
        return [(pointer + pointer_of((name,)), key, row) for (name, row), key in named]
    listed = list(map(rows.unwrapped, found)) if isinstance(found, list) and not rows.names else []
    inside = rows.members.get("record", rows.members.get("echo"))
    path = rows.members.get("key", None if inside is None or len(key) > 1 else (*inside, *member_path(*key)))
    return [(f"{pointer}/{at}", text_at(row, path) or "", row) for at, row in enumerate(listed)]


def answered_document(reply: Reply, operation: Operation) -> Json:
    """Return the document in a reply, which is a list if the reply has lines; None if there is none."""
    if is_xml(reply):
        charset = parse_content_type({"content-type": reply.media_type or ""})[1]
        schema = operation.content(reply.status, reply.media_type).get("schema", {})
        with suppress(MalformedBody, ValueError):
            return AnswerReader(SchemaTree(operation.document), convert).read(reply.body, schema, charset)
        return None
    lines = operation.answers_lines(reply.status, reply.media_type)
    return json_value(reply.body, reply.media_type, lines=lines)


def is_xml(reply: Reply) -> bool:
    return parse_content_type({"content-type": reply.media_type or ""})[0] in XML_MEDIA_TYPES


def json_value(body: bytes, media_type: str | None, *, lines: bool = False) -> Json:
    charset = parse_content_type({"content-type": media_type or ""})[1]
    try:
        if lines:
            return [line.value for line in read_lines(body, charset)]
        return json.decode(body, charset)
    except MalformedBody:
        return None


def text_at(item: Json, path: Path | None) -> str | None:
    value = None if path is None else value_at(item, path)
    return value if value is None or isinstance(value, str) else json.encode(value).decode()


def row_pointers(keys: list[str], batch: Batch, document: Json) -> Mapping[int, str]:
    """Return the pointer of each item's row, by the item's index.

    Items with equal keys have the rows with that key in order; if rows are too few, items share a row.
    """
    found: dict[int, str] = {}
    for rows in batch.outcome.rows:
        found |= _pointers(keys, rows, batch.key, document, found)
    accepted, others = batch.outcome.rows_of("accepted"), [at for at in range(len(keys)) if at not in found]
    if accepted and batch.outcome.rows_of("rejected"):
        taken = frozenset(found.values())
        free = [one for one, _, _ in reported_rows(document, accepted, batch.key) if one not in taken]
        if len(free) == len(others):  # keys that the server assigned: the rows are in the order of the items
            found |= dict(zip(others, free, strict=True))
    by_key = {keys[index]: pointer for index, pointer in found.items() if keys[index]}
    return {index: by_key[key] for index, key in enumerate(keys) if key in by_key} | found


def _pointers(
    keys: list[str], rows: OutcomeRows, key: tuple[str, ...], document: Json, known: Mapping[int, str]
) -> Mapping[int, str]:
    """Return the pointers of rows by item index: by the row's index or key, else by the order of all rows.

    `known` has the pointers of the items whose row is found already.
    """
    told = reported_rows(document, rows, key)
    if rows.names:
        by_name = {pointer.rpartition("/")[2]: pointer for pointer, _, _ in told}
        known_keys = frozenset(keys)
        names = [[*map(escape_step, _names(rows, key, at, known_keys))] for at, key in enumerate(keys)]
        of_items = ((at, [one for one in named if one in by_name]) for at, named in enumerate(names))
        return {at: by_name[named[0]] for at, named in of_items if named and at not in known}
    if "index" in rows.members:
        indexes = [text_at(row, rows.members["index"]) for _, _, row in told]
        wanted = frozenset(range(len(keys))) - known.keys()
        return {
            int(at) - rows.first_index: pointer
            for at, (pointer, _, _) in zip(indexes, told, strict=True)
            if at and at.isdecimal() and int(at) - rows.first_index in wanted
        }
    path = rows.members.get("key")
    by_key: dict[str, list[str]] = {}
    for pointer, told_key, row in told:
        for text in dict.fromkeys((told_key, *texts_in(value_at(row, path) if path else None))):
            by_key.setdefault(text, []).append(pointer)
    open_keys = ((index, by_key.get(key)) for index, key in enumerate(keys) if key and index not in known)
    found = {index: pointers.pop(0) for index, pointers in open_keys if pointers}
    if rows.subset == "all" and len(found) < len(told) == len(keys):
        return {index: pointer for index, (pointer, _, _) in enumerate(told)}
    return found


def _names(rows: OutcomeRows, key: str, index: int, keys: frozenset[str]) -> Iterator[str]:
    """Yield the names that an item may have in a map: its key, parts of the key, an index that is no key."""
    by_index = str(index + rows.first_index)
    if rows.names == "index":
        yield by_index
        return
    yield from (key, *key.split("/"))
    if by_index not in keys:
        yield by_index
