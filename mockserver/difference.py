"""What differs between two worlds: which documents, and what inside them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from mockserver.codec import json
from mockserver.model import NOTHING, Document, Json, Path, Value, pointer_of
from mockserver.store import Tables

_MISSING = object()


class Place(Value, frozen=True, order=True):
    """Where a document stands."""

    scope: str
    collection: str
    key: str


class Change(Value, frozen=True):
    """A value that is another one now; `old` is left out where there was none, `new` where there is none."""

    pointer: str
    facts: Document


class Difference(Value, frozen=True):
    """What has to be done to one world to make another one of it, in the order of the places."""

    added: tuple[tuple[Place, Document], ...]
    removed: tuple[tuple[Place, Document], ...]
    changed: tuple[tuple[Place, tuple[Change, ...]], ...]


def difference(before: Tables, after: Tables) -> Difference:
    """What differs; numbers of another scale do, members in another order do not."""
    old, new = dict(_documents(before)), dict(_documents(after))
    kept = [(place, old[place], new[place]) for place in sorted(old.keys() & new.keys())]
    altered = [(place, tuple(_changes(was, now, ()))) for place, was, now in kept if was is not now]
    return Difference(
        tuple((place, new[place]) for place in sorted(new.keys() - old.keys())),
        tuple((place, old[place]) for place in sorted(old.keys() - new.keys())),
        tuple((place, found) for place, found in altered if found),
    )


def changes(old: Json, new: Json) -> Iterator[Change]:
    """What differs between two values, in the order of the members."""
    return _changes(old, new, ())


def _documents(tables: Tables) -> Iterator[tuple[Place, Document]]:
    for scope, collections in tables.items():
        for collection, documents in collections.items():
            for key, document in documents.items():
                yield Place(scope, collection, key), document


def _changes(old: Json, new: Json, path: Path) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys((*old, *new))
        pairs = [(name, old.get(name, _MISSING), new.get(name, _MISSING)) for name in names]
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        pairs = [(at, *pair) for at, pair in enumerate(zip_longest(old, new, fillvalue=_MISSING))]
    elif old is _MISSING or new is _MISSING or json.encode(old) != json.encode(new):
        yield Change(pointer_of(path), _facts(old, new))
        return
    else:
        return
    for step, was, now in pairs:
        yield from _changes(was, now, (*path, step))


def _facts(old: Json, new: Json) -> Document:
    return {
        **(NOTHING if old is _MISSING else {"old": old}),
        **(NOTHING if new is _MISSING else {"new": new}),
    }
