"""Read records back after a call and compare them with the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.profile import Record
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.checks import SettledBatch, check_of
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import FIRST_REFUSAL, only_amounts_differ

_FOUND = range(200, 300)


def read_back(
    sequence: CallSequence, answered: SettledBatch, tenant: int, keys: Iterable[str] | None = None
) -> None:
    """Read every key of the batch, or these `keys` of it; what is there from now on is what is read."""
    for key in dict.fromkeys(one.key for one in answered.sent.items) if keys is None else keys:
        due = _due(answered, key, sequence.there[tenant, key])
        shown = sequence.read(key, tenant)
        if due is not None:
            _holds(sequence, answered, due, shown)
        sequence.there[tenant, key] = shown


@dataclass(frozen=True, slots=True)
class _Due:
    """The record that a key must have after its reported outcome, `done` or not."""

    record: Record | None
    place: int
    done: bool


def _due(answered: SettledBatch, key: str, before: Record | None) -> _Due | None:
    """Return the record expected under the key, None if that is unknown."""
    due = None
    rows = zip(answered.sent.items, answered.sent.expected_effect.effects, answered.verdicts, strict=True)
    for place, (one, effect, verdict) in enumerate(rows):
        if one.key != key:
            continue
        done = verdict.accepted
        if done is None:
            succeeded = (
                answered.exchange.response.status < FIRST_REFUSAL and not answered.sent.expected_effect.whole
            )
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
        _amounts_hold(sequence, answered, due, shown)
    elif answered.refused and sent.expected_effect.whole:
        check = "whole-or-nothing"
    else:
        check = check_of(sent, one, "rejected-leave-no-trace", media=False)
    sequence.count_check(check)
    if shown != due.record:
        _break(sequence, answered, due, shown, check)


def _amounts_hold(sequence: CallSequence, answered: SettledBatch, due: _Due, shown: Record | None) -> None:
    amounts = sum(isinstance(value, Decimal) for value in (due.record or {}).values())
    sequence.count_check("amounts-are-exact", amounts)
    if only_amounts_differ(due.record, shown):
        _break(sequence, answered, due, shown, "amounts-are-exact")


def _break(
    sequence: CallSequence, answered: SettledBatch, due: _Due, shown: Record | None, check: str
) -> None:
    item = f"item {due.place}, {answered.sent.items[due.place].key},"
    became, what = f"{item} was {sentences.reported(answered.verdicts[due.place])}", "it"
    if answered.refused:
        became, what = "the call was refused", item
    difference = sentences.difference(due.record, shown, what)
    said = f"{sentences.batch(answered.sent.items)}; {became}; {difference}{_other_record(sequence, shown)}"
    sequence.breaks(check, said, sentences.record(due.record), sentences.record(shown))


def _other_record(sequence: CallSequence, shown: Record | None) -> str:
    """Return that the last read was answered, where its answer has no record of the key."""
    last = sequence.exchanges[-1]
    if shown is not None or last.request.method != "GET" or last.response.status not in _FOUND:
        return ""
    return f"; no record of this key is in the answer {sentences.response(last)}"


_LISTS = "lists-show-what-is-there"
_A_PAGE = 50
"""A list of so many records may be one page of several, and need not show everything."""


def read_all_back(sequence: CallSequence) -> None:
    """Read every record that the sequence knows of."""
    for tenant, key in list(sequence.there):
        _look(sequence, tenant, key)


def _look(sequence: CallSequence, tenant: int, key: str) -> Record | None:
    expected, shown = sequence.there[tenant, key], sequence.read(key, tenant)
    check = "rejected-leave-no-trace" if expected is None else "accepted-are-there"
    sequence.count_check(check)
    if shown != expected:
        said = f"nothing was sent for {key} since it was read; {sentences.difference(expected, shown)}"
        if any(
            shown and record == shown and at == key
            for (other, at), record in sequence.there.items()
            if other != tenant
        ):
            check, said = "tenants-are-apart", f"{said}, as in another tenant"
        sequence.breaks(check, said, sentences.record(expected), sentences.record(shown))
    sequence.there[tenant, key] = shown
    return shown


def read_back_at_end(sequence: CallSequence) -> None:
    """Read the lists, which cost a call each; where there are none, read every record."""
    if sequence.context.batch_profile.listed is None:
        read_all_back(sequence)
    for tenant in range(sequence.context.batch_profile.tenants):
        read_list_back(sequence, tenant)


def read_list_back(sequence: CallSequence, tenant: int) -> None:
    """Compare the list of a tenant with the records that the sequence knows of."""
    subject = sequence.context.batch_profile
    known = {key: record for (number, key), record in sequence.there.items() if number == tenant}
    if subject.listing is None or subject.listed is None or not known:
        return
    exchange = sequence.call(subject.listing(tenant), tenant)
    if exchange is None:
        return
    sequence.told.append(f"{sentences.call(exchange.request)} → {exchange.response.status}")
    sequence.judge(exchange)
    listed = None
    with sequence.readable(exchange, "the list"):
        listed = subject.listed(exchange)
    if listed is None:
        return
    for key, expected in known.items():
        if key not in listed and len(listed) >= _A_PAGE:
            continue
        sequence.count_check(_LISTS)
        if listed.get(key) != expected and listed.get(key) != (shown := _look(sequence, tenant, key)):
            in_list = sentences.record(listed.get(key))
            said = f"reading {key} shows {sentences.record(shown)}; the list shows {in_list}"
            sequence.breaks(_LISTS, said, sentences.record(shown), in_list)
