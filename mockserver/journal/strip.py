"""What became of a batch's items, in at most sixty words."""

from __future__ import annotations

import itertools

from mockserver.journal.entry import ItemResults
from mockserver.journal.query import WARNED
from mockserver.model import Action

GROUPS = 60
"""Most words of a strip; more items are put together in as many groups of equal size."""

_BEST_TO_WORST = (Action.UNCHANGED, Action.CREATED, Action.UPDATED, WARNED, Action.SKIPPED, Action.REJECTED)
_RANKS = {str(outcome): rank for rank, outcome in enumerate(_BEST_TO_WORST)}


def strip(decided: ItemResults) -> list[str]:
    """Return the outcome of each item, or the worst of each of 60 groups; `warned` if it has warnings.

    Group number `g` of `n` items begins with item `g * n // 60`.
    """
    outcomes = [str(action) for _, action in decided.items()]
    for index in decided.warnings:
        if outcomes[index] not in (Action.REJECTED, Action.SKIPPED):
            outcomes[index] = WARNED
    total = len(outcomes)
    if total <= GROUPS:
        return outcomes
    borders = [group * total // GROUPS for group in range(GROUPS + 1)]
    return [max(outcomes[first:end], key=_RANKS.__getitem__) for first, end in itertools.pairwise(borders)]
