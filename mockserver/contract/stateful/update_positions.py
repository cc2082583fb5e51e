"""Find out what an item does to a record that is there, at a server that is not ours."""

from __future__ import annotations

from dataclasses import replace

from mockserver.contract.profile import BatchProfile, Record, RefusedStep, UpdatePosition
from mockserver.contract.stateful.sightings import PositionTrials, SentTrial, Sighting
from mockserver.contract.stateful.state_model import SequenceItem

_NAME = "an item whose record is there"
_PAIRS = 3


def find_update(trials: PositionTrials, ours: BatchProfile) -> BatchProfile:
    """Return the profile with the position that the server takes; ours where it takes none that is known."""
    if not ours.updates:
        return ours
    seen = [one for one in (_sight(trials, ours) for _ in range(_PAIRS)) if one is not None]
    agreed = trials.agreed(_NAME, seen)
    position = next((one for one in ours.updates if one.what in agreed), None)
    if position is None:
        return ours
    trials.note(_NAME, position.what)
    return replace(ours, record_after=position.record_after, steps=position.steps)


def _sight(trials: PositionTrials, ours: BatchProfile) -> Sighting | None:
    """Send an item, then another one of the same key, and read the record."""
    first = trials.item()
    if trials.send([first]) is None:
        return None
    before = trials.sequence.read(first.key, 0)
    second = trials.item(first.key)
    came = trials.send([second])
    if came is None:
        return None
    after = trials.sequence.read(first.key, 0)
    words = frozenset(one.what for one in ours.updates if _fits(ours, one, second, came, (before, after)))
    became = " or ".join(sorted(words)) or "none of what is known"
    return Sighting(words, f"{first.key} sent again with other values: {became}", came.exchange)


def _fits(
    ours: BatchProfile,
    position: UpdatePosition,
    item: SequenceItem,
    came: SentTrial,
    records: tuple[Record | None, Record | None],
) -> bool:
    before, after = records
    if position.record_after is None:
        expected: Record | RefusedStep = ours.record(item.key, item.drawn)
    else:
        expected = position.record_after(before, item.key, item.drawn)
    accepted = came.verdicts[0].accepted
    if isinstance(expected, RefusedStep):
        return accepted is False and after == before
    return accepted is not False and after == expected
