"""Find where the items of a batch stand in its request and in its reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.codec import json
from mockserver.journal.comparison import json_value, value_at
from mockserver.journal.entry import Entry
from mockserver.model import Document, Json, Path, pointer_of
from mockserver.spec.openapi import Batch, Operation, parse_pointer


def item_places(entry: Entry, operation: Operation | None) -> Iterator[Document]:
    """Yield for each item its pointers in the two bodies, `sent` and `reported`; None if it is not there.

    The reply is read as `x-batch.outcome` says: a list with a row for each item, or maps by key.
    """
    batch = operation.batch if operation else None
    keys = [key for key, _ in entry.decided.items()]
    if batch is None:
        yield from ({"sent": None, "reported": None} for _ in keys)
        return
    is_bare = batch.bare_item and len(keys) == 1 and _is_bare(entry, batch)
    reported = _reported(keys, batch, json_value(entry.reply.body, entry.reply.media_type))
    items = pointer_of(batch.items)
    for index in range(len(keys)):
        yield {"sent": "" if is_bare else f"{items}/{index}", "reported": reported.get(index)}


def _is_bare(entry: Entry, batch: Batch) -> bool:
    """Return whether the body is the one item, without the list that the operation declares."""
    document = json_value(entry.call.body, entry.call.headers.get("content-type"))
    name = str(batch.items[0]).lower()
    return isinstance(document, dict) and name not in [member.lower() for member in document]


def _reported(keys: list[str], batch: Batch, document: Json) -> Mapping[int, str]:
    if "list" in batch.outcome:
        return _rows(keys, batch, document)
    found: dict[int, str] = {}
    for pointer in batch.maps:
        problems = value_at(document, parse_pointer(pointer))
        for index, key in enumerate(keys) if isinstance(problems, dict) else ():
            name = next((one for one in (key, *key.split("/"), str(index)) if one and one in problems), None)
            if name is not None:
                found.setdefault(index, pointer + pointer_of((name,)))
    return found


def _rows(keys: list[str], batch: Batch, document: Json) -> Mapping[int, str]:
    pointer = batch.outcome["list"]
    rows = value_at(document, parse_pointer(pointer))
    if not isinstance(rows, list):
        return {}
    place = parse_pointer(batch.outcome["key"]) if "key" in batch.outcome else None
    told = {} if place is None else {_key(row, place): f"{pointer}/{at}" for at, row in enumerate(rows)}
    found = {index: told[key] for index, key in enumerate(keys) if key in told}
    if len(found) < len(rows) == len(keys):
        return {index: f"{pointer}/{index}" for index in range(len(keys))}
    return found


def _key(row: Json, place: Path) -> str:
    value = value_at(row, place)
    return value if isinstance(value, str) else json.encode(value).decode()
