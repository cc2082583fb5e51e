"""Updates of stored items: which values are sent to records that hold other ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockserver.contract.profile import Json
from mockserver.contract.values.hard_values import HardValue
from mockserver.contract.values.members import MemberPath, ValueMember
from mockserver.contract.values.survival import SentItem
from mockserver.contract.values.trials import ValueTrial

_NOTHING = (None, "")
"""Values that some vendors take for "leave it as it is"."""


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """Other values for the record of a key, and the item that it was stored with."""

    key: str
    trial: ValueTrial
    before: SentItem


@dataclass(slots=True)
class UpdatePlan:
    """What is known of accepted items: the values of each member, and the first and the last stored item."""

    _values: dict[MemberPath, dict[str, HardValue]] = field(default_factory=dict)
    _members: dict[MemberPath, ValueMember] = field(default_factory=dict)
    _stored: list[tuple[str, SentItem]] = field(default_factory=list)

    def accepted(self, key: str, sent: SentItem) -> None:
        """Note an item that was accepted; in another media type it may have become something else."""
        if sent.trial.media_type:
            return
        del self._stored[1:]
        self._stored.append((key, sent))
        for member, hard in sent.trial.changes:
            self._members[member.path] = member
            if hard.value not in _NOTHING:
                self._values.setdefault(member.path, {})[hard.name] = hard

    def updates(self) -> Sequence[ItemUpdate]:
        """Return another accepted value for each member of the stored items."""
        planned = [(key, tuple(self._changes(sent.trial.values)), sent) for key, sent in self._stored]
        return [ItemUpdate(key, ValueTrial(changes), sent) for key, changes, sent in planned if changes]

    def _changes(self, before: Mapping[MemberPath, Json]) -> Iterator[tuple[ValueMember, HardValue]]:
        for path, known in self._values.items():
            other = next((one for one in known.values() if one.value != before.get(path)), None)
            if path in before and other is not None:
                yield self._members[path], other
