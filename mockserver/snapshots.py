"""Snapshots: all that a sandbox holds, kept inside it and set back at will.

A snapshot shares its documents with the sandbox: nobody alters one, so it costs only the lists of them.
Snapshots are no part of what is dumped, compared or set back themselves.
"""

from __future__ import annotations

from mockserver.clock import print_instant
from mockserver.errors import MockServerError
from mockserver.model import Document
from mockserver.store import OWN, Tables, Whole

SNAPSHOTS = "snapshots"
"""The collection of snapshots of a sandbox's own scope: {id, at, label, records, tables} by id."""

MAX_SNAPSHOTS = 50

_TAKEN = "snapshots-taken"
_PRIVATE = (SNAPSHOTS, _TAKEN)


class UnknownSnapshot(MockServerError):
    """The sandbox has no snapshot of that id."""


class TooManySnapshots(MockServerError):
    """The sandbox has as many snapshots as it may have."""


def tables(whole: Whole) -> Tables:
    """Everything that the sandbox holds but its snapshots."""
    held = whole.tables()
    own = {name: documents for name, documents in held.get(OWN, {}).items() if name not in _PRIVATE}
    return {**held, OWN: own}


def replace(whole: Whole, tables: Tables) -> None:
    """Let the sandbox hold `tables` and, as before, its snapshots."""
    held = whole.tables().get(OWN, {})
    kept = {name: held[name] for name in _PRIVATE if name in held}
    whole.load({**tables, OWN: {**tables.get(OWN, {}), **kept}})


def take(whole: Whole, label: str, records: int) -> Document:
    """Keep all that the sandbox holds now; what is shown of it.

    Raises:
        TooManySnapshots: there are as many as there may be.
    """
    kept = whole.collection(SNAPSHOTS, "")
    if len(kept) >= MAX_SNAPSHOTS:
        raise TooManySnapshots(f"the sandbox has {MAX_SNAPSHOTS} snapshots, and no more may be; delete some")
    taken = whole.collection(_TAKEN, "")
    number: int = (taken.get("last") or {"number": 0})["number"] + 1
    taken["last"] = {"number": number}
    name = f"s{number}"
    kept[name] = snapshot = {
        "id": name,
        "at": print_instant(whole.now),
        "label": label,
        "records": records,
        "number": number,
        "tables": tables(whole),
    }
    return _shown(snapshot)


def listed(whole: Whole) -> list[Document]:
    """The snapshots, oldest first, without what they hold."""
    kept = sorted(whole.collection(SNAPSHOTS, "").values(), key=_number)
    return [_shown(one) for one in kept]


def held_by(whole: Whole, name: str) -> Tables:
    """What a snapshot holds.

    Raises:
        UnknownSnapshot: there is none of that id.
    """
    held: Tables = _known(whole, name)["tables"]
    return held


def restore(whole: Whole, name: str) -> Document:
    """Set back all that the sandbox holds to what a snapshot holds; what is shown of that.

    Raises:
        UnknownSnapshot: there is none of that id.
    """
    snapshot = _known(whole, name)
    replace(whole, snapshot["tables"])
    return _shown(snapshot)


def drop(whole: Whole, name: str) -> None:
    """Forget a snapshot.

    Raises:
        UnknownSnapshot: there is none of that id.
    """
    _known(whole, name)
    del whole.collection(SNAPSHOTS, "")[name]


def _known(whole: Whole, name: str) -> Document:
    found = whole.collection(SNAPSHOTS, "").get(name)
    if found is None:
        raise UnknownSnapshot(f"the sandbox has no snapshot {name}")
    return found


def _shown(snapshot: Document) -> Document:
    return {name: snapshot[name] for name in ("id", "at", "label", "records")}


def _number(snapshot: Document) -> int:
    return int(snapshot["number"])
