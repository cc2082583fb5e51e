"""Store enough records for a list to have several pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.oracle.expectations import count_noun
from mockserver.contract.profile import UNREADABLE, BatchItem, BatchProfile, DrawnValues
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.stateful import sentences

_IN_A_BATCH = 10
_APART = 9_000
"""Where a target has no sandboxes, sequences use lower keys."""
_FIRST_REFUSAL = 300


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """The keys that were reported as stored."""

    keys: tuple[str, ...]


def store_records(calls: ListCalls, batch: BatchProfile, count: int) -> StoredRecords:
    """Store that many good items, some in a batch.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    first = calls.scope.first + (0 if calls.scope.has_sandbox else _APART)
    numbers = range(first, first + count)
    stored: list[str] = []
    for begin in range(0, count, _IN_A_BATCH):
        some = numbers[begin : begin + _IN_A_BATCH]
        items = [_item(batch, place, number) for place, number in enumerate(some)]
        for one in items:
            for request in batch.prepare(str(one.key), 0) if batch.prepare else ():
                calls.send(request)
        exchange = calls.send(batch.call([one.document for one in items], 0))
        calls.stored.append(exchange)
        keys = _accepted(calls, batch, exchange, items)
        stored += keys
        told = f"{sentences.call(exchange.request)} with {count_noun(len(items), 'good item')}"
        calls.told.append(f"{told} → {exchange.response.status}: {len(keys)} stored")
        if not keys:
            break
    if len(stored) < count:
        calls.note(f"{len(stored)} of {count} records could be stored by {batch.operation}")
    return StoredRecords(tuple(stored))


def _item(batch: BatchProfile, place: int, number: int) -> BatchItem:
    key = batch.key(number)
    drawn = DrawnValues(number, Decimal(number % 40 + 1) + Decimal("0.25"))
    return BatchItem(place, key, batch.item(key, drawn))


def _accepted(
    calls: ListCalls, batch: BatchProfile, exchange: Exchange, items: Sequence[BatchItem]
) -> list[str]:
    """Return the keys of the items that the answer reports as stored."""
    reader = batch.reader or reader_for(calls.api, calls.api.spec.operations[batch.operation])
    if exchange.response.status >= _FIRST_REFUSAL:
        return []
    if reader is None:
        return [str(one.key) for one in items]
    try:
        told = reader(exchange, items)
    except UNREADABLE:
        return []
    if told is None:
        return []
    by_place = {one.place: one.accepted for one in told.outcomes}
    return [str(one.key) for one in items if by_place.get(one.place, not told.is_complete)]


def missing_keys(
    calls: ListCalls, batch: BatchProfile, stored: StoredRecords, exchanges: Sequence[Exchange]
) -> list[str]:
    """Return the stored keys that a single read shows and the pages do not.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    if batch.listed is None:
        return []
    listed: set[str] = set()
    try:
        for exchange in exchanges:
            listed |= set(batch.listed(exchange))
        absent = [key for key in stored.keys if key not in listed][:1]
        return [key for key in absent if batch.shown(key, calls.send(batch.read(key, 0))) is not None]
    except UNREADABLE:
        return []
