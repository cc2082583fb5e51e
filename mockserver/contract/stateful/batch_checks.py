"""Checks of one batch against the model: accepted, rejected, created or updated, amounts."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.contract.responses.outcomes import class_in_words
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.checks import SettledBatch, check_of
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import (
    FIRST_REFUSAL,
    ExpectedItemEffect,
    ReportedVerdict,
    SentBatch,
)


def settle_batch(sequence: CallSequence, answered: SettledBatch) -> None:
    """Compare what the answer says of each item with what must have become of it."""
    sent = answered.sent
    if sent.expected_effect.whole:
        _refuses_all(sequence, answered)
    for place, (effect, verdict) in enumerate(
        zip(sent.expected_effect.effects, answered.verdicts, strict=True)
    ):
        if effect.accepted is None or verdict.accepted is None or sent.expected_effect.whole:
            continue
        _fits(sequence, answered, place)
        if verdict.accepted and effect.accepted:
            _class_is_true(sequence, answered, place, effect, verdict)
            _amount_is_exact(sequence, answered, place, verdict)


def _refuses_all(sequence: CallSequence, answered: SettledBatch) -> None:
    sequence.count_check("whole-or-nothing")
    done = [place for place, verdict in enumerate(answered.verdicts) if verdict.accepted]
    is_refused = (
        answered.refused
        or answered.exchange.response.status >= FIRST_REFUSAL
        or _is_refused_item_by_item(sequence, answered)
    )
    if done or not is_refused:
        said = sentences.batch(answered.sent.items)
        ending = f"{_named(done)} reported as done" if done else "the call is not refused"
        sequence.breaks(
            "whole-or-nothing",
            f"{said}, which refuses the whole call; {ending}",
            "the call refused, no item done",
            sentences.response(answered.exchange),
        )


def _is_refused_item_by_item(sequence: CallSequence, answered: SettledBatch) -> bool:
    """Return whether an all-or-nothing batch says of each item that it was not done."""
    return (
        sequence.context.batch.atomic
        and all(one.told is not None and not one.accepted for one in answered.verdicts)
        and not any(one.corruption and one.corruption.refuses_call for one in answered.sent.items)
    )


def _fits(sequence: CallSequence, answered: SettledBatch, place: int) -> None:
    one, effect = answered.sent.items[place], answered.sent.expected_effect.effects[place]
    verdict = answered.verdicts[place]
    usual = "good-items-are-accepted" if effect.accepted else "bad-items-are-refused"
    check = check_of(answered.sent, one, usual)
    sequence.count_check(check)
    if verdict.accepted == effect.accepted:
        return
    said, at = sentences.batch(answered.sent.items), verdict.told.at if verdict.told else ""
    if effect.accepted and answered.refused:
        came = sentences.response(answered.exchange)
        sequence.breaks(check, f"{said}; the call is refused with {came}", "the good items done", came, at)
    elif effect.accepted:
        came = sentences.reported(verdict)
        sequence.breaks(check, f"{said}; item {place}, {one.key}, is reported as {came}", "done", came, at)
    else:
        done = [number for number, other in enumerate(answered.verdicts) if other.accepted]
        why = _explain_effect(answered.sent, place, effect)
        sequence.breaks(
            check,
            f"{said}{why}; {_named(done)} reported as done",
            "refused",
            sentences.reported(verdict),
            at,
        )


def _explain_effect(sent: SentBatch, place: int, effect: ExpectedItemEffect) -> str:
    one = sent.items[place]
    if one.corruption:
        return ""
    if one.key in sent.twice:
        return f"; {one.key} is in it twice, so item {place} must be rejected"
    return (
        f"; before it, reading {one.key} showed {sentences.record(effect.record_before)}: it must be rejected"
    )


def _class_is_true(
    sequence: CallSequence,
    answered: SettledBatch,
    place: int,
    effect: ExpectedItemEffect,
    verdict: ReportedVerdict,
) -> None:
    told, one = verdict.told, answered.sent.items[place]
    check = check_of(answered.sent, one, "class-is-true", media=False)
    # The status may be right, and the words that people read wrong.
    for made in dict.fromkeys(filter(None, (told.made, class_in_words(told.message)))) if told else ():
        sequence.count_check(check)
        if made == "unchanged":
            is_true = effect.record_before is not None and effect.record_before == effect.record
        else:
            is_true = (made == "created") == (effect.record_before is None)
        if not is_true:
            before = sentences.record(effect.record_before)
            said = f"{sentences.batch(answered.sent.items)}; item {place}, {one.key}, is reported as {made}"
            expected = "created" if effect.record_before is None else "updated"
            at = told.at if told else ""
            sequence.breaks(check, f"{said}, and before it there was {before}", expected, made, at)


def _amount_is_exact(
    sequence: CallSequence, answered: SettledBatch, place: int, verdict: ReportedVerdict
) -> None:
    amount, told = sequence.context.batch_profile.amount, verdict.told
    if amount is None or told is None or told.amount is None:
        return
    expected = amount(answered.sent.documents[place])
    sequence.count_check("amounts-are-exact")
    if told.amount != expected:
        key = answered.sent.items[place].key
        said = f"sent {expected:f} in item {place}, {key}; the answer says {told.amount:f}"
        sequence.breaks("amounts-are-exact", said, f"{expected:f}", f"{told.amount:f}", told.at)


def _named(places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"item {places[0]} is"
    return f"items {', '.join(map(str, places))} are"
