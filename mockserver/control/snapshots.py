"""Take, restore and delete snapshots of a sandbox; show differences."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.control.state_difference import difference_document
from mockserver.model import Document, Json
from mockserver.sandbox import snapshots
from mockserver.sandbox.sandboxes import Sandboxes, count_records
from mockserver.sandbox.store import SandboxState, Tables

FIXTURES = "fixtures"
_OTHER_SANDBOX = "sandbox:"


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

    def show_difference(self, name: str, against: str) -> Document:
        """Return the documents added, removed and changed since `against`.

        `against` is `fixtures` (the initial state), the id of a snapshot, or `sandbox:` followed by a name.

        Raises:
            UnknownSnapshotError: there is no snapshot with this id.
        """
        after = self.sandboxes.dump(name)
        return {"against": against, **difference_document(self._before(name, against), after)}

    def _before(self, name: str, against: str) -> Tables:
        if against == FIXTURES:
            return self.sandboxes.initial_tables(self.sandboxes.show(name).settings)
        if against.startswith(_OTHER_SANDBOX):
            return self.sandboxes.dump(against.removeprefix(_OTHER_SANDBOX))
        return self.sandboxes.control(name, lambda whole: snapshots.snapshot_tables(whole, against))
