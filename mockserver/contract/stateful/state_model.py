"""A model of the records that the target must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Json,
    Record,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
)
from mockserver.spec.openapi import Batch

FIRST_REFUSAL = 400
"""The statuses from here on say no."""


@dataclass(frozen=True, slots=True)
class SequenceItem:
    """An item of a sequence: its key, what it carries, and how it was made bad, if it was."""

    key: str
    drawn: DrawnValues
    spoil: Corruption | None = None

    def document(self, subject: BatchProfile) -> Json:
        """Return the item as it is sent."""
        good = subject.item(self.key, self.drawn)
        return self.spoil.change(good) if self.spoil else good


@dataclass(frozen=True, slots=True)
class ExpectedFate:
    """Expected fate of an item: `accepted` is None if it is open.

    `was` is its key's record before it, `record` the one after it if it is accepted.
    """

    accepted: bool | None
    was: Record | None
    record: Record | None


@dataclass(frozen=True, slots=True)
class ExpectedRecords:
    """Expected effect of a batch; `whole`: the call is refused, and no item takes effect."""

    fates: tuple[ExpectedFate, ...]
    whole: bool

    @property
    def is_done(self) -> bool:
        """Whether every item must be accepted."""
        return not self.whole and all(fate.accepted for fate in self.fates)


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch as it was sent; `media_type` is "" for the usual one."""

    things: tuple[SequenceItem, ...]
    documents: tuple[Json, ...]
    outlook: ExpectedRecords
    media_type: str = ""

    @property
    def twice(self) -> frozenset[str]:
        """The keys that it holds more than once."""
        return frozenset(key for key, times in Counter(one.key for one in self.things).items() if times > 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Reported outcome of an item: done or not, None if the response says nothing."""

    accepted: bool | None
    told: ReportedOutcome | None = None


def expected_records(
    subject: BatchProfile, batch: Batch, things: Sequence[SequenceItem], before: Mapping[str, Record | None]
) -> ExpectedRecords:
    """Return what must become of `things`, sent to where the records are those of `before`."""
    there = dict(before)
    several = Counter(one.key for one in things)
    fates: list[ExpectedFate] = []
    for one in things:
        was = there[one.key]
        if one.spoil or (several[one.key] > 1 and subject.twice == "none"):
            fates.append(ExpectedFate(accepted=False, was=was, record=None))
            continue
        after = _after(subject, batch, one, was)
        if isinstance(after, RefusedStep):
            fates.append(ExpectedFate(accepted=False, was=was, record=None))
        elif after is None:
            fates.append(ExpectedFate(accepted=None, was=was, record=None))
        else:
            fates.append(ExpectedFate(accepted=True, was=was, record=after))
            there[one.key] = after
    bad = any(fate.accepted is False for fate in fates)
    whole = any(one.spoil and one.spoil.refuses for one in things) or (batch.atomic and bad)
    return ExpectedRecords(tuple(fates), whole)


def _after(
    subject: BatchProfile, batch: Batch, one: SequenceItem, was: Record | None
) -> Record | RefusedStep | None:
    if subject.record_after is not None:
        return subject.record_after(was, one.key, one.drawn)
    if was is None and not subject.creates:
        return REFUSED_STEP
    if was is not None and not batch.upsert:
        return None
    return subject.record(one.key, one.drawn)


def expected_verdicts(telling: ReportedOutcomes | None, batch: Batch, number: int) -> tuple[Verdict, ...]:
    """Return what is said of each of so many items; of one that is told of twice, the last."""
    if telling is None:
        return (Verdict(accepted=False),) * number
    told = {one.place: one for one in telling.outcomes if one.place is not None}
    if batch.atomic and any(not one.accepted for one in telling.outcomes):
        return tuple(Verdict(accepted=False, told=told.get(place)) for place in range(number))
    silent = Verdict(accepted=None if telling.complete else True)
    return tuple(
        Verdict(told[place].accepted, told[place]) if place in told else silent for place in range(number)
    )


def items_of(
    subject: BatchProfile, batch: Batch, things: Sequence[SequenceItem], documents: Sequence[Json]
) -> list[BatchItem]:
    """Return the items as readers take them; one whose key was spoiled has none that can be read."""
    return [
        BatchItem(place, one.key if _keeps_key(subject, batch, one, document) else None, document)
        for place, (one, document) in enumerate(zip(things, documents, strict=True))
    ]


def _keeps_key(subject: BatchProfile, batch: Batch, one: SequenceItem, document: Json) -> bool:
    good = subject.item(one.key, one.drawn)
    if not isinstance(good, Mapping):
        return True
    return isinstance(document, Mapping) and all(document.get(name) == good.get(name) for name in batch.key)


def is_refused(exchange: Exchange, telling: ReportedOutcomes | None, told: Sequence[Verdict]) -> bool:
    """Return whether the call was refused as a whole."""
    return telling is None or (
        exchange.response.status >= FIRST_REFUSAL and bool(told) and not any(one.accepted for one in told)
    )


def only_amounts_differ(expected: Record | None, shown: Record | None) -> bool:
    """Return whether two records differ, and in nothing but amounts."""
    if expected is None or shown is None or expected.keys() != shown.keys():
        return False
    odd = [(expected[name], shown[name]) for name in expected if expected[name] != shown[name]]
    return bool(odd) and all(isinstance(value, Decimal) for pair in odd for value in pair)
