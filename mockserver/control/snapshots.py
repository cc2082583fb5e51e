"""Take, restore and delete snapshots of a sandbox; show differences."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.control.known_states import known_state
from mockserver.control.records import is_own_collection
from mockserver.model import Document, Json
from mockserver.sandbox import snapshots
from mockserver.sandbox.diff import DocumentPlace, diff_tables
from mockserver.sandbox.sandboxes import Sandboxes, count_records
from mockserver.sandbox.store import SandboxState


@dataclass(frozen=True, slots=True)
class SnapshotOperations:
    """Operations on a sandbox's snapshots. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes

    def list_snapshots(self, name: str) -> Json:
        """Return all snapshots, oldest first."""
        return self.sandboxes.control(name, snapshots.list_snapshots)

    def take_snapshot(self, name: str, body: Document) -> Document:
        """Store the whole state: records, clock, seed, ids, keys, counters, quotas, assumptions.

        Raises:
            TooManySnapshotsError: the limit of snapshots is reached.
        """

        def work(whole: SandboxState) -> Document:
            records = count_records(snapshots.dump_tables(whole))
            return snapshots.take_snapshot(whole, body.get("label", ""), records)

        return self.sandboxes.control(name, work)

    def restore_snapshot(self, name: str, snapshot: str) -> Document:
        """Restore a snapshot and return it; journal and snapshots are kept.

        Raises:
            UnknownSnapshotError: there is no snapshot with this id.
        """
        return self.sandboxes.control(name, lambda whole: snapshots.restore_snapshot(whole, snapshot))

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        """Delete a snapshot.

        Raises:
            UnknownSnapshotError: there is no snapshot with this id.
        """
        self.sandboxes.control(name, lambda whole: snapshots.delete_snapshot(whole, snapshot))

    def show_difference(self, name: str, against: str, of: str) -> Document:
        """Return the documents added, removed and changed between the states `against` and `of`.

        See `known_state` for their names.

        Raises:
            UnknownSnapshotError: there is no snapshot with this id.
            UnknownEntryError: the state around this call is not known.
        """
        before, after = (known_state(self.sandboxes, name, one) for one in (against, of))
        found = diff_tables(before, after)
        return {
            "against": against,
            "of": of,
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
    own = is_own_collection(place.scope, place.collection)
    return {"scope": place.scope, "collection": place.collection, "key": place.key, "own": own}
