"""Find out what a server that is not ours does where the vendor's documents are silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from mockserver.contract.finding import BrokenRule
from mockserver.contract.profile import BatchProfile, Corruption, Position, Record, RefusedStep, Twice
from mockserver.contract.stateful.sequence import SequenceContext
from mockserver.contract.stateful.sightings import PositionTrials, SentTrial, Sighting
from mockserver.contract.stateful.state_model import SequenceItem
from mockserver.contract.stateful.update_positions import find_update

_TWICE = "a key twice in a batch"
_WORDS: Mapping[Position, str] = {
    "taken": "accepted",
    "alone": "rejected alone",
    "call": "the whole call is rejected",
}
_TWICE_WORDS: Mapping[Twice, str] = {
    "each": "the last one wins",
    "last": "the last one wins",
    "first": "the first one wins, the others are rejected",
    "kept": "the first one wins, the others are passed over",
    "none": "all of them are rejected",
    "call": "the whole call is rejected",
}


def with_positions(context: SequenceContext) -> SequenceContext:
    """Return the context with the positions that the target takes; each is a note in the ledger.

    On a server of ours they are known.
    """
    profile = context.batch_profile
    is_assumed = (
        profile.twice_positions
        or profile.updates
        or profile.assumed_encodings
        or any(one.assumption for one in _cases(profile))
    )
    if not is_assumed or context.target.identity().is_ours:
        return context
    found = _Positions(PositionTrials.begin(context), profile)
    # An answer that does not come, or cannot be read, is found by the sequences.
    with suppress(BrokenRule):
        return replace(context, batch_profile=found.profile())
    return context


def _cases(profile: BatchProfile) -> tuple[Corruption, ...]:
    return (*profile.corruptions, *profile.oddities)


@dataclass(frozen=True, slots=True)
class _Positions:
    """The positions of one server in one batch operation."""

    trials: PositionTrials
    profile_of_ours: BatchProfile

    def profile(self) -> BatchProfile:
        """Return the profile with what was found instead of what is assumed."""
        ours = self.profile_of_ours
        taken = {name: self._position(name, allowed) for name, allowed in self._assumptions().items()}
        corruptions = tuple(_adapted(ours.corruptions, taken))
        updated = find_update(self.trials, ours)
        left_out = {name for name in sorted(ours.assumed_encodings) if not self._is_read(name)}
        encodings = {name: write for name, write in ours.encodings.items() if name not in left_out}
        return replace(updated, corruptions=corruptions, twice=self._twice(), encodings=encodings)

    def _assumptions(self) -> dict[str, tuple[Position, ...]]:
        named = [one.assumption for one in _cases(self.profile_of_ours) if one.assumption]
        return {one.name: one.positions for one in named}

    def _position(self, name: str, allowed: tuple[Position, ...]) -> Position | None:
        cases = [
            one for one in _cases(self.profile_of_ours) if one.assumption and one.assumption.name == name
        ]
        seen = [self._sight(case, place, size) for case in cases for place, size in ((0, 2), (1, 2), (0, 1))]
        agreed = self.trials.agreed(name, [one for one in seen if one is not None])
        if not agreed:
            return None
        # What is no position at all is for the sequences to find.
        position = next((one for one in allowed if _WORDS[one] in agreed), None)
        if position is not None:
            self.trials.note(name, _WORDS[position])
        return position or allowed[0]

    def _sight(self, case: Corruption, place: int, size: int) -> Sighting | None:
        """Send the case before a good item, after it, or alone."""
        items = [self.trials.item() for _ in range(size)]
        items[place] = replace(items[place], corruption=case)
        came = self.trials.send(items)
        if came is None:
            return None
        found = self._of_item(came, place, size)
        words = frozenset(_WORDS[one] for one in found)
        became = " or ".join(_WORDS[one] for one in found) or "its outcome is not reported"
        return Sighting(words, f"{case.name}, as item {place} of {size}: {became}", came.exchange)

    def _of_item(self, came: SentTrial, place: int, size: int) -> tuple[Position, ...]:
        verdict = came.verdicts[place]
        if came.is_refused:
            is_named = verdict.told is not None and not verdict.told.accepted
            if self.trials.context.batch.atomic:
                return ("alone",) if is_named else ("call",)
            # An item that is alone may have been refused either way.
            return ("call",) if size > 1 else ("alone", "call")
        if verdict.accepted is None:
            return ()
        return ("taken",) if verdict.accepted else ("alone",)

    def _is_read(self, media_type: str) -> bool:
        name, seen = f"a body in {media_type}", []
        for _ in range(2):
            came = self.trials.send([self.trials.item()], media_type)
            if came is not None:
                became = _WORDS["call"] if came.is_refused else _WORDS["taken"]
                seen.append(Sighting(frozenset({became}), f"{name}: {became}", came.exchange))
        agreed = self.trials.agreed(name, seen)
        for position in agreed:
            self.trials.note(name, position)
        return not seen or _WORDS["taken"] in agreed

    def _twice(self) -> Twice:
        ours = self.profile_of_ours
        if not ours.twice_positions:
            return ours.twice
        seen = [one for one in (self._sight_twice(apart=apart) for apart in (False, True)) if one is not None]
        agreed = self.trials.agreed(_TWICE, seen)
        if not agreed:
            return ""
        allowed = (ours.twice, *ours.twice_positions)
        position = next((one for one in allowed if _TWICE_WORDS.get(one) in agreed), None)
        if position is not None:
            self.trials.note(_TWICE, _TWICE_WORDS[position])
        return position or ours.twice

    def _sight_twice(self, *, apart: bool) -> Sighting | None:
        first, other = self.trials.item(), self.trials.item()
        again = self.trials.item(first.key)
        came = self.trials.send([first, other, again] if apart else [first, again])
        if came is None:
            return None
        words = frozenset(_TWICE_WORDS[one] for one in self._of_twice(came, first, apart=apart))
        how = "with another item between them" if apart else "one after the other"
        became = " or ".join(sorted(words)) or "unclear"
        return Sighting(words, f"{first.key} twice, {how}: {became}", came.exchange)

    def _of_twice(self, came: SentTrial, first: SequenceItem, *, apart: bool) -> tuple[Twice, ...]:
        if came.is_refused:
            # Without another item in it nobody can say why all of it is rejected.
            is_open = self.trials.context.batch.atomic or not apart
            return ("none", "call") if is_open else ("call",)
        match came.verdicts[0].accepted, came.verdicts[-1].accepted:
            case True, True:
                shown = self.trials.sequence.read(first.key, 0)
                return ("kept",) if shown == _record_of(self.profile_of_ours, first) else ("each",)
            case True, False:
                return ("first",)
            case False, False:
                return ("none",)
        return ()


def _record_of(profile: BatchProfile, item: SequenceItem) -> Record | RefusedStep:
    """Return the record of a new key after the item."""
    if profile.record_after is not None:
        return profile.record_after(None, item.key, item.drawn)
    return profile.record(item.key, item.drawn)


def _adapted(corruptions: Sequence[Corruption], taken: Mapping[str, Position | None]) -> Iterator[Corruption]:
    """Yield the corruptions as the server handles them, without those that it takes or that are unclear."""
    for one in corruptions:
        position = taken[one.assumption.name] if one.assumption else "alone"
        if one.assumption is None:
            yield one
        elif position in ("alone", "call"):
            yield replace(one, refuses_call=position == "call")
