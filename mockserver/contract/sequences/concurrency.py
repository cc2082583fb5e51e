"""Checks of two concurrent batches, and of replays under an idempotency key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.isolation import OTHER_BODY, REPLAY, is_refused, is_same_answer, rule_of
from mockserver.contract.profile import DrawnValues, Record
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.batches import SettledBatch, read_back, settle_batch
from mockserver.contract.sequences.sentences import (
    ReportedVerdict,
    SequenceItem,
    expected_batch_effect,
)
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext
from mockserver.model import Value

CHECK = "at-once-as-one-by-one"
_WHOLE = "whole-or-nothing"

_KEYS = 3
_AMOUNTS = 1000


class _Order(Value, frozen=True):
    """Expected effect of the batches 0 and 1 if the server processes batch `first` before the other batch."""

    first: int
    """Number of the batch that is processed first."""
    accepted: Mapping[int, Mapping[str, bool]]
    """By number of the batch and by key, whether the item with the key must be accepted."""
    between: Mapping[str, Record | None]
    """Records by key after the batch `first`."""
    after: Mapping[str, Record | None]
    """Records by key after both batches."""


def send_together(
    sequence: CallSequence, first: Sequence[SequenceItem], second: Sequence[SequenceItem], tenant: int
) -> None:
    """Send two good batches with common keys concurrently, and read the records during and after the calls.

    Answers and reads must fit one of the two orders in which the server may process the batches.
    """
    orders = _orders(sequence, (first, second), tenant)
    if not orders:
        # If the effect of a key that already exists is unknown, the batches get no key in common.
        second = [one for one in second if one.key != first[0].key]
        first = first[:1]
        orders = _orders(sequence, (first, second), tenant) if second else []
    if not orders:
        return
    keys = list(dict.fromkeys(one.key for one in (*first, *second)))
    before = {key: sequence.known(key, tenant) for key in keys}
    subject = sequence.context.batch_profile
    sent = [batches.build_items(sequence, things, tenant) for things in (first, second)]
    calls = [batches.request_of(sequence, one, tenant) for one in sent]
    received = sequence.calls_at_once([*calls, *(subject.read(key, tenant) for key in keys)], tenant)
    if not received:
        return
    sequence.steps.append("the next two at once, and reads of their keys meanwhile:")
    answered = [
        batches.read_answer(sequence, one, call, exchange)
        for one, call, exchange in zip(sent, calls, received[:2], strict=True)
    ]
    _reads(sequence, orders, dict(zip(keys, received[2:], strict=True)), before, tenant)
    shown = {key: sequence.read(key, tenant) for key in keys}
    _reported(sequence, orders, answered, shown)
    _final(sequence, orders, shown)
    sequence.there.update({(tenant, key): record for key, record in shown.items()})


def is_refused_together(sequence: CallSequence, items: Sequence[SequenceItem], tenant: int) -> None:
    """Send a batch that must be refused as a whole, and check that concurrent reads show no change."""
    sent, subject = batches.build_items(sequence, items, tenant), sequence.context.batch_profile
    if not sent.expected_effect.whole:
        return
    before = {item.key: sequence.known(item.key, tenant) for item in items}
    request = batches.request_of(sequence, sent, tenant)
    received = sequence.calls_at_once([request, *(subject.read(key, tenant) for key in before)], tenant)
    if not received:
        return
    sequence.steps.append(
        f"{sentences.call(request)} with {sentences.batch(items)}, and reads of its keys meanwhile"
    )
    for (key, record), exchange in zip(before.items(), received[1:], strict=True):
        shown = sequence.shown(key, tenant, exchange)
        message = (
            f"while a batch was under way that is refused as a whole, {key} was read as "
            f"{sentences.record(shown)}, expected {sentences.record(record)}"
        )
        sequence.compare(_WHOLE, record, shown, message)


def _orders(sequence: CallSequence, sent: Sequence[Sequence[SequenceItem]], tenant: int) -> list[_Order]:
    """Return the effects of the batches in both orders, or [] if the effect of an item is unknown."""
    context = sequence.context
    before = {one.key: sequence.known(one.key, tenant) for items in sent for one in items}
    orders = []
    for numbers in ((0, 1), (1, 0)):
        accepted: dict[int, Mapping[str, bool]] = {}
        records = [before]
        for number in numbers:
            seen = expected_batch_effect(context.batch_profile, context.batch, sent[number], records[-1])
            if any(fate.accepted is None for fate in seen.effects):
                return []
            fates = {one.key: fate for one, fate in zip(sent[number], seen.effects, strict=True)}
            done = accepted[number] = {key: bool(fates[key].accepted) and not seen.whole for key in fates}
            records.append({**records[-1], **{key: fates[key].record for key in fates if done[key]}})
        _, between, after = records
        orders.append(_Order(numbers[0], accepted, between, after))
    return orders


def _reads(
    sequence: CallSequence,
    orders: Sequence[_Order],
    reads: Mapping[str, Exchange],
    before: Mapping[str, Record | None],
    tenant: int,
) -> None:
    for key, exchange in reads.items():
        shown = sequence.shown(key, tenant, exchange)
        may_be = [
            before[key],
            *(order.between[key] for order in orders),
            *(order.after[key] for order in orders),
        ]
        sequence.count_check(CHECK)
        if shown not in may_be:
            either = " or ".join(dict.fromkeys(sentences.record(one) for one in may_be))
            seen = sentences.record(shown)
            message = f"during two batches {key} was read as {seen}, which is not a complete record"
            sequence.fail(CHECK, message, either, seen)


def _reported(
    sequence: CallSequence,
    orders: Sequence[_Order],
    answered: Sequence[SettledBatch],
    shown: Mapping[str, Record | None],
) -> None:
    for key, record in shown.items():
        rows = {
            number: verdict
            for number, one in enumerate(answered)
            for item, verdict in zip(one.sent.items, one.verdicts, strict=True)
            if item.key == key and verdict.accepted is not None
        }
        sequence.count_check(CHECK)
        if sum(row.made == "created" for row in rows.values()) > 1:
            message = f"two batches at once both report {key} as created; it can be created once only"
            sequence.fail(CHECK, message, "created by one of them", "created by both")
            continue
        fitting = [order for order in orders if _fits(order, rows, key)]
        if not fitting:
            results = " and ".join("done" if row.accepted else "refused" for row in rows.values())
            message = f"two batches at once report {key} as {results}, which no order of them gives"
            sequence.fail(CHECK, message, received=results)
        else:
            _is_left(sequence, key, fitting, record)


def _fits(order: _Order, rows: Mapping[int, ReportedVerdict], key: str) -> bool:
    made = {number: row.made for number, row in rows.items()}
    if made.get(order.first) == "updated" and made.get(1 - order.first) == "created":
        return False
    return all(row.accepted == order.accepted[number][key] for number, row in rows.items())


def _final(sequence: CallSequence, orders: Sequence[_Order], shown: Mapping[str, Record | None]) -> None:
    """Check that each final record fits an order. Records of atomic batches must all fit the same order."""
    sequence.count_check(CHECK)
    if sequence.context.batch.atomic:
        if all(dict(order.after) != dict(shown) for order in orders):
            received = "; ".join(f"{key} {sentences.record(record)}" for key, record in shown.items())
            message = "two batches at once left items of both, although each is all or nothing"
            sequence.fail(CHECK, message, received=received)
        return
    for key, record in shown.items():
        _is_left(sequence, key, orders, record)


def _is_left(sequence: CallSequence, key: str, orders: Sequence[_Order], record: Record | None) -> None:
    """Fail unless at least one of the orders ends with this record of the key."""
    may_be = [order.after[key] for order in orders]
    if record not in may_be:
        either, shown = " or ".join(dict.fromkeys(map(sentences.record, may_be))), sentences.record(record)
        message = f"after two batches at once reading {key} shows {shown}, expected {either}"
        sequence.fail(CHECK, message, either, shown)


def check_calls_at_once(context: SequenceContext) -> None:
    """Send two concurrent batches with a common key while the keys are new, then two more with these keys."""
    if not context.may_try(*batches.SEQUENCE_CHECKS):
        return
    with CallSequence.with_keys(context, _KEYS) as (sequence, keys):
        numbers = count(sequence.scope.numbers_from + 1)
        for _ in range(2 if len(keys) > 1 else 0):
            first, second = _items(keys[:-1], numbers), _items(keys[1:], numbers)
            send_together(sequence, first, second, 0)


def _items(keys: Sequence[str], numbers: Iterator[int]) -> list[SequenceItem]:
    drawn = (DrawnValues(number, Decimal(number % _AMOUNTS + 1)) for number in numbers)
    return [SequenceItem(key, one) for key, one in zip(keys, drawn, strict=False)]


def check_replay(
    sequence: CallSequence,
    items: Sequence[SequenceItem],
    between: Sequence[SequenceItem],
    other: Sequence[SequenceItem],
    tenant: int,
) -> None:
    """Send `items` with an idempotency key, `between` without it; then test `items` and `other` with it."""
    token = sequence.token()
    if not batches.build_items(sequence, items, tenant).expected_effect.is_done:
        return
    first = batches.send_batch(sequence, items, tenant, token=token)
    if first is None or first.refused:
        return
    if between:
        batches.send_batch(sequence, between, tenant)
    second = sequence.call(first.request, tenant)
    if second is None:
        return
    sequence.steps.append(f"the same again under the same key → {second.response.status}")
    _second(sequence, first.exchange, second)
    _unchanged(sequence, items, tenant, REPLAY, "the same call came again under its key")
    changed = batches.build_items(sequence, other, tenant)
    request = batches.request_of(sequence, changed, tenant, token)
    if sequence.context.batch_profile.conflict_status and request.body != first.request.body:
        _conflict(sequence, request, other, tenant)


def check_replayed_refusal(context: SequenceContext) -> None:
    """Send an item before its `prepare` calls. Check that a replay after the calls gets the first refusal."""
    rule, profile = rule_of(context.api), context.batch_profile
    is_due = rule is not None and rule.errors and profile.again == "same" and profile.prepare is not None
    if not is_due or not context.may_try(REPLAY):
        return
    with CallSequence.with_keys(context, 1) as (sequence, (key,)):
        items = _items([key], count(sequence.scope.numbers_from + 1))
        sequence.there[0, key] = None
        answered = batches.ask_batch(sequence, items, 0, token=sequence.token())
        if answered is None or answered.verdicts[0].accepted is not False:
            return
        del sequence.there[0, key]
        sequence.known(key, 0)
        if (second := sequence.call(answered.request, 0)) is not None:
            sequence.steps.append(f"the first call again under its key → {second.response.status}")
            _second(sequence, answered.exchange, second)
            _unchanged(sequence, items, 0, REPLAY, "a refused call came again under its key")


def check_same_key_at_once(sequence: CallSequence, items: Sequence[SequenceItem], tenant: int) -> None:
    """Send a call twice concurrently under one idempotency key, and check that it takes effect once."""
    token = sequence.token()
    sent = batches.build_items(sequence, items, tenant)
    if not sent.expected_effect.is_done:
        return
    request = batches.request_of(sequence, sent, tenant, token)
    received = sequence.calls_at_once([request, request], tenant)
    if not received:
        return
    statuses = " and ".join(str(one.response.status) for one in received)
    sequence.steps.append(f"{sentences.call(request)} twice at once under one key → {statuses}")
    done = [one for one in received if not one.response.is_refused]
    sequence.count_check(REPLAY)
    if not done:
        answer = sentences.response(received[0])
        message = f"one call came twice at once under one key, and neither was done: {answer}"
        sequence.fail(REPLAY, message, "one of them done", statuses)
    if len(done) > 1 and not is_same_answer(*done):
        message = "one call came twice at once under one key and got two answers, as if it were done twice"
        sequence.fail(REPLAY, message, sentences.response(done[0]), sentences.response(done[1]))
    for answered in [batches.read_answer(sequence, sent, request, one) for one in done[:1]]:
        settle_batch(sequence, answered)
        read_back(sequence, answered, tenant)


def _second(sequence: CallSequence, first: Exchange, second: Exchange) -> None:
    subject = sequence.context.batch_profile
    if subject.again == "same":
        sequence.judge(second)
    sequence.count_check(REPLAY)
    received = sentences.response(second)
    if subject.again == "same" and not is_same_answer(first, second):
        message = "the same call came again under its key and got another answer"
        sequence.fail(REPLAY, message, sentences.response(first), received)
    if subject.again == "refused" and not is_refused(second, subject.replay_status):
        message = (
            f"the same call came again under its key and was answered {received}, although it must be refused"
        )
        sequence.fail(REPLAY, message, str(subject.replay_status or "4xx"), received)


def _conflict(sequence: CallSequence, request: Request, other: Sequence[SequenceItem], tenant: int) -> None:
    exchange = sequence.call(request, tenant)
    if exchange is None:
        return
    sequence.steps.append(f"another body under that key → {exchange.response.status}")
    sequence.count_check(OTHER_BODY)
    status = sequence.context.batch_profile.conflict_status
    if not is_refused(exchange, status):
        message = (
            f"an idempotency key came again with another body and was answered {sentences.response(exchange)}"
        )
        sequence.fail(OTHER_BODY, message, str(status), str(exchange.response.status))
    _unchanged(sequence, other, tenant, OTHER_BODY, "an idempotency key came again with another body")


def _unchanged(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, check: str, what: str
) -> None:
    for key in dict.fromkeys(item.key for item in items):
        expected, shown = sequence.there[tenant, key], sequence.read(key, tenant)
        sequence.compare(check, expected, shown, f"{what}, and {key} has changed: {{difference}}")
        sequence.there[tenant, key] = shown
