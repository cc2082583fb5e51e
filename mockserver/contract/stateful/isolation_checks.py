"""Checks that a call leaves other tenants and sandboxes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mockserver.contract.isolation import IsolationScope
from mockserver.contract.profile import Record
from mockserver.contract.stateful import batch_calls, sentences
from mockserver.contract.stateful.checks import SettledBatch
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import FIRST_REFUSAL, SequenceItem

_TENANTS, _SANDBOXES = "tenants-are-apart", "worlds-are-apart"


def check_other_tenant(
    sequence: CallSequence, items: Sequence[SequenceItem], here: int, there: int, *, keyed: bool = False
) -> None:
    """Send a batch in one tenant and check that another does not see it, nor its idempotency key."""
    keys = [one.key for one in items]
    for key in keys:
        sequence.known(key, there)
    token = sequence.token() if keyed and sequence.context.batch_profile.again == "same" else ""
    answered = batch_calls.send_batch(sequence, items, here, token=token)
    for key in keys:
        expected, shown = sequence.there[there, key], sequence.read(key, there)
        sequence.count_check(_TENANTS)
        if shown != expected:
            difference = sentences.difference(expected, shown)
            said = f"{sentences.batch(items)} in one tenant, and in another {difference}"
            sequence.breaks(
                _TENANTS,
                f"{said} ({key})",
                sentences.record(expected),
                sentences.record(shown),
            )
        sequence.there[there, key] = shown
    if token and answered is not None and not answered.refused:
        _as_new(sequence, _TENANTS, answered, there, token)


def check_other_sandbox(
    sequence: CallSequence, aside: IsolationScope, items: Sequence[SequenceItem], here: int, *, keyed: bool
) -> None:
    """Send a batch in this sandbox and check that another does not see it, nor its idempotency key."""
    subject = sequence.context.batch_profile
    keys = [one.key for one in items]
    first = {key: sequence.read(key, here, aside) for key in keys}
    if subject.prepare is None:
        _is_as_it_was(sequence, first, here)
    token = sequence.token() if keyed and subject.again == "same" else ""
    answered = batch_calls.send_batch(sequence, items, here, token=token)
    for key in keys:
        shown = sequence.read(key, here, aside)
        sequence.count_check(_SANDBOXES)
        if shown != first[key]:
            difference = sentences.difference(first[key], shown)
            said = f"{sentences.batch(items)} to one sandbox, and in another {difference}"
            sequence.breaks(
                _SANDBOXES,
                f"{said} ({key})",
                sentences.record(first[key]),
                sentences.record(shown),
            )
    if token and answered is not None and not answered.refused:
        _as_new(replace(sequence, scope=aside, there={}), _SANDBOXES, answered, here, token)


def _is_as_it_was(sequence: CallSequence, first: Mapping[str, Record | None], here: int) -> None:
    """Another sandbox begins as this one did, whatever has happened here since."""
    for key, shown in first.items():
        sequence.known(key, here)
        expected = sequence.initial[here, key]
        sequence.count_check(_SANDBOXES)
        if shown != expected:
            difference = sentences.difference(expected, shown)
            said = f"a new sandbox does not begin as this one did: for {key} {difference}"
            sequence.breaks(_SANDBOXES, said, sentences.record(expected), sentences.record(shown))


def _as_new(sequence: CallSequence, check: str, answered: SettledBatch, where: int, token: str) -> None:
    """Send the call in the other world too, under the same key: it must be done there."""
    place = "tenant" if check == _TENANTS else "sandbox"
    sent = batch_calls.build_items(sequence, answered.sent.items, where)
    if not sent.expected_effect.is_done:
        return
    exchange = sequence.call(batch_calls.request_of(sequence, sent, where, token), where)
    if exchange is None:
        return
    sequence.told.append(f"the same under that key in another {place} → {exchange.response.status}")
    sequence.count_check(check)
    refused = exchange.response.status >= FIRST_REFUSAL
    for one, fate in zip(sent.items, sent.expected_effect.effects, strict=True):
        shown = sequence.read(one.key, where)
        if refused or shown != fate.record:
            said = f"an idempotency key of one {place} was taken for known in another, and the call not done"
            sequence.breaks(check, said, sentences.record(fate.record), sentences.record(shown))
        sequence.there[where, one.key] = shown
