"""What a sandbox held at one time, kept and set back; and what differs from it."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver import snapshots
from mockserver.difference import Place, difference
from mockserver.model import Document, Json
from mockserver.sandbox import Sandboxes, record_count
from mockserver.store import Tables, Whole

FIXTURES = "fixtures"
_OTHER = "sandbox:"


@dataclass(frozen=True, slots=True)
class SnapshotOperations:
    """The snapshots of a sandbox. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes

    def list_snapshots(self, name: str) -> Json:
        """All of them, oldest first."""
        return self.sandboxes.control(name, snapshots.listed)

    def take_snapshot(self, name: str, body: Document) -> Document:
        """Keep all that the sandbox holds now: state, clock, seed, ids, keys, counters, quotas, switches.

        Raises:
            TooManySnapshots: it has as many as it may have.
        """

        def work(whole: Whole) -> Document:
            records = record_count(snapshots.tables(whole))
            return snapshots.take(whole, body.get("label", ""), records)

        return self.sandboxes.control(name, work)

    def restore_snapshot(self, name: str, snapshot: str) -> Document:
        """Set the sandbox back to a snapshot, which is shown; its journal and its snapshots stay.

        Raises:
            UnknownSnapshot: there is none of that id.
        """
        return self.sandboxes.control(name, lambda whole: snapshots.restore(whole, snapshot))

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        """Forget a snapshot.

        Raises:
            UnknownSnapshot: there is none of that id.
        """
        self.sandboxes.control(name, lambda whole: snapshots.drop(whole, snapshot))

    def show_difference(self, name: str, against: str) -> Document:
        """What was added, removed and changed in the sandbox since `against`.

        That is `fixtures` (how it began), the id of a snapshot, or `sandbox:` and another one's name.

        Raises:
            UnknownSnapshot: there is none of that id.
        """
        after = self.sandboxes.dump(name)
        found = difference(self._before(name, against), after)
        return {
            "against": against,
            "added": [{**_shown(place), "document": document} for place, document in found.added],
            "removed": [{**_shown(place), "document": document} for place, document in found.removed],
            "changed": [
                {
                    **_shown(place),
                    "changes": [{"pointer": one.pointer, **one.facts} for one in changes],
                }
                for place, changes in found.changed
            ],
        }

    def _before(self, name: str, against: str) -> Tables:
        if against == FIXTURES:
            return self.sandboxes.beginning(self.sandboxes.show(name).settings)
        if against.startswith(_OTHER):
            return self.sandboxes.dump(against.removeprefix(_OTHER))
        return self.sandboxes.control(name, lambda whole: snapshots.held_by(whole, against))


def _shown(place: Place) -> Document:
    return {"scope": place.scope, "collection": place.collection, "key": place.key}
