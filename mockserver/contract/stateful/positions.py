"""Find out what a server that is not ours does where the vendor's documents are silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import TypeAlias

from mockserver.contract.exchange import Exchange
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.finding import BrokenRule, Finding
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues, Position, Twice
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import (
    ReportedVerdict,
    SequenceItem,
    batch_items,
    is_refused,
    reported_verdicts,
)

_CHECK = "assumptions-are-kept"
_TWICE = "a key twice in a batch"
_CALLS = 64
"""Most calls that look for positions: each has keys of its own."""

_KEYS = 3
_WORDS: Mapping[str, str] = {
    "taken": "accepted",
    "alone": "rejected alone",
    "call": "the whole call is rejected",
    "each": "the last one wins",
    "last": "the last one wins",
    "first": "the first one wins, the others are rejected",
    "none": "all of them are rejected",
}


_TWICE_BY_OUTCOMES: Mapping[tuple[bool | None, bool | None], Twice] = {
    (True, True): "each",
    (True, False): "first",
    (False, False): "none",
}
"""By what is reported of the first and of the last of the two."""

_AnyPosition: TypeAlias = Position | Twice


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What a server did once: its position, None if it is none of those that there are."""

    position: _AnyPosition | None
    step: str
    exchange: Exchange


def with_positions(context: SequenceContext) -> SequenceContext:
    """Return the context with the positions that the target takes; each is a note in the ledger.

    On a server of ours, and in this process, they are known.
    """
    profile = context.batch_profile
    is_assumed = profile.twice_positions or any(one.assumption for one in _cases(profile))
    if not is_assumed or context.target.address.app or context.target.identity().is_ours:
        return context
    found = _Positions(context)
    # An answer that does not come, or cannot be read, is found by the sequences.
    with suppress(BrokenRule):
        return replace(context, batch_profile=found.profile())
    return context


def _cases(profile: BatchProfile) -> tuple[Corruption, ...]:
    return (*profile.corruptions, *profile.oddities)


class _Positions:
    """The positions of one server in one batch operation."""

    def __init__(self, context: SequenceContext) -> None:
        self._context = replace(context, search=FailureSearch(context.run_config))
        self._profile = context.batch_profile
        self._sequence = CallSequence(self._context, context.isolation.new_scope(_CALLS * _KEYS))
        self._keys = count(self._sequence.scope.first)
        self._numbers = count(1)

    def profile(self) -> BatchProfile:
        """Return the profile with what was found instead of what is assumed."""
        taken = {name: self._position(name, allowed) for name, allowed in self._assumptions().items()}
        corruptions = tuple(_adapted(self._profile.corruptions, taken))
        twice = self._twice()
        return replace(self._profile, corruptions=corruptions, twice=twice)

    def _assumptions(self) -> dict[str, tuple[Position, ...]]:
        named = [one.assumption for one in _cases(self._profile) if one.assumption]
        return {one.name: one.positions for one in named}

    def _position(self, name: str, allowed: tuple[Position, ...]) -> Position | None:
        cases = [
            one for one in _cases(self._profile) if one.assumption is not None and one.assumption.name == name
        ]
        seen = [self._sight(case, place) for case in cases for place in (0, 1)]
        agreed = self._agreed(name, [one for one in seen if one is not None])
        if agreed is None:
            return None
        # What is no position at all is for the sequences to find.
        position = next((one for one in allowed if one == agreed), None)
        if position is not None:
            self._tell(name, position)
        return position or allowed[0]

    def _sight(self, case: Corruption, place: int) -> _Sighting | None:
        """Send the case before a good item, or after it."""
        items = [self._item(), self._item()]
        items[place] = replace(items[place], corruption=case)
        came = self._send(items)
        if came is None:
            return None
        exchange, verdicts, refused = came
        accepted = verdicts[place].accepted
        position: Position | None = (
            "call" if refused else None if accepted is None else "taken" if accepted else "alone"
        )
        became = _WORDS.get(position or "", "its outcome is not reported")
        return _Sighting(position, f"{case.name}, as item {place} of 2: {became}", exchange)

    def _twice(self) -> Twice:
        if not self._profile.twice_positions:
            return self._profile.twice
        seen = [one for one in (self._sight_twice(apart=apart) for apart in (False, True)) if one is not None]
        agreed = self._agreed(_TWICE, seen)
        if agreed is None:
            return ""
        allowed = (self._profile.twice, *self._profile.twice_positions)
        position = next((one for one in allowed if _WORDS.get(one) == _WORDS[agreed]), None)
        if position is not None:
            self._tell(_TWICE, position)
        return position or self._profile.twice

    def _sight_twice(self, *, apart: bool) -> _Sighting | None:
        first, other = self._item(), self._item()
        again = replace(first, drawn=self._drawn())
        items = [first, other, again] if apart else [first, again]
        came = self._send(items)
        if came is None:
            return None
        exchange, verdicts, refused = came
        done = (verdicts[0].accepted, verdicts[-1].accepted)
        position = None if refused else _TWICE_BY_OUTCOMES.get(done)
        how = "with another item between them" if apart else "one after the other"
        became = _WORDS.get(position or "", "the whole call is rejected" if refused else "unclear")
        return _Sighting(position, f"{first.key} twice, {how}: {became}", exchange)

    def _agreed(self, name: str, seen: Sequence[_Sighting]) -> _AnyPosition | None:
        """Return the position that all show, None if there is none; that they show several is a finding."""
        positions = {one.position for one in seen}
        run_config, ledger = self._context.run_config, self._context.ledger
        operation = self._context.api.spec.operations[self._profile.operation]
        if run_config.wants(_CHECK):
            ledger.count_check(operation.id, _CHECK, len(seen))
        if len(positions) > 1:
            other = next(one for one in seen if one.position != seen[0].position)
            said = f"{name}: a server may do either, but always the same. {seen[0].step}; {other.step}"
            expected, came = (_WORDS.get(one.position or "", "no outcome") for one in (seen[0], other))
            shown, steps = (seen[0].exchange, other.exchange), (seen[0].step, other.step)
            if run_config.wants(_CHECK):
                ledger.found([Finding(_CHECK, operation.id, said, "", expected, came, shown, steps[:1])])
            return None
        return next(iter(positions), None)

    def _tell(self, name: str, position: _AnyPosition) -> None:
        operation = self._context.api.spec.operations[self._profile.operation]
        where = f"{operation.method.upper()} {operation.path}"
        note, notes = f"{where}, {name}: {_WORDS[position]}", self._context.ledger.notes
        if note not in notes:
            notes.append(note)

    def _send(
        self, items: Sequence[SequenceItem]
    ) -> tuple[Exchange, tuple[ReportedVerdict, ...], bool] | None:
        """Return the answer, what became of each item, and whether the call was refused."""
        context, profile = self._context, self._profile
        for key in dict.fromkeys(one.key for one in items):
            self._sequence.known(key, 0)
        documents = tuple(one.document(profile) for one in items)
        exchange = self._sequence.call(profile.call(documents, 0), 0)
        if exchange is None:
            return None
        told = self._sequence.reported(exchange, batch_items(profile, context.batch, items, documents))
        if isinstance(told, str):
            return None
        verdicts = reported_verdicts(told, context.batch, len(items))
        self._sequence.told.append(sentences.call(exchange.request))
        return exchange, verdicts, is_refused(exchange, told, verdicts)

    def _item(self) -> SequenceItem:
        return SequenceItem(self._profile.key(next(self._keys)), self._drawn())

    def _drawn(self) -> DrawnValues:
        number = next(self._numbers)
        return DrawnValues(number, Decimal(number) + Decimal("0.25"))


def _adapted(corruptions: Sequence[Corruption], taken: Mapping[str, Position | None]) -> Iterator[Corruption]:
    """Yield the corruptions as the server handles them, without those that it takes or that are unclear."""
    for one in corruptions:
        position = taken[one.assumption.name] if one.assumption else "alone"
        if one.assumption is None:
            yield one
        elif position in ("alone", "call"):
            yield replace(one, refuses_call=position == "call")
