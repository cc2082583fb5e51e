"""Words for the steps of a sequence, and the model of the records that must exist after the steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.oracle.atomicity import ties_of
from mockserver.contract.oracle.expectations import count_noun
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Record,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
)
from mockserver.model import Json, Value
from mockserver.spec.batch_forms import Batch

_EXCERPT = 120
_NAMED = 8
"""Maximum number of items that a sentence names; further items are counted."""


def batch(items: Sequence[SequenceItem]) -> str:
    """Return words for a sent batch: "sent 3 items, 1 of them bad (item 1, 5002: an unknown payee)"."""
    bad = [(place, one) for place, one in enumerate(items) if one.corruption]
    if not bad:
        return f"sent {count_noun(len(items), 'good item')}"
    named = "; ".join(
        f"item {place}, {one.key}: {one.corruption.name}" for place, one in bad[:_NAMED] if one.corruption
    ) + _more(len(bad), "; ")
    if len(items) == 1:
        return f"sent 1 bad item ({named})"
    return f"sent {len(items)} items, {len(bad)} of them bad ({named})"


def batch_step(request: Request, items: Sequence[SequenceItem], exchange: Exchange, became: str) -> str:
    """Return words for a batch as a step: its request, its response and its outcome (`became`)."""
    named = (f"{one.key} ({one.corruption.name if one.corruption else 'good'})" for one in items[:_NAMED])
    of = ", ".join(named) + _more(len(items))
    written = f" as {request.media_type}" if request.media_type != "application/json" else ""
    return (
        f"{call(request)} with {count_noun(len(items), 'item')}{written}: {of} → "
        f"{exchange.response.status}: {became}"
    )


def outcome(items: Sequence[SequenceItem], verdicts: Sequence[ReportedVerdict], *, refused: bool) -> str:
    if refused:
        return "refused as a whole"
    words = [f"{one.key} {_word(verdict)}" for one, verdict in zip(items, verdicts, strict=True)]
    return ", ".join(words[:_NAMED]) + _more(len(words)) or "nothing"


def reported(verdict: ReportedVerdict) -> str:
    """Return words for the outcome of an item: "created", "refused: Debtor must exist"."""
    message = verdict.outcome.message if verdict.outcome and verdict.accepted is False else ""
    return f"{_word(verdict)}: {excerpt(message)}" if message else _word(verdict)


def record(shown: Record | None) -> str:
    if shown is None:
        return "nothing"
    return ", ".join(f"{name} {_value(value)}" for name, value in shown.items()) or "a record"


def difference(expected: Record | None, shown: Record | None, what: str = "it") -> str:
    if expected is None or shown is None:
        return f"reading {what} shows {record(shown)}, expected {record(expected)}"
    odd = [name for name in {**expected, **shown} if expected.get(name) != shown.get(name)]
    parts = (f"{name} {_value(shown.get(name))}, expected {_value(expected.get(name))}" for name in odd)
    return f"reading {what} shows {'; '.join(parts)}"


def call(request: Request) -> str:
    return f"{request.method} {cut_text(request.path)}"


def response(exchange: Exchange) -> str:
    text = excerpt(exchange.response.body.decode("utf-8", "replace"))
    return f"{exchange.response.status}: {text}" if text else f"{exchange.response.status}, without a body"


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line; unprintable characters become blanks."""
    return cut_text("".join(letter if letter.isprintable() else " " for letter in " ".join(text.split())))


def cut_text(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"


def _more(number: int, comma: str = ", ") -> str:
    return f"{comma}and {number - _NAMED:,} more" if number > _NAMED else ""


def _word(verdict: ReportedVerdict) -> str:
    if verdict.accepted is None:
        return "not mentioned"
    if not verdict.accepted:
        return "refused"
    return verdict.made or "done"


def _value(value: str | Decimal | None) -> str:
    return "none" if value is None else format(value, "f") if isinstance(value, Decimal) else repr(value)


class SequenceItem(Value, frozen=True):
    """An item of a sequence."""

    key: str
    drawn: DrawnValues
    corruption: Corruption | None = None
    """Change that makes the item bad, None for a good item."""

    def document(self, batch_profile: BatchProfile) -> Json:
        good = batch_profile.item(self.key, self.drawn)
        if self.corruption is None:
            return good
        bad = self.corruption.change(good)
        return _with_bad_part_last(good, bad) if self.drawn.number % 2 else bad


def _with_bad_part_last(good: Json, bad: Json) -> Json:
    """Return the bad item. If only the first element of a nested list is bad, move the element to the end."""
    if isinstance(good, Mapping) and isinstance(bad, Mapping):
        return {name: _with_bad_part_last(good.get(name), value) for name, value in bad.items()}
    are_lists = isinstance(good, list) and isinstance(bad, list)
    return [*bad[1:], *bad[:1]] if are_lists and good != bad and good[1:] == bad[1:] else bad


class ExpectedItemEffect(Value, frozen=True):
    """Expected effect of an item."""

    accepted: bool | None
    """Whether the item must be accepted, None if it may be accepted or rejected."""
    record_before: Record | None
    """Record of the key before the item."""
    record: Record | None
    """Record of the key after the item, if the item must be accepted."""


class ExpectedBatchEffect(Value, frozen=True):
    """Expected effect of a batch."""

    effects: tuple[ExpectedItemEffect, ...]
    whole: bool
    """Whether the whole call must be refused, so that no item takes effect."""

    @property
    def is_done(self) -> bool:
        return not self.whole and all(fate.accepted for fate in self.effects)


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch as it was sent."""

    items: tuple[SequenceItem, ...]
    documents: tuple[Json, ...]
    expected_effect: ExpectedBatchEffect
    media_type: str = ""
    """Media type of the body, "" for the media type of the batch profile's `call`."""
    twice: frozenset[str] = field(init=False)
    """Keys that occur more than once in the batch."""

    @property
    def says(self) -> str:
        """The batch in words: "sent 3 good items"."""
        return batch(self.items)

    def __post_init__(self) -> None:
        times = Counter(item.key for item in self.items)
        object.__setattr__(self, "twice", frozenset(key for key, number in times.items() if number > 1))


class ReportedVerdict(Value, frozen=True):
    """What a response says about an item."""

    accepted: bool | None
    """Whether the item was accepted, None if the response does not say."""
    outcome: ReportedOutcome | None = None

    @property
    def made(self) -> str:
        return self.outcome.made if self.outcome else ""


def expected_batch_effect(
    batch_profile: BatchProfile,
    batch: Batch,
    items: Sequence[SequenceItem],
    before: Mapping[str, Record | None],
) -> ExpectedBatchEffect:
    """Return the expected effect of `items`, given `before`: the record of each key before the batch."""
    fates = _item_effects(batch_profile, batch, items, before, [False] * len(items))
    if batch.atomicity.groups or batch.atomicity.stop_after or batch.atomicity.stop_at:
        documents = [one.document(batch_profile) for one in items]
        ties = ties_of(batch, batch_profile.call(documents, 0), documents)
        if ties is not None:
            held = ties.held_back([fate.accepted for fate in fates])
            fates = _item_effects(batch_profile, batch, items, before, held)
    several = {item.key for item in items}
    bad = any(fate.accepted is False for fate in fates)
    is_refused_for_keys = batch_profile.twice == "call" and len(several) < len(items)
    is_refused_for_item = any(item.corruption and item.corruption.refuses_call for item in items)
    whole = is_refused_for_keys or is_refused_for_item or (batch.atomic and bad)
    return ExpectedBatchEffect(tuple(fates), whole)


def _item_effects(
    batch_profile: BatchProfile,
    batch: Batch,
    items: Sequence[SequenceItem],
    before: Mapping[str, Record | None],
    held: Iterable[bool | None],
) -> list[ExpectedItemEffect]:
    """Return the effect of each item; `held` says whether other items keep the item from being stored."""
    there = dict(before)
    several = Counter(item.key for item in items)
    seen: set[str] = set()
    fates: list[ExpectedItemEffect] = []
    for one, is_held in zip(items, held, strict=False):
        was = there[one.key]
        is_repeated = one.key in seen
        is_refused_twice = several[one.key] > 1 and batch_profile.twice in ("none", "call")
        seen.add(one.key)
        if is_held is None and not one.corruption:
            fates.append(ExpectedItemEffect(accepted=None, record_before=was, record=None))
            continue
        if is_held or one.corruption or is_refused_twice or (is_repeated and batch_profile.twice == "first"):
            fates.append(ExpectedItemEffect(accepted=False, record_before=was, record=None))
            continue
        if is_repeated and batch_profile.twice == "kept":
            fates.append(ExpectedItemEffect(accepted=True, record_before=was, record=was))
            continue
        after = _after(batch_profile, batch, one, was)
        if isinstance(after, RefusedStep):
            fates.append(ExpectedItemEffect(accepted=False, record_before=was, record=None))
        elif after is None:
            fates.append(ExpectedItemEffect(accepted=None, record_before=was, record=None))
        else:
            fates.append(ExpectedItemEffect(accepted=True, record_before=was, record=after))
            there[one.key] = after
    return fates


def _after(
    batch_profile: BatchProfile, batch: Batch, one: SequenceItem, record_before: Record | None
) -> Record | RefusedStep | None:
    if batch_profile.record_after is not None:
        return batch_profile.record_after(record_before, one.key, one.drawn)
    if record_before is None and not batch_profile.creates:
        return REFUSED_STEP
    if record_before is not None and not batch.upsert:
        return None
    return batch_profile.record(one.key, one.drawn)


def reported_verdicts(
    reported: ReportedOutcomes | None, batch: Batch, number: int
) -> tuple[ReportedVerdict, ...]:
    """Return the verdict on each of `number` items. If an item has several outcomes, take the last.

    If `reported` is None, or an outcome of an all-or-nothing batch is a rejection, all items are rejected.
    """
    if reported is None:
        return (ReportedVerdict(accepted=False),) * number
    outcomes = {one.place: one for one in reported.outcomes if one.place is not None}
    if batch.atomic and any(not one.accepted for one in reported.outcomes):
        return tuple(ReportedVerdict(accepted=False, outcome=outcomes.get(place)) for place in range(number))
    silent = ReportedVerdict(accepted=None if reported.is_complete else True)
    return tuple(
        ReportedVerdict(outcomes[place].accepted, outcomes[place]) if place in outcomes else silent
        for place in range(number)
    )


def batch_items(
    batch_profile: BatchProfile, batch: Batch, items: Sequence[SequenceItem], documents: Sequence[Json]
) -> list[BatchItem]:
    """Return the items for readers of outcomes. The key of an item is None if a corruption changes it."""
    return [
        BatchItem(place, one.key if _keeps_key(batch_profile, batch, one, document) else None, document)
        for place, (one, document) in enumerate(zip(items, documents, strict=True))
    ]


def _keeps_key(batch_profile: BatchProfile, batch: Batch, one: SequenceItem, document: Json) -> bool:
    good = batch_profile.item(one.key, one.drawn)
    if not isinstance(good, Mapping):
        return True
    return isinstance(document, Mapping) and all(document.get(name) == good.get(name) for name in batch.key)


def only_amounts_differ(expected: Record | None, shown: Record | None) -> bool:
    """Return whether two records differ, and only in amounts."""
    if expected is None or shown is None or expected.keys() != shown.keys():
        return False
    odd = [(expected[name], shown[name]) for name in expected if expected[name] != shown[name]]
    return bool(odd) and all(isinstance(value, Decimal) for pair in odd for value in pair)
