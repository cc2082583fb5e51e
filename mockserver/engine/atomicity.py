"""Store the items of a batch one by one, all or none, by groups, or until too many items are rejected."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import count

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.batch import apply_all, apply_each
from mockserver.model import Item, Json, Outcome, Verdict, value_at
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch, CallValue
from mockserver.vendor import CompleteBatchHandler, Request


def apply_items(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Apply the items as `x-batch.atomicity` and the call say; return one outcome for each item."""
    batch = request.operation.batch
    if batch is None:
        raise AssertionError("only a batch has items")
    atomicity = batch.atomicity
    if atomicity.groups:
        return _apply_groups(request, verdicts, handler, state, atomicity.groups)
    limit = atomicity.stop_after
    if atomicity.stop_at:
        limit = int(_value(request, atomicity.stop_at) or 0)
    if limit > 0:
        handler = _stopping(handler, limit)
    apply = apply_all if is_atomic(request, batch) else apply_each
    return apply(request, verdicts, handler, state)


def is_atomic(request: Request, batch: Batch) -> bool:
    """Return whether one rejected item keeps all items of the call from being stored."""
    switch = batch.atomicity.switch
    chosen = None if switch is None else _value(request, switch)
    return batch.atomic if chosen is None else chosen is batch.atomicity.is_atomic_if_on


def _value(request: Request, value: CallValue) -> Json:
    """Return the call's value, whose type the schema has checked; None if the call does not have it."""
    if value.place == "body":
        return value_at(request.document, value.path)
    return request.parameters.get(value.name)


def _stopping(handler: CompleteBatchHandler, limit: int) -> CompleteBatchHandler:
    """Return the handler of one call, which skips the items after the rejected item number `limit`."""
    rejected, ends = count(1), handler.aborts_batch

    def aborts_batch(item: Item) -> bool:
        return next(rejected) >= limit or (ends is not None and ends(item))

    return dataclasses.replace(handler, aborts_batch=aborts_batch)


def _apply_groups(
    request: Request,
    verdicts: Mapping[int, Verdict],
    handler: CompleteBatchHandler,
    state: State,
    member: str,
) -> tuple[Outcome, ...]:
    """Apply each group all or none, in the order of the first items. An item without the member is alone."""
    groups: dict[Json, list[Item]] = {}
    for item in request.items:
        value = item.document.get(member) if isinstance(item.document, dict) else None
        groups.setdefault(item.index if value is None else json.digest(value), []).append(item)
    # The vendor's code prepares the whole batch once, because keys must differ across groups too.
    apply_item = handler.apply(request, state)
    prepared = dataclasses.replace(handler, apply=lambda _request, _state: apply_item)
    outcomes: list[Outcome] = []
    for items in groups.values():
        own = {item.index: verdicts[item.index] for item in items if item.index in verdicts}
        outcomes += apply_all(replace(request, items=tuple(items)), own, prepared, state)
    return tuple(sorted(outcomes, key=lambda outcome: outcome.item.index))
