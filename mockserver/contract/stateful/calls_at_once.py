"""Two batches at once, each with a key of its own: a lost one shows, which sequences meet by chance only."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import count

from mockserver.contract.finding import BrokenRule
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
    scope = context.isolation.new_scope(_KEYS)
    made = (context.batch_profile.key(scope.first + number) for number in range(_KEYS))
    # A profile may have fewer keys.
    keys = list(dict.fromkeys(made))
    if len(keys) == 1:
        return
    sequence, numbers = CallSequence(context, scope), count(scope.numbers_from + 1)

    def items(of: Sequence[str]) -> list[SequenceItem]:
        drawn = (DrawnValues(number, Decimal(number % _AMOUNTS + 1)) for number in numbers)
        return [SequenceItem(key, one) for key, one in zip(of, drawn, strict=False)]

    with suppress(BrokenRule):
        for _ in range(2):
            concurrency.send_together(sequence, items(keys[:-1]), items(keys[1:]), 0)
    context.isolation.drop(scope)
