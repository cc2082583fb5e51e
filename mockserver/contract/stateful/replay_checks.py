"""Checks of idempotency keys: replays, conflicts, two calls at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.stateful import batch_calls, sentences
from mockserver.contract.stateful.batch_checks import settle_batch
from mockserver.contract.stateful.read_back import read_back
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import FIRST_REFUSAL, SequenceItem

_REPLAY, _OTHER = "replay-is-the-first-answer", "key-with-another-body"


def check_replay(
    story: CallSequence,
    things: Sequence[SequenceItem],
    between: Sequence[SequenceItem],
    other: Sequence[SequenceItem],
    tenant: int,
) -> None:
    """Send a batch, perhaps another, replay the first under its key, then the key with another body."""
    token = story.token()
    if not batch_calls.build_items(story, things, tenant).outlook.is_done:
        return
    first = batch_calls.send_batch(story, things, tenant, token=token)
    if first is None or first.refused:
        return
    if between:
        batch_calls.send_batch(story, between, tenant)
    second = story.call(first.request, tenant)
    if second is None:
        return
    story.told.append(f"the same again under the same key → {second.response.status}")
    _second(story, first.exchange, second)
    _unchanged(story, things, tenant, _REPLAY, "the same call came again under its key")
    changed = batch_calls.build_items(story, other, tenant)
    request = batch_calls.request_of(story, changed, tenant, token)
    if story.stage.subject.conflict_status and request.body != first.request.body:
        _conflict(story, request, other, tenant)


def check_same_key_at_once(story: CallSequence, things: Sequence[SequenceItem], tenant: int) -> None:
    """Send one call twice at once under one key: it must be done once."""
    token = story.token()
    sent = batch_calls.build_items(story, things, tenant)
    if not sent.outlook.is_done:
        return
    request = batch_calls.request_of(story, sent, tenant, token)
    came = story.calls_at_once([request, request], tenant)
    if not came:
        return
    statuses = " and ".join(str(one.response.status) for one in came)
    story.told.append(f"{sentences.call(request)} twice at once under one key → {statuses}")
    done = [one for one in came if one.response.status < FIRST_REFUSAL]
    story.judged(_REPLAY)
    if not done:
        said = (
            f"one call came twice at once under one key, and neither was done: {sentences.response(came[0])}"
        )
        story.breaks(_REPLAY, said, "one of them done", statuses)
    if len(done) > 1 and not _is_same(*done):
        said = "one call came twice at once under one key and got two answers, as if it were done twice"
        story.breaks(_REPLAY, said, sentences.response(done[0]), sentences.response(done[1]))
    for answered in [batch_calls.read_answer(story, sent, request, one) for one in done[:1]]:
        settle_batch(story, answered)
        read_back(story, answered, tenant)


def _second(story: CallSequence, first: Exchange, second: Exchange) -> None:
    subject = story.stage.subject
    if subject.again == "same":
        story.judge(second)
    story.judged(_REPLAY)
    came = sentences.response(second)
    if subject.again == "same" and not _is_same(first, second):
        said = "the same call came again under its key and got another answer"
        story.breaks(_REPLAY, said, sentences.response(first), came)
    if subject.again == "refused" and not _refuses(second, subject.again_status):
        said = f"the same call came again under its key and was answered {came}, although it must be refused"
        story.breaks(_REPLAY, said, str(subject.again_status or "4xx"), came)


def _conflict(story: CallSequence, request: Request, other: Sequence[SequenceItem], tenant: int) -> None:
    exchange = story.call(request, tenant)
    if exchange is None:
        return
    story.told.append(f"another body under that key → {exchange.response.status}")
    story.judged(_OTHER)
    status = story.stage.subject.conflict_status
    if not _refuses(exchange, status):
        said = (
            f"an idempotency key came again with another body and was answered {sentences.response(exchange)}"
        )
        story.breaks(_OTHER, said, str(status), str(exchange.response.status))
    _unchanged(story, other, tenant, _OTHER, "an idempotency key came again with another body")


def _unchanged(
    story: CallSequence, things: Sequence[SequenceItem], tenant: int, check: str, what: str
) -> None:
    """Check that nothing has changed."""
    for key in dict.fromkeys(one.key for one in things):
        expected, shown = story.there[tenant, key], story.read(key, tenant)
        story.judged(check)
        if shown != expected:
            said = f"{what}, and {key} has changed: {sentences.difference(expected, shown)}"
            story.breaks(check, said, sentences.record(expected), sentences.record(shown))
        story.there[tenant, key] = shown


def _refuses(exchange: Exchange, status: int) -> bool:
    return exchange.response.status == status if status else exchange.response.status >= FIRST_REFUSAL


def _is_same(one: Exchange, other: Exchange) -> bool:
    return replace(one.response, headers={}) == replace(other.response, headers={}) and (
        one.response.media_type == other.response.media_type
    )
