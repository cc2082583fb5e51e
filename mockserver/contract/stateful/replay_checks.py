"""Checks of idempotency keys: replays, conflicts, two calls at once."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.idempotency import OTHER_BODY, REPLAY, is_refused, is_same_answer
from mockserver.contract.stateful import batch_calls, sentences
from mockserver.contract.stateful.batch_checks import settle_batch
from mockserver.contract.stateful.read_back import read_back
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import FIRST_REFUSAL, SequenceItem


def check_replay(
    sequence: CallSequence,
    items: Sequence[SequenceItem],
    between: Sequence[SequenceItem],
    other: Sequence[SequenceItem],
    tenant: int,
) -> None:
    """Send a batch, perhaps another, replay the first under its key, then the key with another body."""
    token = sequence.token()
    if not batch_calls.build_items(sequence, items, tenant).expected_effect.is_done:
        return
    first = batch_calls.send_batch(sequence, items, tenant, token=token)
    if first is None or first.refused:
        return
    if between:
        batch_calls.send_batch(sequence, between, tenant)
    second = sequence.call(first.request, tenant)
    if second is None:
        return
    sequence.told.append(f"the same again under the same key → {second.response.status}")
    _second(sequence, first.exchange, second)
    _unchanged(sequence, items, tenant, REPLAY, "the same call came again under its key")
    changed = batch_calls.build_items(sequence, other, tenant)
    request = batch_calls.request_of(sequence, changed, tenant, token)
    if sequence.context.batch_profile.conflict_status and request.body != first.request.body:
        _conflict(sequence, request, other, tenant)


def check_same_key_at_once(sequence: CallSequence, items: Sequence[SequenceItem], tenant: int) -> None:
    """Send one call twice at once under one key: it must be done once."""
    token = sequence.token()
    sent = batch_calls.build_items(sequence, items, tenant)
    if not sent.expected_effect.is_done:
        return
    request = batch_calls.request_of(sequence, sent, tenant, token)
    came = sequence.calls_at_once([request, request], tenant)
    if not came:
        return
    statuses = " and ".join(str(one.response.status) for one in came)
    sequence.told.append(f"{sentences.call(request)} twice at once under one key → {statuses}")
    done = [one for one in came if one.response.status < FIRST_REFUSAL]
    sequence.count_check(REPLAY)
    if not done:
        said = (
            f"one call came twice at once under one key, and neither was done: {sentences.response(came[0])}"
        )
        sequence.breaks(REPLAY, said, "one of them done", statuses)
    if len(done) > 1 and not is_same_answer(*done):
        said = "one call came twice at once under one key and got two answers, as if it were done twice"
        sequence.breaks(REPLAY, said, sentences.response(done[0]), sentences.response(done[1]))
    for answered in [batch_calls.read_answer(sequence, sent, request, one) for one in done[:1]]:
        settle_batch(sequence, answered)
        read_back(sequence, answered, tenant)


def _second(sequence: CallSequence, first: Exchange, second: Exchange) -> None:
    subject = sequence.context.batch_profile
    if subject.again == "same":
        sequence.judge(second)
    sequence.count_check(REPLAY)
    came = sentences.response(second)
    if subject.again == "same" and not is_same_answer(first, second):
        said = "the same call came again under its key and got another answer"
        sequence.breaks(REPLAY, said, sentences.response(first), came)
    if subject.again == "refused" and not is_refused(second, subject.replay_status):
        said = f"the same call came again under its key and was answered {came}, although it must be refused"
        sequence.breaks(REPLAY, said, str(subject.replay_status or "4xx"), came)


def _conflict(sequence: CallSequence, request: Request, other: Sequence[SequenceItem], tenant: int) -> None:
    exchange = sequence.call(request, tenant)
    if exchange is None:
        return
    sequence.told.append(f"another body under that key → {exchange.response.status}")
    sequence.count_check(OTHER_BODY)
    status = sequence.context.batch_profile.conflict_status
    if not is_refused(exchange, status):
        said = (
            f"an idempotency key came again with another body and was answered {sentences.response(exchange)}"
        )
        sequence.breaks(OTHER_BODY, said, str(status), str(exchange.response.status))
    _unchanged(sequence, other, tenant, OTHER_BODY, "an idempotency key came again with another body")


def _unchanged(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, check: str, what: str
) -> None:
    """Check that nothing has changed."""
    for key in dict.fromkeys(one.key for one in items):
        expected, shown = sequence.there[tenant, key], sequence.read(key, tenant)
        sequence.count_check(check)
        if shown != expected:
            said = f"{what}, and {key} has changed: {sentences.difference(expected, shown)}"
            sequence.breaks(check, said, sentences.record(expected), sentences.record(shown))
        sequence.there[tenant, key] = shown
