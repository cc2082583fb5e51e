"""Trials that find how a foreign server reacts where the vendor's documents are silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import count

from msgspec.structs import replace

from mockserver.contract.exchange import BrokenRule, Exchange, Finding
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.profile import (
    Assumption,
    BatchProfile,
    Corruption,
    DrawnValues,
    Position,
    Record,
    RecordAfter,
    RefusedStep,
    Twice,
)
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SettledBatch
from mockserver.contract.sequences.sentences import SequenceItem, batch_items
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext
from mockserver.contract.trial import Trial
from mockserver.model import Value

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
_NAME = "an item whose record is there"
_PAIRS = 3
CHECK = "assumptions-are-kept"
_ITEMS = 600
"""Number of keys that are reserved for the trials of one batch operation."""


def begin_with_positions(
    trial: Trial, profile: BatchProfile, number: int, reserved: int, phase: str = ""
) -> SequenceContext:
    """Return the context of a batch's sequences, with a profile that expects the target's reactions.

    `number` is the index of the batch in the profile. At a target without sandboxes, the first `reserved`
    keys belong to other sequences. Trials find the reactions of foreign servers only, and only once: one
    worker runs all phases against a foreign server, so the ledger has the reactions from earlier phases.
    """
    context = SequenceContext.begin(trial, profile, f"{phase}{trial.api.name} {profile.operation} {number}")
    if not context.isolation.are_apart:
        context.isolation.new_scope(reserved)
    profiles, name = trial.ledger.profiles, (profile.operation, number)
    if name not in profiles:
        profiles[name] = with_positions(context).batch_profile
    return replace(context, batch_profile=profiles[name])


def with_positions(context: SequenceContext) -> SequenceContext:
    """Try how the target reacts where the vendor's documents are silent; return a context that expects this.

    Each reaction is noted in the ledger.
    If the target is a mockserver, or the profile has no assumptions, return the context unchanged.
    """
    profile = context.batch_profile
    is_assumed = (
        profile.twice_positions
        or profile.updates
        or profile.assumed_encodings
        or any(case.assumption for case in _cases(profile))
    )
    if not is_assumed or context.target.identity().is_ours:
        return context
    trials = PositionTrials(context)
    # The sequences report an answer that is missing or unreadable.
    with suppress(BrokenRule):
        return replace(context, batch_profile=trials.adapted_profile())
    return context


def _cases(profile: BatchProfile) -> tuple[Corruption, ...]:
    return (*profile.corruptions, *profile.oddities)


class TrialResult(Value, frozen=True):
    """A server's reaction to one trial."""

    positions: frozenset[str]
    """Descriptions of the known reactions that fit the answer; empty if none fits."""
    message: str
    """The trial and the reaction, in words for people."""
    exchange: Exchange

    @classmethod
    def of(cls, answer: SettledBatch, how: str, words: Iterable[str], unclear: str = "") -> TrialResult:
        """Return a trial's result. `how` names the batch, and `unclear` the reaction if `words` is empty."""
        positions = frozenset(words)
        became = " or ".join(sorted(positions)) or unclear
        return cls(positions, f"{how}: {became}", answer.exchange)


class PositionTrials:
    """Trials that find a server's reactions, with their own keys and their own search for failed checks."""

    def __init__(self, context: SequenceContext) -> None:
        self.context = replace(context, search=FailureSearch(context.run_config))
        self.ours = context.batch_profile
        """The profile that expects the reactions of this mock."""
        scope = context.isolation.new_scope(_ITEMS)
        self.sequence = CallSequence(self.context, scope)
        self.keys, self.numbers = count(scope.first), count(scope.numbers_from + 1)

    def adapted_profile(self) -> BatchProfile:
        """Make the trials. Return a profile that expects the target's reactions instead of this mock's."""
        ours = self.ours
        assumptions = {case.assumption.name: case.assumption for case in _cases(ours) if case.assumption}
        taken = {name: self._position(one) for name, one in assumptions.items()}
        corruptions = tuple(_adapted(ours.corruptions, taken))
        updated = self._with_update()
        left_out = {name for name in sorted(ours.assumed_encodings) if not self._is_read(name)}
        encodings = {name: write for name, write in ours.encodings.items() if name not in left_out}
        return replace(updated, corruptions=corruptions, twice=self._twice(), encodings=encodings)

    def _position(self, assumption: Assumption) -> Position | None:
        name, allowed = assumption.name, assumption.positions
        cases = [case for case in _cases(self.ours) if case.assumption and case.assumption.name == name]
        tried = (self._try_case(case, *at) for case in cases for at in ((0, 2), (1, 2), (0, 1)))
        agreed = self._agreed(name, tried)
        if not agreed:
            return None
        # The sequences report behaviour that no position allows.
        position = next((one for one in allowed if _WORDS[one] in agreed), None)
        if position is not None:
            self._note(name, _WORDS[position])
        return position or allowed[0]

    def _try_case(self, case: Corruption, place: int, size: int) -> TrialResult | None:
        items = [self._item() for _ in range(size)]
        items[place] = replace(items[place], corruption=case)
        answer = self._send(items)
        if answer is None:
            return None
        words = (_WORDS[one] for one in self._of_item(answer, place, size))
        how = f"{case.name}, as item {place} of {size}"
        return TrialResult.of(answer, how, words, "its outcome is not reported")

    def _of_item(self, answer: SettledBatch, place: int, size: int) -> tuple[Position, ...]:
        verdict = answer.verdicts[place]
        if answer.refused:
            is_named = verdict.outcome is not None and not verdict.outcome.accepted
            if self.context.batch.atomic:
                return ("alone",) if is_named else ("call",)
            # If the batch has one item, the refusal may be about the item or about the call.
            return ("call",) if size > 1 else ("alone", "call")
        if verdict.accepted is None:
            return ()
        return ("taken",) if verdict.accepted else ("alone",)

    def _is_read(self, media_type: str) -> bool:
        name = f"a body in {media_type}"
        answers = [self._send([self._item()], media_type) for _ in range(2)]
        results = [
            TrialResult.of(answer, name, [_WORDS["call" if answer.refused else "taken"]])
            for answer in answers
            if answer is not None
        ]
        agreed = self._agreed(name, results)
        for position in agreed:
            self._note(name, position)
        return not results or _WORDS["taken"] in agreed

    def _twice(self) -> Twice:
        ours = self.ours
        if not ours.twice_positions:
            return ours.twice
        tried = (self._try_twice(apart=apart) for apart in (False, True))
        results = [one for one in tried if one is not None]
        agreed = self._agreed(_TWICE, results)
        if results and not agreed:
            return ""
        allowed = (ours.twice, *ours.twice_positions)
        # The sequences report an unreadable answer, and behaviour that no position allows.
        position = next((one for one in allowed if _TWICE_WORDS.get(one) in agreed), None)
        if position is not None:
            self._note(_TWICE, _TWICE_WORDS[position])
        return position or ours.twice

    def _try_twice(self, *, apart: bool) -> TrialResult | None:
        first, other = self._item(), self._item()
        again = self._item(first.key)
        answer = self._send([first, other, again] if apart else [first, again])
        if answer is None:
            return None
        words = (_TWICE_WORDS[one] for one in self._of_twice(answer, first, apart=apart))
        how = "with another item between them" if apart else "one after the other"
        return TrialResult.of(answer, f"{first.key} twice, {how}", words, "unclear")

    def _of_twice(self, answer: SettledBatch, first: SequenceItem, *, apart: bool) -> tuple[Twice, ...]:
        if answer.refused:
            # Without another item in the batch, the reason why the whole call is rejected is unknown.
            is_open = self.context.batch.atomic or not apart
            return ("none", "call") if is_open else ("call",)
        match answer.verdicts[0].accepted, answer.verdicts[-1].accepted:
            case True, True:
                shown = self.sequence.read(first.key, 0)
                kept = self._record_of(self.ours.record_after, None, first)
                return ("kept",) if shown == kept else ("each",)
            case True, False:
                return ("first",)
            case False, False:
                return ("none",)
        return ()

    def _with_update(self) -> BatchProfile:
        """Return `ours` with the server's reaction to updates, or unchanged if no known reaction fits."""
        ours = self.ours
        if not ours.updates:
            return ours
        agreed = self._agreed(_NAME, (self._try_update() for _ in range(_PAIRS)))
        position = next((update for update in ours.updates if update.what in agreed), None)
        if position is None:
            return ours
        self._note(_NAME, position.what)
        return replace(ours, record_after=position.record_after, steps=position.steps)

    def _try_update(self) -> TrialResult | None:
        first = self._item()
        if self._send([first]) is None:
            return None
        before = self.sequence.read(first.key, 0)
        second = self._item(first.key)
        answer = self._send([second])
        if answer is None:
            return None
        accepted, after = answer.verdicts[0].accepted, self.sequence.read(first.key, 0)
        words = []
        for update in self.ours.updates:
            expected = self._record_of(update.record_after, before, second)
            must_refuse = isinstance(expected, RefusedStep)
            is_fitting = accepted is False if must_refuse else accepted is not False
            if is_fitting and after == (before if must_refuse else expected):
                words.append(update.what)
        how = f"{first.key} sent again with other values"
        return TrialResult.of(answer, how, words, "none of what is known")

    def _record_of(
        self, after: RecordAfter | None, before: Record | None, item: SequenceItem
    ) -> Record | RefusedStep:
        """Return the record that must exist after the item, or a RefusedStep if the item must be refused."""
        if after is not None:
            return after(before, item.key, item.drawn)
        return self.ours.record(item.key, item.drawn)

    def _item(self, key: str = "") -> SequenceItem:
        number = next(self.numbers)
        drawn = DrawnValues(number, Decimal(number % 1000) + Decimal("0.25"))
        return SequenceItem(key or self.ours.key(next(self.keys)), drawn)

    def _send(self, items: Sequence[SequenceItem], media_type: str = "") -> SettledBatch | None:
        """Send a batch and read its outcomes. Return None if there is no readable answer."""
        context = self.context
        sent = batches.build_items(self.sequence, items, 0, media_type)
        request = batches.request_of(self.sequence, sent, 0)
        exchange = self.sequence.call(request, 0)
        if exchange is None:
            return None
        read_items = batch_items(context.batch_profile, context.batch, items, sent.documents)
        verdicts = self.sequence.verdicts(exchange, read_items)
        if isinstance(verdicts, str):
            return None
        self.sequence.steps.append(sentences.call(exchange.request))
        return SettledBatch(sent, request, exchange, *verdicts)

    def _agreed(self, name: str, tried: Iterable[TrialResult | None]) -> frozenset[str]:
        """Return the reactions that fit all results. Record a finding if results contradict each other."""
        results = [one for one in tried if one is not None]
        run_config, ledger = self.context.run_config, self.context.ledger
        operation = self.context.batch_profile.operation
        if run_config.wants(CHECK):
            ledger.count_check(operation, CHECK, len(results))
        every = [result.positions for result in results] or [frozenset[str]()]
        common = frozenset[str].intersection(*every)
        pairs = [(one, two) for one in results for two in results if not one.positions & two.positions]
        if pairs and all(result.positions for result in results) and run_config.wants(CHECK):
            first, other = pairs[0]
            message = f"{name}: a server may do either, but always the same. {first.message}; {other.message}"
            expected, answer = (" or ".join(sorted(one.positions)) for one in (first, other))
            shown = (first.exchange, other.exchange)
            ledger.record([Finding(CHECK, operation, message, "", expected, answer, shown, (first.message,))])
        return common

    def _note(self, name: str, position: str) -> None:
        operation = self.context.api.spec.operations[self.context.batch_profile.operation]
        note = f"{operation.method.upper()} {operation.path}, {name}: {position}"
        if note not in self.context.ledger.notes:
            self.context.ledger.notes.append(note)


def _adapted(corruptions: Sequence[Corruption], taken: Mapping[str, Position | None]) -> Iterator[Corruption]:
    """Yield the corruptions that the server rejects; `refuses_call` is set if it refuses the whole call."""
    for corruption in corruptions:
        position = taken[corruption.assumption.name] if corruption.assumption else "alone"
        if corruption.assumption is None:
            yield corruption
        elif position in ("alone", "call"):
            yield replace(corruption, refuses_call=position == "call")
