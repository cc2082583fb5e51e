"""Two batches at once, each with a key of its own: a lost one shows, which sequences meet by chance only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count

from mockserver.contract.profile import DrawnValues
from mockserver.contract.stateful import concurrency
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import SequenceItem

_KEYS = 3
_AMOUNTS = 1000


def check_calls_at_once(context: SequenceContext) -> None:
    """Send two batches at once over three keys, one of which both have; then again on what they left."""
    if not context.run_config.wants(concurrency.CHECK) or context.search.target_is_lost:
        return
    with CallSequence.with_keys(context, _KEYS) as (sequence, keys):
        numbers = count(sequence.scope.numbers_from + 1)
        for _ in range(2 if len(keys) > 1 else 0):
            first, second = _items(keys[:-1], numbers), _items(keys[1:], numbers)
            concurrency.send_together(sequence, first, second, 0)


def _items(keys: Sequence[str], numbers: Iterator[int]) -> list[SequenceItem]:
    """Return good items, each with the next number."""
    drawn = (DrawnValues(number, Decimal(number % _AMOUNTS + 1)) for number in numbers)
    return [SequenceItem(key, one) for key, one in zip(keys, drawn, strict=False)]
