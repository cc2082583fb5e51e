"""Show what differs between two states of a sandbox."""

from __future__ import annotations

from mockserver.model import Document
from mockserver.sandbox.diff import DocumentPlace, diff_tables
from mockserver.sandbox.store import Tables


def difference_document(before: Tables, after: Tables) -> Document:
    """Return the documents that were added, removed and changed, by scope, collection and key."""
    found = diff_tables(before, after)
    return {
        "added": [{**_position(place), "document": document} for place, document in found.added],
        "removed": [{**_position(place), "document": document} for place, document in found.removed],
        "changed": [
            {
                **_position(place),
                "changes": [{"pointer": one.pointer, **one.values} for one in changes],
            }
            for place, changes in found.changed
        ],
    }


def _position(place: DocumentPlace) -> Document:
    return {"scope": place.scope, "collection": place.collection, "key": place.key}
