"""How documents and changes are written into Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from struct import Struct

import msgspec

from mockserver.codec import json
from mockserver.model import Document, Value
from mockserver.sandbox.memory_table import Change, MemoryTable, UndoList
from mockserver.sandbox.rewinding import PlacedChange

_SEPARATOR = "\0"
_ERRORS = "surrogatepass"

# Numbers were checked when they came in: to check them again would double the time.
_decoder = msgspec.json.Decoder(float_hook=Decimal)

_SIZES = Struct(">ii")
"""Sizes of a field and of its document, -1 for none."""


class Written(Value, frozen=True):
    """What a transaction changed, as Redis gets it.

    `sets` are fields and their documents in turn, `deleted` fields.
    """

    sets: Sequence[bytes]
    deleted: Sequence[bytes]


def field_of(place: tuple[str, str], key: str) -> bytes:
    """Return the field of a document in the hash of its sandbox: scope, collection and key."""
    return f"{place[0]}{_SEPARATOR}{place[1]}{_SEPARATOR}{key}".encode("utf-8", _ERRORS)


def split_field(field: bytes) -> tuple[tuple[str, str], str]:
    """Return scope and collection, and the key, of a field."""
    scope, name, key = field.decode("utf-8", _ERRORS).split(_SEPARATOR, 2)
    return (scope, name), key


def write_changes(undo: UndoList) -> Written:
    """Return what a transaction changed in the end; what was written and undone again is not in it."""
    sets: list[bytes] = []
    deleted: list[bytes] = []
    for table, key, old in _first_changes(undo):
        new = table.documents.get(key)
        if new is old or (new == old and _is_shown_alike(new, old)):
            continue
        field = field_of(table.place, key)
        if new is None:
            deleted.append(field)
        else:
            sets += (field, json.encode(new))
    return Written(sets, deleted)


def _is_shown_alike(new: Document | None, old: Document | None) -> bool:
    """Return whether equal documents are the same to a reader too: 1.50 equals 1.5."""
    return json.encode(new) == json.encode(old)


def read_before(stored: bytes) -> list[PlacedChange]:
    """Return what was there before a change: fields and documents, as the script has put them together."""
    found: list[PlacedChange] = []
    at = 0
    while at < len(stored):
        field_size, size = _SIZES.unpack_from(stored, at)
        begin = at + _SIZES.size + field_size
        at = begin + max(size, 0)
        place, key = split_field(stored[begin - field_size : begin])
        found.append((place, key, None if size < 0 else read_document(stored[begin:at])))
    return found


def write_tables(tables: dict[tuple[str, str], MemoryTable]) -> list[bytes]:
    """Return fields and documents of all tables, in turn."""
    written: list[bytes] = []
    for place, table in tables.items():
        for key, document in table.documents.items():
            written += (field_of(place, key), json.encode(document))
    return written


def read_document(value: bytes) -> Document:
    """Return the document that is stored as `value`."""
    document: Document = _decoder.decode(value)
    return document


def _first_changes(undo: UndoList) -> Iterator[Change]:
    """Yield the first change of each document, which has what was there before the transaction."""
    seen: set[tuple[int, str]] = set()
    for change in undo:
        place = (id(change[0]), change[1])
        if place not in seen:
            seen.add(place)
            yield change
