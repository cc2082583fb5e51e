"""Snapshots inside a sandbox, and differences between two states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from operator import itemgetter

from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.errors import MockServerError
from mockserver.model import Document, Json, Path, Value, pointer_of
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables

SNAPSHOTS = "snapshots"
"""Collection in the scope of the sandbox: {id, at, label, records, number, tables} by id."""

MAX_SNAPSHOTS = 50

_SHOWN_PLACES = 3
_LAST_NUMBER = "snapshots-taken"
LOADED = "loaded-records"
"""Collection of one document, `last`: {places}, the three places that `note_loaded` got last."""

SNAPSHOT_COLLECTIONS = (SNAPSHOTS, _LAST_NUMBER, LOADED)
"""Collections that are in no dump, and that stay when a dump is loaded."""

_MISSING = object()


class UnknownSnapshotError(MockServerError):
    """The sandbox has no snapshot of that id."""


class TooManySnapshotsError(MockServerError):
    """The sandbox has the maximum number of snapshots."""


def dump_tables(whole: SandboxState) -> Tables:
    return without_snapshots(whole.tables())


def without_snapshots(tables: Tables) -> Tables:
    own = {
        name: documents
        for name, documents in tables.get(SANDBOX_SCOPE, {}).items()
        if name not in SNAPSHOT_COLLECTIONS
    }
    return {**tables, SANDBOX_SCOPE: own}


def load_tables(whole: SandboxState, tables: Tables) -> None:
    held = whole.tables().get(SANDBOX_SCOPE, {})
    kept = {name: held[name] for name in SNAPSHOT_COLLECTIONS if name in held}
    whole.load({**tables, SANDBOX_SCOPE: {**tables.get(SANDBOX_SCOPE, {}), **kept}})


def note_loaded(whole: SandboxState, places: Iterable[str]) -> None:
    """Note that records were loaded, not written by calls; `places` are the records' files or scopes."""
    noted = whole.collection(LOADED, "")
    earlier = (noted.get("last") or {"places": []})["places"]
    noted["last"] = {"places": list(islice(dict.fromkeys(chain(places, earlier)), _SHOWN_PLACES))}


def dump_snapshots(whole: SandboxState) -> Document:
    """Return the snapshots by id under `kept`, and the number of the newest snapshot under `last`."""
    taken = whole.collection(_LAST_NUMBER, "").get("last") or {"number": 0}
    kept = whole.collection(SNAPSHOTS, "")
    return {"last": taken["number"], "kept": {name: kept[name] for name in kept}}


def load_snapshots(whole: SandboxState, dumped: Document) -> None:
    whole.collection(_LAST_NUMBER, "")["last"] = {"number": dumped["last"]}
    kept = whole.collection(SNAPSHOTS, "")
    for name, snapshot in dumped["kept"].items():
        kept[name] = snapshot


def take_snapshot(whole: SandboxState, label: str, records: int) -> Document:
    """Take a snapshot of the sandbox and return the snapshot's description. Raises TooManySnapshotsError."""
    kept = whole.collection(SNAPSHOTS, "")
    if len(kept) >= MAX_SNAPSHOTS:
        raise TooManySnapshotsError(
            f"the sandbox has {MAX_SNAPSHOTS} snapshots, and no more may be; delete some"
        )
    taken = whole.collection(_LAST_NUMBER, "")
    number: int = (taken.get("last") or {"number": 0})["number"] + 1
    taken["last"] = {"number": number}
    name = f"s{number}"
    kept[name] = snapshot = {
        "id": name,
        "at": print_instant(whole.now),
        "label": label,
        "records": records,
        "number": number,
        "tables": dump_tables(whole),
    }
    return _summary(snapshot)


def list_snapshots(whole: SandboxState) -> list[Document]:
    kept = sorted(whole.collection(SNAPSHOTS, "").values(), key=itemgetter("number"))
    return [_summary(one) for one in kept]


def snapshot_tables(whole: SandboxState, name: str) -> Tables:
    """Return the contents of a snapshot. Raises UnknownSnapshotError."""
    held: Tables = _find_snapshot(whole, name)["tables"]
    return held


def restore_snapshot(whole: SandboxState, name: str) -> Document:
    """Restore the sandbox to a snapshot; return the snapshot's description. Raises UnknownSnapshotError."""
    snapshot = _find_snapshot(whole, name)
    load_tables(whole, snapshot["tables"])
    return _summary(snapshot)


def delete_snapshot(whole: SandboxState, name: str) -> None:
    _find_snapshot(whole, name)
    del whole.collection(SNAPSHOTS, "")[name]


def _find_snapshot(whole: SandboxState, name: str) -> Document:
    found = whole.collection(SNAPSHOTS, "").get(name)
    if found is None:
        raise UnknownSnapshotError(f"the sandbox has no snapshot {name}")
    return found


def _summary(snapshot: Document) -> Document:
    return {name: snapshot[name] for name in ("id", "at", "label", "records")}


class DocumentPlace(Value, frozen=True, order=True):
    scope: str
    collection: str
    key: str


class ValueChange(Value, frozen=True):
    pointer: str
    values: Document
    """{old, new}, without `old` if the value was added, without `new` if it was removed."""


class StateDiff(Value, frozen=True):
    """Changes that turn one state into another, in the order of their places."""

    added: tuple[tuple[DocumentPlace, Document], ...]
    removed: tuple[tuple[DocumentPlace, Document], ...]
    changed: tuple[tuple[DocumentPlace, tuple[ValueChange, ...]], ...]


def diff_tables(before: Tables, after: Tables) -> StateDiff:
    """Return the changes between two states. 1.0 and 1.00 differ; the order of members does not count."""
    old, new = dict(_placed_documents(before)), dict(_placed_documents(after))
    kept = [(place, old[place], new[place]) for place in sorted(old.keys() & new.keys())]
    altered = [(place, tuple(diff_values(was, now))) for place, was, now in kept if was is not now]
    return StateDiff(
        tuple((place, new[place]) for place in sorted(new.keys() - old.keys())),
        tuple((place, old[place]) for place in sorted(old.keys() - new.keys())),
        tuple((place, found) for place, found in altered if found),
    )


def _placed_documents(tables: Tables) -> Iterator[tuple[DocumentPlace, Document]]:
    for scope, collections in tables.items():
        for collection, documents in collections.items():
            for key, document in documents.items():
                yield DocumentPlace(scope, collection, key), document


def diff_values(old: Json, new: Json, path: Path = ()) -> Iterator[ValueChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys((*old, *new))
        pairs = [(name, old.get(name, _MISSING), new.get(name, _MISSING)) for name in names]
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        pairs = [(at, *pair) for at, pair in enumerate(zip_longest(old, new, fillvalue=_MISSING))]
    elif old is _MISSING or new is _MISSING or json.encode(old) != json.encode(new):
        sides = {"old": old, "new": new}
        known = {name: value for name, value in sides.items() if value is not _MISSING}
        yield ValueChange(pointer_of(path), known)
        return
    else:
        return
    for step, was, now in pairs:
        yield from diff_values(was, now, (*path, step))
