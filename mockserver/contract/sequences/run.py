"""The run of random sequences and of fixed trials, and checks of the messages of rejected items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import count

import hypothesis
from hypothesis.stateful import run_state_machine_as_test

from mockserver.contract.exchange import Exchange
from mockserver.contract.failure_search import hypothesis_settings
from mockserver.contract.isolation import FIRST_OF_SIZES
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues
from mockserver.contract.run_state import PlannedPart
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SEQUENCE_CHECKS, SettledBatch
from mockserver.contract.sequences.concurrency import check_calls_at_once, check_replayed_refusal
from mockserver.contract.sequences.identities import IDENTITY_TRIALS
from mockserver.contract.sequences.machine import build_machine
from mockserver.contract.sequences.sentences import SequenceItem, batch_items
from mockserver.contract.sequences.sequence import (
    CallSequence,
    SequenceContext,
    plan_batches,
    usable_batches,
)
from mockserver.contract.sequences.undocumented import begin_with_positions
from mockserver.contract.trial import Trial
from mockserver.contract.values.run import check_values
from mockserver.model import Json, Value, values_in

PHASE = "stateful"

STEPS = 8
"""Maximum number of steps of a random sequence."""

_KEYS_OF_A_BATCH = 1_000
"""Distance between the first keys of two batch operations, so that their keys for hard values differ."""

_ROUNDS = 8
"""Maximum number of rounds of random sequences; each round finds at most one failed check."""

CHECK = "message-names-its-item"
_TOGETHER = 4
"""Maximum number of bad items in a batch."""

_PLACES = (1, 0, 2)
"""Places of the bad item, unsorted, so that a number that grows with each call does not look like a place."""

_FARTHEST = len(_PLACES)
_RIGHT = range(2)
"""Allowed differences of a number in a message from the place: messages count items from 0 or from 1."""

_NUMBER = re.compile(r"(?<![\w-])-?\d+|\d+", re.ASCII)
_LINE = re.compile(r"\bline\W*$|LineNumber\W*$", re.IGNORECASE)
_LONGEST = 6
"""Maximum number of digits of a number that may be an item's place."""


def plan_stateful(trial: Trial) -> Iterator[PlannedPart]:
    usable = usable_batches(trial.api, trial.run_config)
    trial.ledger.notes.extend(usable.notes)
    yield from plan_batches(trial, usable, PHASE, trial.run_config.max_examples, _run_batch)


def _run_batch(trial: Trial, profile: BatchProfile, number: int) -> None:
    # Batches beyond the share of the sequences start over, half a distance on.
    rounds, first = divmod(number * _KEYS_OF_A_BATCH, FIRST_OF_SIZES)
    first += rounds % 2 * _KEYS_OF_A_BATCH // 2
    context = begin_with_positions(trial, profile, number, first)
    if trial.run_config.wants_any(SEQUENCE_CHECKS):
        _run_sequences(context)
    if context.search.target_is_lost:
        return
    trials = (check_calls_at_once, check_replayed_refusal, check_messages, check_positions, *IDENTITY_TRIALS)
    for check in trials:
        check(context)
        context.end_round()
    check_values(context)
    check_steps(context)


def check_steps(context: SequenceContext) -> None:
    """Take each step on a new record. If the step deletes the record, take every step on the deleted key."""
    steps = context.batch_profile.steps
    for step in steps:
        if not context.may_try(*SEQUENCE_CHECKS):
            return
        with CallSequence.with_keys(context, 1) as (sequence, (key,)):
            drawn = (
                DrawnValues(sequence.scope.numbers_from + number, Decimal(number)) for number in count(1)
            )
            batches.send_batch(sequence, [SequenceItem(key, next(drawn))], 0)
            batches.do_step(sequence, step, key, next(drawn), 0)
            batches.read_list_back(sequence, 0)
            for again in steps if sequence.there[0, key] is None else ():
                batches.do_step(sequence, again, key, next(drawn), 0)
        context.end_round()


def _run_sequences(context: SequenceContext) -> None:
    for _ in range(_ROUNDS):
        machine = hypothesis.seed(context.run_config.seed)(build_machine(context))
        settings = hypothesis_settings(context.run_config, stateful_step_count=STEPS)
        found = context.search.round(partial(run_state_machine_as_test, machine, settings=settings))
        context.ledger.record([found] if found else [])
        if found is None or context.search.is_done:
            return


def check_messages(context: SequenceContext) -> None:
    """Send every kind of bad item, a few kinds in a batch with at least one good item; compare messages."""
    ways = [corruption for corruption in context.batch_profile.corruptions if not corruption.refuses_call]
    if len(ways) < 2 or not context.may_try(*SEQUENCE_CHECKS):  # noqa: PLR2004 - two may change places
        return
    with CallSequence.with_keys(context, _TOGETHER + 1) as (sequence, keys):
        size = max(len(keys) - 1, 2)
        groups = [ways[at : at + size] for at in range(0, len(ways), size)]
        if len(groups[-1]) == 1:
            groups[-1] = ways[-2:]
        for group in groups if len(keys) > 1 else ():
            corruptions = [*group, *[None] * len(keys)]
            rows = zip(keys, sequence.drawn(len(keys)), corruptions, strict=False)
            check_messages_of_bad_items(sequence, [SequenceItem(*row) for row in rows], 0)


def check_messages_of_bad_items(sequence: CallSequence, items: Sequence[SequenceItem], tenant: int) -> None:
    """Send items in one batch, each bad item alone, and two bad items together, to find swapped messages.

    An item may get one message in the batch and another message alone. The check fails only if the item's
    message in the batch equals the message that another item gets alone.
    """
    together = batches.send_batch(sequence, items, tenant)
    if together is None:
        return
    messages = _messages(together)
    if len(messages) < 2:  # noqa: PLR2004 - two may change places
        return
    alone: dict[int, str] = {}
    for place in messages:
        answered = batches.send_batch(sequence, [items[place]], tenant)
        if answered is None:
            return
        alone[place] = _messages(answered).get(0, "")
    _compare(sequence, items, together, messages, alone)
    first, *others = alone
    other = next((place for place in others if alone[place] != alone[first]), first)
    pair = [items[first], items[other]]
    if other != first and (two := batches.send_batch(sequence, pair, tenant)):
        _compare(sequence, pair, two, _messages(two), {0: alone[first], 1: alone[other]})


def _compare(
    sequence: CallSequence,
    items: Sequence[SequenceItem],
    together: SettledBatch,
    messages: Mapping[int, str],
    alone: Mapping[int, str],
) -> None:
    sequence.count_check(CHECK, len(messages))
    for place, message in messages.items():
        other = next((one for one in alone if alone[one] == message and one != place), None)
        if other is None or not alone[place] or alone[place] == message:
            continue
        outcome = together.verdicts[place].outcome
        sentence = (
            f"sent {len(items)} items; item {place} ({items[place].key}) is rejected with {message!r}, which "
            f"is what item {other} ({items[other].key}) gets when it is sent alone; item {place} alone gets "
            f"{alone[place]!r}"
        )
        sequence.fail(CHECK, sentence, alone[place], message, outcome.at if outcome else "")


def _messages(answered: SettledBatch) -> Mapping[int, str]:
    rows = zip(answered.sent.items, answered.verdicts, strict=True)
    return {
        place: verdict.outcome.message
        for place, (one, verdict) in enumerate(rows)
        if one.corruption and verdict.accepted is False and verdict.outcome and verdict.outcome.message
    }


class _Refusal(Value, frozen=True):
    """Refusal of the only bad item of a batch, or of the whole batch."""

    place: int
    """Place of the bad item."""
    texts: tuple[str, ...]
    """Message of the item, or all texts in the answer if the whole call was refused."""
    step: str
    exchange: Exchange


def check_positions(context: SequenceContext) -> None:
    """Send each kind of bad item at three places of a batch, and compare numbers in messages with places."""
    ways = context.batch_profile.corruptions
    if not ways or not context.may_try(CHECK):
        return
    with CallSequence.with_keys(context, _FARTHEST) as (sequence, keys):
        for way in ways if len(keys) == _FARTHEST else ():
            _check_way(sequence, keys, way)


def _check_way(sequence: CallSequence, keys: Sequence[str], way: Corruption) -> None:
    refusals: list[_Refusal] = []
    for place in _PLACES:
        refusal = _refusal(sequence, keys, way, place)
        if refusal is None or not _may_count(refusal):
            return
        refusals.append(refusal)
    counts = list(find_counts({one.place: one.texts for one in refusals}))
    if not counts:
        return
    sequence.count_check(CHECK)
    if any(shift in _RIGHT for shift, _ in counts):
        return
    first, (shift, text) = refusals[0], counts[0]
    named = first.place + shift
    shown = (*refusals[1:], first)
    sequence.steps[:] = [one.step for one in shown]
    sequence.exchanges[:] = [one.exchange for one in shown]
    expected = f"{first.place} (counted from 0) or {first.place + 1} (from 1)"
    message = (
        f"sent {_FARTHEST} items, item {first.place} of them bad ({way.name}); the message says {named}, "
        f"expected {expected}: {text!r}; it is wrong by as much where the bad item is at another place"
    )
    sequence.fail(CHECK, message, expected, str(named))


def _may_count(refusal: _Refusal) -> bool:
    numbers = (number for text in refusal.texts for number in _positions(text) if number is not None)
    return any(abs(number - refusal.place) <= _FARTHEST for number in numbers)


def find_counts(texts: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Find numbers in messages that grow with the place of the bad item. `texts` has messages by place.

    Ignore messages that differ in more than numbers. For each found number, yield its distance from the place
    (equal in all messages), and the first message.
    """
    first, *_ = texts
    if len({len(listed) for listed in texts.values()}) > 1:
        return
    for at, text in enumerate(texts[first]):
        row = {place: listed[at] for place, listed in texts.items()}
        if len({_NUMBER.sub("#", one) for one in row.values()}) > 1:
            continue
        for number, value in enumerate(_positions(text)):
            shifts = {place: _positions(one)[number] for place, one in row.items()}
            shift = (value or 0) - first
            follows = all(value is not None and value - place == shift for place, value in shifts.items())
            if follows and abs(shift) <= _FARTHEST:
                yield shift, text


def _positions(text: str) -> list[int | None]:
    """Return the numbers in a text, with None for a number that counts lines or is too long for a place."""
    return [
        None if len(found[0]) > _LONGEST or _LINE.search(text[: found.start()]) else int(found[0])
        for found in _NUMBER.finditer(text)
    ]


def _refusal(sequence: CallSequence, keys: Sequence[str], way: Corruption, place: int) -> _Refusal | None:
    """Send a batch with a bad item at `place`; return the refusal, or None if the item is not refused."""
    profile, batch = sequence.context.batch_profile, sequence.context.batch
    drawn = [DrawnValues(number, Decimal(number + 1)) for number in range(len(keys))]
    bad, *items = (SequenceItem(key, values) for key, values in zip(keys, drawn, strict=True))
    items.insert(place, SequenceItem(bad.key, bad.drawn, way))
    if profile.prepare:
        for one in items:
            sequence.known(one.key, 0)
    documents = tuple(item.document(profile) for item in items)
    request = profile.call(documents, 0)
    exchange = sequence.call(request, 0)
    if exchange is None:
        return None
    reported = sequence.verdicts(exchange, batch_items(profile, batch, items, documents))
    if isinstance(reported, str):
        return None
    verdicts, is_refused = reported
    if is_refused:
        body = exchange.response.document() or exchange.response.body.decode("utf-8", "replace")
        texts, became = tuple(_texts(body)), "refused as a whole"
    elif verdicts[place].accepted is False and (outcome := verdicts[place].outcome):
        texts, became = (outcome.message,), f"item {place} rejected"
    else:
        return None
    return _Refusal(place, texts, sentences.batch_step(request, items, exchange, became), exchange)


def _texts(body: Json) -> Iterator[str]:
    for path, value in values_in(body):
        yield from (name for name in path[-1:] if isinstance(name, str))
        if not isinstance(value, Mapping | list):
            yield str(value)
