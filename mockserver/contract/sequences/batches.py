"""Batches of a sequence: building, sending, reading back, and checks against the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request, checks_of
from mockserver.contract.isolation import with_key
from mockserver.contract.oracle.responses import class_in_words
from mockserver.contract.profile import DrawnValues, IdempotencyRule, Record, RefusedStep, Step
from mockserver.contract.sequences import sentences
from mockserver.contract.sequences.sentences import (
    ExpectedItemEffect,
    ReportedVerdict,
    SentBatch,
    SequenceItem,
    batch_items,
    expected_batch_effect,
    only_amounts_differ,
)
from mockserver.contract.sequences.sequence import CallSequence
from mockserver.model import Value

_TWICE, _MEDIA = "twice-in-a-batch", "same-in-every-media-type"

SEQUENCE_CHECKS = checks_of("answers", "sequences")
"""Checks that trials of sequences make. A run makes these trials if it wants at least one of the checks."""

_CHECK = "steps-do-what-they-say"
_LISTS = "lists-show-what-is-there"


class SettledBatch(Value, frozen=True):
    """A batch with its request and the outcomes in its answer."""

    sent: SentBatch
    request: Request
    exchange: Exchange
    verdicts: tuple[ReportedVerdict, ...]
    refused: bool
    """Whether the call was refused as a whole."""


def check_of(sent: SentBatch, one: SequenceItem, usual: str, *, media: bool = True) -> str:
    """Return `_TWICE` for a repeated key; `_MEDIA` if `media` and `sent.media_type` are set; else `usual`."""
    if one.key in sent.twice:
        return _TWICE
    return _MEDIA if media and sent.media_type else usual


def build_items(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, media_type: str = ""
) -> SentBatch:
    """Return the batch of these items, with its expected effect on the known records."""
    subject = sequence.context.batch_profile
    before = {item.key: sequence.known(item.key, tenant) for item in items}
    documents = tuple(item.document(subject) for item in items)
    return SentBatch(
        tuple(items),
        documents,
        expected_batch_effect(subject, sequence.context.batch, items, before),
        media_type,
    )


def request_of(sequence: CallSequence, sent: SentBatch, tenant: int, token: str = "") -> Request:
    """Return the call that sends the batch. If `token` is not "", send it as the idempotency key."""
    subject = sequence.context.batch_profile
    request = subject.call(sent.documents, tenant)
    if token:
        request = with_key(IdempotencyRule(subject.key_header), request, token)
    if not sent.media_type:
        return request
    headers = {**request.headers, "content-type": sent.media_type}
    return replace(request, headers=headers, body=subject.encodings[sent.media_type](sent.documents))


def send_batch(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, media_type: str = "", token: str = ""
) -> SettledBatch | None:
    """Send a batch, and compare outcomes and records with the model. Return None if no response came."""
    answered = ask_batch(sequence, items, tenant, media_type, token)
    if answered is not None:
        settle_batch(sequence, answered)
        read_back(sequence, answered, tenant)
    return answered


def ask_batch(
    sequence: CallSequence, items: Sequence[SequenceItem], tenant: int, media_type: str = "", token: str = ""
) -> SettledBatch | None:
    """Send a batch and judge the answer alone, without the model. Return None if no response came."""
    sent = build_items(sequence, items, tenant, media_type)
    request = request_of(sequence, sent, tenant, token)
    exchange = sequence.call(request, tenant)
    return None if exchange is None else read_answer(sequence, sent, request, exchange)


def read_answer(
    sequence: CallSequence, sent: SentBatch, request: Request, exchange: Exchange
) -> SettledBatch:
    """Read the outcomes in a response, add the call to the steps, and judge the response."""
    items = batch_items(sequence.context.batch_profile, sequence.context.batch, sent.items, sent.documents)
    read = sequence.verdicts(exchange, items)
    unknown = (ReportedVerdict(accepted=None),) * len(items)
    reported, refused = (unknown, False) if isinstance(read, str) else read
    became = sentences.outcome(sent.items, reported, refused=refused)
    sequence.steps.append(sentences.batch_step(request, sent.items, exchange, became))
    holds = sequence.judge(exchange)
    sequence.count_check("answers-can-be-read")
    if isinstance(read, str) and holds:
        received = sentences.response(exchange)
        message = f"{sent.says}; the answer is {received}: {read}"
        sequence.fail("answers-can-be-read", message, "what became of each item", received)
    return SettledBatch(sent, request, exchange, reported, refused)


def do_step(sequence: CallSequence, step: Step, key: str, drawn: DrawnValues, tenant: int) -> None:
    before = sequence.known(key, tenant)
    must = step.after(before, drawn)
    exchange = _call_step(sequence, step, key, drawn, tenant)
    if exchange is None:
        return
    status = exchange.response.status
    sequence.steps.append(f"{step.name}, {key}: {sentences.call(exchange.request)} → {status}")
    sequence.judge(exchange)
    sequence.count_check(_CHECK)
    refused = exchange.response.is_refused
    there = f"where reading {key} showed {sentences.record(before)}"
    is_wrongly_done = isinstance(must, RefusedStep) and not refused
    answer = sentences.response(exchange)
    if is_wrongly_done:
        message = f"{step.name}, {there}: answered {answer}, although it must be refused"
        sequence.fail(_CHECK, message, "refused", str(status))
    if not isinstance(must, RefusedStep) and refused and not step.may_be_refused:
        sequence.fail(_CHECK, f"{step.name}, {there}: refused with {answer}", "done", str(status))
    expected: Record | None = before if isinstance(must, RefusedStep) or refused else must
    shown = sequence.read(key, tenant)
    if shown != expected and not is_wrongly_done:
        message = f"{step.name}, {there}: answered {status}; {sentences.difference(expected, shown)}"
        sequence.fail(_CHECK, message, sentences.record(expected), sentences.record(shown))
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
        is_left_out = not sequence.context.run_config.may_call(sequence.context.api.operation_of(then))
        return None if is_left_out else sequence.call(then, tenant)
    return None


def settle_batch(sequence: CallSequence, answered: SettledBatch) -> None:
    expected = answered.sent.expected_effect
    if expected.whole:
        _refuses_all(sequence, answered)
        return
    for place, (effect, verdict) in enumerate(zip(expected.effects, answered.verdicts, strict=True)):
        if effect.accepted is None or verdict.accepted is None:
            continue
        _fits(sequence, answered, place)
        if verdict.accepted and effect.accepted:
            _class_is_true(sequence, answered, place)
            _amount_is_exact(sequence, answered, place)


def _refuses_all(sequence: CallSequence, answered: SettledBatch) -> None:
    sequence.count_check("whole-or-nothing")
    done = [place for place, verdict in enumerate(answered.verdicts) if verdict.accepted]
    is_refused = (
        answered.refused
        or answered.exchange.response.is_refused
        or _is_refused_item_by_item(sequence, answered)
    )
    if done or not is_refused:
        ending = f"{_named(done)} reported as done" if done else "the call is not refused"
        message = f"{answered.sent.says}, which refuses the whole call; {ending}"
        expected, received = "the call refused, no item done", sentences.response(answered.exchange)
        sequence.fail("whole-or-nothing", message, expected, received)


def _is_refused_item_by_item(sequence: CallSequence, answered: SettledBatch) -> bool:
    """Return whether the batch is atomic, all items have rejections, and no corruption refuses the call."""
    return (
        sequence.context.batch.atomic
        and all(verdict.outcome is not None and not verdict.accepted for verdict in answered.verdicts)
        and not any(item.corruption and item.corruption.refuses_call for item in answered.sent.items)
    )


def _fits(sequence: CallSequence, answered: SettledBatch, place: int) -> None:
    one, effect = answered.sent.items[place], answered.sent.expected_effect.effects[place]
    verdict = answered.verdicts[place]
    usual = "good-items-are-accepted" if effect.accepted else "bad-items-are-refused"
    check = check_of(answered.sent, one, usual)
    sequence.count_check(check)
    if verdict.accepted == effect.accepted:
        return
    expected, received = "done" if effect.accepted else "refused", sentences.reported(verdict)
    if effect.accepted and answered.refused:
        expected, received = "the good items done", sentences.response(answered.exchange)
        became = f"; the call is refused with {received}"
    elif effect.accepted:
        became = f"; item {place}, {one.key}, is reported as {received}"
    else:
        done = [number for number, other in enumerate(answered.verdicts) if other.accepted]
        became = f"{_explain_effect(answered.sent, place, effect)}; {_named(done)} reported as done"
    at = verdict.outcome.at if verdict.outcome else ""
    sequence.fail(check, f"{answered.sent.says}{became}", expected, received, at)


def _explain_effect(sent: SentBatch, place: int, effect: ExpectedItemEffect) -> str:
    one = sent.items[place]
    if one.corruption:
        return ""
    if one.key in sent.twice:
        return f"; {one.key} is in it twice, so item {place} must be rejected"
    return (
        f"; before it, reading {one.key} showed {sentences.record(effect.record_before)}: it must be rejected"
    )


def _class_is_true(sequence: CallSequence, answered: SettledBatch, place: int) -> None:
    one, effect = answered.sent.items[place], answered.sent.expected_effect.effects[place]
    outcome = answered.verdicts[place].outcome
    if outcome is None:
        return
    check = check_of(answered.sent, one, "class-is-true", media=False)
    # The status may be right although the words, which people read, are wrong.
    for made in dict.fromkeys(filter(None, (outcome.made, class_in_words(outcome.message)))):
        sequence.count_check(check)
        if made == "unchanged":
            is_true = effect.record_before is not None and effect.record_before == effect.record
        else:
            is_true = (made == "created") == (effect.record_before is None)
        if not is_true:
            before = sentences.record(effect.record_before)
            message = f"{answered.sent.says}; item {place}, {one.key}, is reported as {made}, and before it "
            message += f"there was {before}"
            expected = "created" if effect.record_before is None else "updated"
            sequence.fail(check, message, expected, made, outcome.at)


def _amount_is_exact(sequence: CallSequence, answered: SettledBatch, place: int) -> None:
    amount, outcome = sequence.context.batch_profile.amount, answered.verdicts[place].outcome
    if amount is None or outcome is None or outcome.amount is None:
        return
    expected = amount(answered.sent.documents[place])
    sequence.count_check("amounts-are-exact")
    if outcome.amount != expected:
        key = answered.sent.items[place].key
        message = f"sent {expected:f} in item {place}, {key}; the answer says {outcome.amount:f}"
        sequence.fail("amounts-are-exact", message, f"{expected:f}", f"{outcome.amount:f}", outcome.at)


def _named(places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"item {places[0]} is"
    return f"items {', '.join(map(str, places))} are"


def read_back(
    sequence: CallSequence, answered: SettledBatch, tenant: int, keys: Iterable[str] | None = None
) -> None:
    """Read the record of each key, compare it with the required record, and store it in `sequence.there`.

    The reported outcome of a key tells the required record. If `keys` is None, take the keys of the batch.
    """
    for key in dict.fromkeys(item.key for item in answered.sent.items) if keys is None else keys:
        due = _due(answered, key, sequence.there[tenant, key])
        shown = sequence.read(key, tenant)
        if due is not None:
            _holds(sequence, answered, due, shown)
        sequence.there[tenant, key] = shown


class _Due(Value, frozen=True):
    """What the reported outcome of a key requires of the key's record."""

    record: Record | None
    """The required record, None if the record must not exist."""
    place: int
    """Place of the item that decides about the record."""
    done: bool
    """Whether the item was accepted."""


def _due(answered: SettledBatch, key: str, before: Record | None) -> _Due | None:
    """Return the record that the key's outcome requires, or None if the outcome is unknown or wrong."""
    due = None
    rows = zip(answered.sent.items, answered.sent.expected_effect.effects, answered.verdicts, strict=True)
    for place, (one, effect, verdict) in enumerate(rows):
        if one.key != key:
            continue
        done = verdict.accepted
        if done is None:
            succeeded = not answered.exchange.response.is_refused and not answered.sent.expected_effect.whole
            done = effect.accepted and succeeded
        if done is None or (done and not effect.accepted):
            return None
        if done or due is None:
            due = _Due(effect.record if done else before, place, bool(done))
    return due


def _holds(sequence: CallSequence, answered: SettledBatch, due: _Due, shown: Record | None) -> None:
    sent = answered.sent
    one = sent.items[due.place]
    if due.done:
        check = check_of(sent, one, "accepted-are-there")
        amounts = sum(isinstance(value, Decimal) for value in (due.record or {}).values())
        sequence.count_check("amounts-are-exact", amounts)
        if only_amounts_differ(due.record, shown):
            _break(sequence, answered, due, shown, "amounts-are-exact")
    elif answered.refused and sent.expected_effect.whole:
        check = "whole-or-nothing"
    else:
        check = check_of(sent, one, "rejected-leave-no-trace", media=False)
    sequence.count_check(check)
    if shown != due.record:
        _break(sequence, answered, due, shown, check)


def _break(
    sequence: CallSequence, answered: SettledBatch, due: _Due, shown: Record | None, check: str
) -> None:
    item = f"item {due.place}, {answered.sent.items[due.place].key},"
    became, what = f"{item} was {sentences.reported(answered.verdicts[due.place])}", "it"
    if answered.refused:
        became, what = "the call was refused", item
    difference = sentences.difference(due.record, shown, what)
    message = f"{answered.sent.says}; {became}; {difference}{_other_record(sequence, shown)}"
    sequence.fail(check, message, sentences.record(due.record), sentences.record(shown))


def _other_record(sequence: CallSequence, shown: Record | None) -> str:
    """If the last read is a 2xx without a record, return the answer as the end of a message, else ""."""
    last = sequence.exchanges[-1]
    if shown is not None or last.request.method != "GET" or not last.response.is_done:
        return ""
    return f"; no record of this key is in the answer {sentences.response(last)}"


def read_all_back(sequence: CallSequence) -> None:
    for tenant, key in list(sequence.there):
        _look(sequence, tenant, key)


def _look(sequence: CallSequence, tenant: int, key: str) -> Record | None:
    expected, shown = sequence.there[tenant, key], sequence.read(key, tenant)
    check = "rejected-leave-no-trace" if expected is None else "accepted-are-there"
    sequence.count_check(check)
    if shown != expected:
        message = f"nothing was sent for {key} since it was read; {sentences.difference(expected, shown)}"
        if any(
            shown and record == shown and at == key
            for (other, at), record in sequence.there.items()
            if other != tenant
        ):
            check, message = "tenants-are-apart", f"{message}, as in another tenant"
        sequence.fail(check, message, sentences.record(expected), sentences.record(shown))
    sequence.there[tenant, key] = shown
    return shown


def read_back_at_end(sequence: CallSequence) -> None:
    """Check the list of each tenant, which takes a few calls; without a list, read and check every record."""
    if sequence.context.batch_profile.listed is None:
        read_all_back(sequence)
    for tenant in range(sequence.context.batch_profile.tenants):
        read_list_back(sequence, tenant)


def read_list_back(sequence: CallSequence, tenant: int) -> None:
    subject = sequence.context.batch_profile
    known = {key: record for (number, key), record in sequence.there.items() if number == tenant}
    if subject.listed is None or not known:
        return
    pages = sequence.read_list({key for key, record in known.items() if record is not None}, tenant)
    if pages is None:
        return
    sequence.judge(pages.first)
    listed = pages.rows
    for key, expected in known.items():
        if key not in listed and not pages.is_whole:
            continue
        sequence.count_check(_LISTS)
        if listed.get(key) != expected:
            compare_listed(sequence, key, listed, _look(sequence, tenant, key))


def compare_listed(
    sequence: CallSequence, key: str, listed: Mapping[str, Record], shown: Record | None, what: str = ""
) -> None:
    """Fail if the list shows another record than a single read (`shown`); `what` begins the message."""
    if listed.get(key) != shown:
        single, in_list = sentences.record(shown), sentences.record(listed.get(key))
        message = f"{what}reading {key} shows {single}; the list shows {in_list}"
        wanted, came = (in_list, single) if shown is None else (single, in_list)
        sequence.fail(_LISTS, message, wanted, came)
