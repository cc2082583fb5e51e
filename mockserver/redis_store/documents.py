"""How documents and changes are written into Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mockserver.codec import json
from mockserver.model import Document, Value
from mockserver.sandbox.memory_table import Change, MemoryTable, UndoList
from mockserver.sandbox.rewinding import PlacedChange

_SEPARATOR = "\0"
_ERRORS = "surrogatepass"

_StoredChange = tuple[str, str, str, bytes | None]
_decoder = msgspec.msgpack.Decoder(list[_StoredChange])
_encoder = msgspec.msgpack.Encoder()


class Written(Value, frozen=True):
    """What a transaction changed, as Redis gets it.

    `sets` are fields and their documents in turn, `deleted` fields; `before` is what was there before.
    """

    sets: Sequence[bytes] = ()
    deleted: Sequence[bytes] = ()
    before: bytes = b""
    size: int = 0


NOTHING = Written()


def field_of(place: tuple[str, str], key: str) -> bytes:
    """Return the field of a document in the hash of its sandbox: scope, collection and key."""
    return f"{place[0]}{_SEPARATOR}{place[1]}{_SEPARATOR}{key}".encode("utf-8", _ERRORS)


def split_field(field: bytes) -> tuple[tuple[str, str], str]:
    """Return scope and collection, and the key, of a field."""
    scope, name, key = field.decode("utf-8", _ERRORS).split(_SEPARATOR, 2)
    return (scope, name), key


def write_changes(undo: UndoList) -> Written:
    """Return what a transaction changed in the end; what was written and undone again is not in it."""
    if not undo:
        return NOTHING
    sets: list[bytes] = []
    deleted: list[bytes] = []
    before: list[_StoredChange] = []
    for table, key, old in _first_changes(undo):
        new = table.documents.get(key)
        if new is old or new == old:
            continue
        field = field_of(table.place, key)
        if new is None:
            deleted.append(field)
        else:
            sets += (field, json.encode(new))
        before.append((*table.place, key, None if old is None else json.encode(old)))
    return Written(sets, deleted, _encoder.encode(before), len(before)) if before else NOTHING


def read_before(payload: bytes) -> list[PlacedChange]:
    """Return what was there before a change."""
    if not payload:
        return []
    return [
        ((scope, name), key, None if document is None else json.decode(document))
        for scope, name, key, document in _decoder.decode(payload)
    ]


def write_tables(tables: dict[tuple[str, str], MemoryTable]) -> list[bytes]:
    """Return fields and documents of all tables, in turn."""
    written: list[bytes] = []
    for place, table in tables.items():
        for key, document in table.documents.items():
            written += (field_of(place, key), json.encode(document))
    return written


def read_document(value: bytes) -> Document:
    """Return the document that is stored as `value`."""
    document: Document = json.decode(value)
    return document


def _first_changes(undo: UndoList) -> Iterator[Change]:
    """Yield the first change of each document, which has what was there before the transaction."""
    seen: set[tuple[int, str]] = set()
    for change in undo:
        place = (id(change[0]), change[1])
        if place not in seen:
            seen.add(place)
            yield change
