"""Trials that tell whether ids in answers, keys of items and references lead to the right record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import DrawnValues
from mockserver.contract.sequences import batches, sentences
from mockserver.contract.sequences.sentences import SequenceItem
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext
from mockserver.contract.values.comparison import find_record, read_document
from mockserver.model import Json

_THERE, _LISTS, _TENANTS = "accepted-are-there", "lists-show-what-is-there", "tenants-are-apart"
_HERE, _ASIDE = 0, 1
_KEYS = 4


def check_ids(context: SequenceContext) -> None:
    """Send three batches: a bad item between good items; an update of item 0; new items with equal values.

    Answer, list and single read must show the same id for a record. Each key must have a record of its own.
    """
    if not context.may_try(*batches.SEQUENCE_CHECKS):
        return
    ways = () if context.batch.atomic else context.batch_profile.corruptions
    bad = next((way for way in ways if not way.refuses_call), None)
    with CallSequence.with_keys(context, _KEYS) as (sequence, keys):
        drawn = sequence.drawn(_KEYS)
        items = [SequenceItem(*row) for row in zip(keys, drawn[:-1], (None, bad, None), strict=False)]
        answered = batches.send_batch(sequence, items, _HERE)
        if context.batch.upsert:
            batches.send_batch(sequence, [SequenceItem(keys[0], drawn[-1])], _HERE)
        if answered is not None:
            _compare_ids(sequence, items, answered.exchange)
        if context.batch_profile.creates and len(keys) == _KEYS:
            _send_alike(sequence, [SequenceItem(keys[place], drawn[2]) for place in (1, 3)])


def _compare_ids(sequence: CallSequence, items: Sequence[SequenceItem], answer: Exchange) -> None:
    """Compare the ids that the answer to the batch, the list and a single read show for each record."""
    profile, api = sequence.context.batch_profile, sequence.context.api
    listed = sequence.call(profile.listing(_HERE), _HERE) if profile.listing else None
    known = (one for one in api.profile.lists if listed is not None and one.operation == listed.operation)
    name = next((one.identity.rpartition("/")[2] for one in known), "")
    for one in items if name else ():
        read, document = sequence.call(profile.read(one.key, _HERE), _HERE), one.document(profile)
        shown = {"the answer to it": answer, "the list": listed, "reading it": read}
        found = {how: _member(sequence, name, document, one.key, shown[how]) for how in shown}
        ids = {how: value for how, value in found.items() if value is not None}
        sequence.count_check(_LISTS, len(ids) > 1)
        for how, value in ids.items() if len({*ids.values()}) > 1 else ():
            last, expected = [*ids.items()][-1]
            if value != expected:
                message = f"{name} of {one.key}: {how} shows {value}, {last} shows {expected}"
                sequence.fail(_LISTS if how == "the list" else _THERE, message, str(expected), str(value))


def _member(sequence: CallSequence, name: str, item: Json, key: str, exchange: Exchange | None) -> Json:
    """Return the member `name` of an item's record, or None if the answer does not show the record."""
    names = sequence.context.batch.key
    if exchange is None or not isinstance(item, Mapping) or {*names}.isdisjoint(item):
        return None
    found = find_record(read_document(exchange.response), item, names, key, alone=False)
    return found[1].get(name) if found else None


def _send_alike(sequence: CallSequence, items: Sequence[SequenceItem]) -> None:
    """Send items with equal values but different keys. If accepted, each item must create a new record.

    A vendor may refuse such items, because no document says which members are unique.
    """
    answered = batches.ask_batch(sequence, items, _HERE)
    if answered and not answered.refused and all(one.accepted is not False for one in answered.verdicts):
        batches.settle_batch(sequence, answered)
        batches.read_back(sequence, answered, _HERE)
        batches.read_all_back(sequence)


def check_records_of_tenants(context: SequenceContext) -> None:
    """Send an item that needs a record which only another tenant has. Check that the item is rejected.

    If an item is accepted although no tenant has the record that it needs, the check does not apply.
    """
    profile = context.batch_profile
    is_due = profile.tenants > 1 and profile.prepare is not None
    if not is_due or not context.may_try(*batches.SEQUENCE_CHECKS):
        return
    with CallSequence.with_keys(context, 2) as (sequence, keys):
        before = sequence.known(keys[-1], _ASIDE)
        if len(keys) == 1 or _is_accepted(sequence, keys[0]):
            return
        is_taken, shown = _is_accepted(sequence, keys[-1]), sequence.read(keys[-1], _ASIDE)
        sequence.count_check(_TENANTS)
        if is_taken or shown != before:
            became = "accepted" if is_taken else "rejected"
            message = f"{keys[-1]} needs a record that only another tenant has, and is {became}"
            message += f"; {sentences.difference(before, shown, 'it there')}" if shown != before else ""
            sequence.fail(_TENANTS, message, "rejected, and no change", became)


def _is_accepted(sequence: CallSequence, key: str) -> bool:
    """Send a good item with a key for which nothing was prepared; return whether it is accepted."""
    sequence.there[_HERE, key] = None
    item = SequenceItem(key, DrawnValues(sequence.scope.numbers_from, Decimal(1)))
    answered = batches.ask_batch(sequence, [item], _HERE)
    return answered is not None and answered.verdicts[0].accepted is True


def check_key_twice(context: SequenceContext) -> None:
    """Send two different items of one key in a batch; if there is a second key, put its item between them."""
    if not context.batch_profile.twice or not context.may_try(*batches.SEQUENCE_CHECKS):
        return
    with CallSequence.with_keys(context, 2) as (sequence, keys):
        rows = zip([*keys, keys[0]], sequence.drawn(len(keys) + 1), strict=True)
        batches.send_batch(sequence, [SequenceItem(*row) for row in rows], _HERE)


IDENTITY_TRIALS = (check_ids, check_key_twice, check_records_of_tenants)
