"""Differences between two sandbox states, by document and by member."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from mockserver.codec import json
from mockserver.model import EMPTY, Document, Json, Path, Value, pointer_of
from mockserver.sandbox.store import Tables

_MISSING = object()


class DocumentPlace(Value, frozen=True, order=True):
    """Place of a document: scope, collection, key."""

    scope: str
    collection: str
    key: str


class ValueChange(Value, frozen=True):
    """A changed value; `old` is missing for an added one, `new` for a removed one."""

    pointer: str
    values: Document


class StateDiff(Value, frozen=True):
    """Changes that turn one state into another, in the order of their places."""

    added: tuple[tuple[DocumentPlace, Document], ...]
    removed: tuple[tuple[DocumentPlace, Document], ...]
    changed: tuple[tuple[DocumentPlace, tuple[ValueChange, ...]], ...]


def diff_tables(before: Tables, after: Tables) -> StateDiff:
    """Return what differs; numbers of another scale do, members in another order do not."""
    old, new = dict(_placed_documents(before)), dict(_placed_documents(after))
    kept = [(place, old[place], new[place]) for place in sorted(old.keys() & new.keys())]
    altered = [(place, tuple(_diff_values(was, now, ()))) for place, was, now in kept if was is not now]
    return StateDiff(
        tuple((place, new[place]) for place in sorted(new.keys() - old.keys())),
        tuple((place, old[place]) for place in sorted(old.keys() - new.keys())),
        tuple((place, found) for place, found in altered if found),
    )


def diff_values(old: Json, new: Json) -> Iterator[ValueChange]:
    """Yield what differs between two values, in the order of the members."""
    return _diff_values(old, new, ())


def _placed_documents(tables: Tables) -> Iterator[tuple[DocumentPlace, Document]]:
    for scope, collections in tables.items():
        for collection, documents in collections.items():
            for key, document in documents.items():
                yield DocumentPlace(scope, collection, key), document


def _diff_values(old: Json, new: Json, path: Path) -> Iterator[ValueChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys((*old, *new))
        pairs = [(name, old.get(name, _MISSING), new.get(name, _MISSING)) for name in names]
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        pairs = [(at, *pair) for at, pair in enumerate(zip_longest(old, new, fillvalue=_MISSING))]
    elif old is _MISSING or new is _MISSING or json.encode(old) != json.encode(new):
        yield ValueChange(pointer_of(path), _old_and_new(old, new))
        return
    else:
        return
    for step, was, now in pairs:
        yield from _diff_values(was, now, (*path, step))


def _old_and_new(old: Json, new: Json) -> Document:
    return {
        **(EMPTY if old is _MISSING else {"old": old}),
        **(EMPTY if new is _MISSING else {"new": new}),
    }
