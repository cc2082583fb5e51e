"""Hypothesis strategies for batches: keys, amounts, corrupted items, duplicates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from hypothesis import strategies as st

from mockserver.contract.profile import Corruption, DrawnValues
from mockserver.contract.stateful.state_model import SequenceItem

KEYS = 4
"""Keys of a sequence: few, so that they repeat."""

TENANT = st.integers(0, 1)
KEY = st.integers(0, KEYS - 1)
_TELLING = ("0.01", "0.10", "0.20", "0.30", "1.10", "19.99", "100.00", "1234.56", "4503599.63", "99999999.99")
"""Amounts that a binary float does not hold, or that lose a zero."""

AMOUNTS = st.one_of(
    st.sampled_from([Decimal(text) for text in _TELLING]),
    st.integers(1, 10_000_000).map(lambda cents: Decimal(cents).scaleb(-2)),
)
DRAWN = st.builds(DrawnValues, st.just(0), AMOUNTS)
"""Without a number: that is the sequence's, so that no two things in it are alike."""

_kept = lru_cache(maxsize=64)
"""Sequences in sandboxes have the same keys: what Hypothesis makes of a strategy is made once for all."""


@_kept
def draw_items(
    keys: tuple[str, ...], corruptions: tuple[Corruption, ...] = ()
) -> st.SearchStrategy[list[SequenceItem]]:
    """Items with different keys, good where there are no ways to spoil one; else some or all of them bad."""
    if not corruptions:
        return _items_with(keys, st.none(), KEYS)
    bad = st.sampled_from(list(corruptions))
    return st.one_of(_items_with(keys, st.none() | bad, KEYS), _items_with(keys, bad, KEYS))


@_kept
def draw_with_one_bad(
    keys: tuple[str, ...], ways: tuple[Corruption, ...]
) -> st.SearchStrategy[list[SequenceItem]]:
    """Good items and one that is spoiled in one of the ways."""

    def spoiled(batch: list[SequenceItem], place: int, corruption: Corruption) -> list[SequenceItem]:
        at = place % len(batch)
        return [
            replace(one, corruption=corruption) if number == at else one for number, one in enumerate(batch)
        ]

    return st.builds(spoiled, _items_with(keys, st.none(), KEYS), KEY, st.sampled_from(list(ways)))


@_kept
def draw_duplicates(keys: tuple[str, ...]) -> st.SearchStrategy[list[SequenceItem]]:
    """Good items, one key of which stands there twice."""

    def doubled(batch: list[SequenceItem]) -> st.SearchStrategy[list[SequenceItem]]:
        again = st.builds(SequenceItem, st.just(batch[0].key), DRAWN)
        return again.map(lambda one: [*batch, one])

    return _items_with(keys, st.none(), KEYS - 1).flatmap(doubled)


@_kept
def draw_alike(keys: tuple[str, ...]) -> st.SearchStrategy[tuple[list[SequenceItem], list[SequenceItem]]]:
    """Two batches of good items with the same keys, the second's the other way round.

    Perhaps it lacks one of them, and perhaps it has one of its own: else nobody could say that it was lost.
    """
    others = st.lists(DRAWN, min_size=KEYS + 1, max_size=KEYS + 1)

    def paired(
        batch: list[SequenceItem],
        drawn: list[DrawnValues],
        less: bool,  # noqa: FBT001 - drawn
        own: bool,  # noqa: FBT001 - drawn
    ) -> tuple[list[SequenceItem], list[SequenceItem]]:
        other = [SequenceItem(one.key, new) for one, new in zip(reversed(batch), drawn, strict=False)]
        other = other[1:] if less and len(other) > 1 else other
        spare = [key for key in keys if key not in {one.key for one in batch}] if own else []
        return batch, [*other, *(SequenceItem(key, drawn[-1]) for key in spare[:1])]

    return st.builds(paired, _items_with(keys, st.none(), KEYS), others, st.booleans(), st.booleans())


def _items_with(
    keys: tuple[str, ...], mood: st.SearchStrategy[Corruption | None], at_most: int
) -> st.SearchStrategy[list[SequenceItem]]:
    one = st.builds(SequenceItem, st.sampled_from(list(keys)), DRAWN, mood)
    return st.lists(one, min_size=1, max_size=min(at_most, len(keys)), unique_by=lambda thing: thing.key)
