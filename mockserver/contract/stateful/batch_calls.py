"""Build and send the batches and single steps of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.idempotency import with_key
from mockserver.contract.profile import DrawnValues, IdempotencyRule, Record, RefusedStep, Step
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.batch_checks import settle_batch
from mockserver.contract.stateful.checks import SettledBatch
from mockserver.contract.stateful.narrowing import operation_of
from mockserver.contract.stateful.read_back import read_back
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import (
    FIRST_REFUSAL,
    ReportedVerdict,
    SentBatch,
    SequenceItem,
    batch_items,
    expected_batch_effect,
    is_refused,
    reported_verdicts,
)

_TWICE, _MEDIA = "twice-in-a-batch", "same-in-every-media-type"


def build_items(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, media_type: str = ""
) -> SentBatch:
    """Return the batch of these items, with what must become of it where the sequence stands."""
    subject = sequence.context.batch_profile
    before = {one.key: sequence.known(one.key, tenant) for one in items}
    documents = tuple(one.document(subject) for one in items)
    return SentBatch(
        tuple(items),
        documents,
        expected_batch_effect(subject, sequence.context.batch, items, before),
        media_type,
    )


def request_of(sequence: CallSequence, sent: SentBatch, tenant: int, token: str = "") -> Request:
    """Return the call that sends it, under an idempotency key if one is given."""
    subject = sequence.context.batch_profile
    request = subject.call(sent.documents, tenant)
    if token:
        place: Literal["header", "member"] = "member" if subject.key_member else "header"
        rule = IdempotencyRule(subject.key_member or subject.key_header, place)
        request = with_key(rule, request, token)
    if not sent.media_type:
        return request
    headers = request.headers
    body = subject.encodings[sent.media_type](sent.documents)
    return replace(request, headers={**headers, "content-type": sent.media_type}, body=body)


def send_batch(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, media_type: str = "", token: str = ""
) -> SettledBatch | None:
    """Send a batch and compare the result with the model; return None if there was no response."""
    sent = build_items(sequence, items, tenant, media_type)
    request = request_of(sequence, sent, tenant, token)
    exchange = sequence.call(request, tenant)
    if exchange is None:
        return None
    answered = read_answer(sequence, sent, request, exchange)
    settle_batch(sequence, answered)
    read_back(sequence, answered, tenant)
    return answered


def read_answer(
    sequence: CallSequence, sent: SentBatch, request: Request, exchange: Exchange
) -> SettledBatch:
    """Return the outcomes in the response; adds it as a step and checks it on its own."""
    batch = sequence.context.batch
    telling = sequence.reported(
        exchange, batch_items(sequence.context.batch_profile, batch, sent.items, sent.documents)
    )
    complaint = telling if isinstance(telling, str) else ""
    if isinstance(telling, str):
        told, refused = (ReportedVerdict(accepted=None),) * len(sent.items), False
    else:
        told = reported_verdicts(telling, batch, len(sent.items))
        refused = is_refused(exchange, telling, told)
    became = sentences.outcome(sent.items, told, refused=refused)
    sequence.told.append(sentences.batch_step(request, sent.items, exchange, became))
    holds = sequence.judge(exchange)
    sequence.count_check("answers-can-be-read")
    if complaint and holds:
        said = f"{sentences.batch(sent.items)}; the answer is {sentences.response(exchange)}: {complaint}"
        sequence.breaks("answers-can-be-read", said, "what became of each item", sentences.response(exchange))
    return SettledBatch(sent, request, exchange, told, refused)


_CHECK = "steps-do-what-they-say"


def do_step(sequence: CallSequence, step: Step, key: str, drawn: DrawnValues, tenant: int) -> None:
    """Perform the step; compare the response and the state after it with the expected ones."""
    before = sequence.known(key, tenant)
    must = step.after(before, drawn)
    exchange = _call_step(sequence, step, key, drawn, tenant)
    if exchange is None:
        return
    status = exchange.response.status
    sequence.told.append(f"{step.name}, {key}: {sentences.call(exchange.request)} → {status}")
    sequence.judge(exchange)
    sequence.count_check(_CHECK)
    refused = status >= FIRST_REFUSAL
    there = f"where reading {key} showed {sentences.record(before)}"
    if isinstance(must, RefusedStep) and not refused:
        said = f"{step.name}, {there}: answered {sentences.response(exchange)}, although it must be refused"
        sequence.breaks(_CHECK, said, "refused", str(status))
    if not isinstance(must, RefusedStep) and refused:
        said = f"{step.name}, {there}: refused with {sentences.response(exchange)}"
        sequence.breaks(_CHECK, said, "done", str(status))
    expected: Record | None = before if isinstance(must, RefusedStep) or refused else must
    shown = sequence.read(key, tenant)
    if shown != expected and not (isinstance(must, RefusedStep) and not refused):
        said = f"{step.name}, {there}: answered {status}; {sentences.difference(expected, shown)}"
        sequence.breaks(_CHECK, said, sentences.record(expected), sentences.record(shown))
    sequence.there[tenant, key] = shown


def _call_step(
    sequence: CallSequence, step: Step, key: str, drawn: DrawnValues, tenant: int
) -> Exchange | None:
    exchange = sequence.call(step.request(key, drawn, tenant), tenant)
    if exchange is None or step.then is None:
        return exchange
    sequence.judge(exchange)
    with sequence.readable(exchange, f"what {step.name} needs"):
        then = step.then(exchange, key, drawn, tenant)
        is_left_out = not sequence.context.run_config.may_call(operation_of(sequence.context.api.spec, then))
        return None if is_left_out else sequence.call(then, tenant)
    return None
