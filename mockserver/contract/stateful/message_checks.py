"""Check that each rejected item of a batch has the message that it has when it is sent alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from mockserver.contract.profile import DrawnValues
from mockserver.contract.stateful import batch_calls
from mockserver.contract.stateful.checks import SettledBatch
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import SequenceItem

_CHECK = "message-names-its-item"

_TOGETHER = 4
"""Bad items of one batch."""


def check_messages(context: SequenceContext) -> None:
    """Send items that are bad in every way that the profile has, a few at a time, each with a good one."""
    ways = [one for one in context.batch_profile.corruptions if not one.refuses_call]
    if len(ways) < 2 or not context.run_config.wants(_CHECK) or context.search.target_is_lost:  # noqa: PLR2004
        return
    with CallSequence.with_keys(context, _TOGETHER + 1) as (sequence, keys):
        size = max(len(keys) - 1, 2)
        groups = [ways[at : at + size] for at in range(0, len(ways), size)]
        if len(groups[-1]) == 1:
            groups[-1] = ways[-2:]
        for group in groups if len(keys) > 1 else ():
            first = sequence.scope.numbers_from
            drawn = [DrawnValues(first + number, Decimal(number + 1)) for number in range(len(keys))]
            spoils = [*group, *[None] * len(keys)]
            rows = zip(keys, drawn, spoils, strict=False)
            check_messages_of_bad_items(sequence, [SequenceItem(*row) for row in rows], 0)


def check_messages_of_bad_items(sequence: CallSequence, items: Sequence[SequenceItem], tenant: int) -> None:
    """Send several bad items in one batch, then each of them alone; messages must not change places.

    A message that is another one in the batch is no failure by itself: only if it is word for word that of
    another item of the batch when that is sent alone.
    """
    together = batch_calls.send_batch(sequence, items, tenant)
    if together is None:
        return
    messages = _messages(together)
    if len(messages) < 2:  # noqa: PLR2004 - two may change places
        return
    alone: dict[int, str] = {}
    for place in messages:
        answered = batch_calls.send_batch(sequence, [items[place]], tenant)
        if answered is None:
            return
        alone[place] = _messages(answered).get(0, "")
    _compare(sequence, items, together, messages, alone)


def _compare(
    sequence: CallSequence,
    items: Sequence[SequenceItem],
    together: SettledBatch,
    messages: Mapping[int, str],
    alone: Mapping[int, str],
) -> None:
    sequence.count_check(_CHECK, len(messages))
    for place, message in messages.items():
        other = next((one for one in alone if alone[one] == message and one != place), None)
        if other is None or not alone[place] or alone[place] == message:
            continue
        told = together.verdicts[place].told
        said = (
            f"sent {len(items)} items; item {place} ({items[place].key}) is rejected with {message!r}, which "
            f"is what item {other} ({items[other].key}) gets when it is sent alone; item {place} alone gets "
            f"{alone[place]!r}"
        )
        sequence.breaks(_CHECK, said, alone[place], message, told.at if told else "")


def _messages(answered: SettledBatch) -> Mapping[int, str]:
    """Return the messages of the bad items that were rejected, by place."""
    rows = zip(answered.sent.items, answered.verdicts, strict=True)
    return {
        place: verdict.told.message
        for place, (one, verdict) in enumerate(rows)
        if one.corruption and verdict.accepted is False and verdict.told and verdict.told.message
    }
