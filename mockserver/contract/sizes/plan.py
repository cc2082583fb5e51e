"""Which sizes a run tries, and which items of a batch are bad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockserver.contract.config import RunConfig
from mockserver.contract.profile import BatchProfile
from mockserver.spec.openapi import Operation, Spec, resolve

SIZES = (0, 1, 2, 10, 50, 100, 500, 1000)
OUR_LIMIT = 10_000
"""Items that our own servers take in a batch (docs/decisions.md#limits-of-the-server)."""

_UNEVEN = (
    (53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
    (257, 263, 269, 271, 277, 281, 283, 293),
)
"""Sizes of which a seed takes one each: a server that works in chunks of a usual size does not fill its last
one. Those of the second row are also more than 256 items."""

_CALLS, _ITEMS = 250, 2_500
_ITEMS_AN_EXAMPLE = 25
_SENT_TWICE = 100
"""Up to this size good and bad batches are sent; larger ones have one or the other, until the budget allows
both."""

_MANY = 50
"""Each way in which items are bad is tried in a batch of at least so many items, if the limit allows that."""

_SECONDS = 120
_ALL_ARE_READ = 10
"""A batch of so many items is read back whole."""

BadItems: TypeAlias = Literal["none", "first", "last", "middle", "every second", "all"]
_PATTERNS: tuple[BadItems, ...] = ("last", "every second", "first", "middle")
"""Ways that leave good items in a large batch; "all" is tried in the smallest of the large ones."""


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """How many items a batch may have, and who says so; `most` is None if nobody does."""

    most: int | None
    source: str


@dataclass(frozen=True, slots=True)
class SizeBudget:
    """What the sizes of one batch operation may take at most.

    Calls and items bound what is planned, so that one seed always gives the same calls. Seconds only end what
    a slow target would drag out.
    """

    calls: int
    items: int
    seconds: int

    @classmethod
    def of(cls, run_config: RunConfig) -> SizeBudget:
        """Return the budget of a run: the calls and items grow with its examples."""
        examples = run_config.max_examples
        return cls(max(_CALLS, 2 * examples), max(_ITEMS, _ITEMS_AN_EXAMPLE * examples), _SECONDS)


@dataclass(frozen=True, slots=True)
class PlannedSize:
    """A size to try: a batch of good items (if `good`), then on the same records one for each way of `bad`.

    `is_over`: it is one more than the limit allows, so the whole call must be rejected.
    """

    size: int
    bad: tuple[BadItems, ...] = ()
    is_over: bool = False
    good: bool = True

    @property
    def batches(self) -> int:
        """How many batches are sent."""
        return self.good + len(self.bad)


@dataclass(frozen=True, slots=True)
class SizePlan:
    """The sizes that are tried, from the smallest, and those that are left out, with the reason."""

    planned: tuple[PlannedSize, ...]
    left_out: Mapping[int, str]


def limit_of(spec: Spec, operation: Operation, batch_profile: BatchProfile, *, is_ours: bool) -> SizeLimit:
    """Return the limit that the spec states; else that of the profile, or of our own servers."""
    stated = _max_items(spec, operation)
    if stated is not None:
        return SizeLimit(stated, "the spec (maxItems)")
    if batch_profile.max_items is not None:
        return SizeLimit(batch_profile.max_items, "the profile")
    if is_ours:
        return SizeLimit(OUR_LIMIT, "this mock")
    return SizeLimit(None, "nobody: the spec has no maxItems")


def plan(
    limit: SizeLimit, batch_profile: BatchProfile, budget: SizeBudget, calls_by_key: float, seed: int
) -> SizePlan:
    """Return what is tried of the sizes; `calls_by_key` are those that prepare a key.

    The bad items are spread over the sizes, another way for another seed.
    """
    left_out: dict[int, str] = {}
    planned: list[PlannedSize] = []
    calls, items = 0.0, 0
    for one in _wanted(limit, batch_profile, budget, seed):
        calls += _reads(one.size) * one.batches + (0 if one.is_over else calls_by_key * one.size)
        items += one.size * one.batches
        if not _has_keys(batch_profile, one.size):
            left_out[one.size] = "there are not so many keys"
        elif calls > budget.calls or items > budget.items:
            left_out[one.size] = "it is over the budget"
        else:
            planned.append(one)
    return SizePlan(tuple(planned), left_out)


def _wanted(
    limit: SizeLimit, batch_profile: BatchProfile, budget: SizeBudget, seed: int
) -> Iterator[PlannedSize]:
    sizes = _sizes(limit.most, seed)
    both = sum(2 * size for size in sizes) <= budget.items
    for size, bad in zip(sizes, _bad_items(sizes, seed), strict=True):
        if not size or not batch_profile.corruptions:
            yield PlannedSize(size)
        elif both or size <= _SENT_TWICE:
            yield PlannedSize(size, bad)
        elif size < SIZES[-1]:
            yield PlannedSize(size, bad, good=False)
        else:
            yield PlannedSize(size)
    if limit.most is not None:
        yield PlannedSize(limit.most + 1, is_over=True)


def _sizes(most: int | None, seed: int) -> list[int]:
    """Return the sizes that a seed tries up to the limit, from the smallest."""
    named = [*SIZES, *_uneven(most, seed)]
    if most is None:
        return sorted(named)
    return sorted({*(size for size in named if size < most), most})


def _uneven(most: int | None, seed: int) -> Iterator[int]:
    for row in _UNEVEN:
        allowed = [size for size in row if most is None or size < most]
        if allowed:
            yield allowed[seed % len(allowed)]
    if most is not None and most <= _UNEVEN[0][0]:
        yield max(0, most - 1)


def _bad_items(sizes: Sequence[int], seed: int) -> Iterator[tuple[BadItems, ...]]:
    """Yield for each size the ways in which items are bad: the sizes of many items have all of them together.

    Where these are few, some have more than one way. Those that may be over the budget have what they have
    beside the others.
    """
    turn = seed % len(_PATTERNS)
    turned = (*_PATTERNS[turn:], *_PATTERNS[:turn])
    ways: tuple[BadItems, ...] = ("all", *turned)
    large = [size for size in sizes if _MANY <= size < SIZES[-1]] or sizes[-1:]
    for number, size in enumerate(sizes):
        first = large.index(size) if size in large else -1
        yield ways[first :: len(large)] if first >= 0 else (ways[number % len(ways)],)


def places_of(bad: BadItems, size: int) -> frozenset[int]:
    """Return the places of the bad items in a batch."""
    if not size:
        return frozenset()
    places: Mapping[BadItems, range | tuple[int, ...]] = {
        "none": (),
        "first": (0,),
        "last": (size - 1,),
        "middle": (size // 2,),
        "every second": range(1, size, 2) if size > 1 else (0,),
        "all": range(size),
    }
    return frozenset(places[bad])


def sample_of(size: int, bad: frozenset[int], seed: int) -> tuple[int, ...]:
    """Return the places that are read back one by one: the ends, the middle, bad ones, and drawn ones."""
    if size <= _ALL_ARE_READ:
        return tuple(range(size))
    listed = sorted(bad)
    of_bad = {listed[0], listed[len(listed) // 2], listed[-1]} if listed else set()
    drawn = {(seed * 7919 + number * 104_729 + size // 3) % size for number in (1, 2)}
    return tuple(sorted({0, size // 2, size - 2, size - 1, *of_bad, *drawn}))


def _reads(size: int) -> int:
    """Return about how many calls a batch takes: itself, the list, and what is read back."""
    return 2 + min(size, _ALL_ARE_READ)


def _has_keys(batch_profile: BatchProfile, size: int) -> bool:
    if batch_profile.twice == "each":
        return True
    return len({batch_profile.key(number) for number in range(size)}) == size


def _max_items(spec: Spec, operation: Operation) -> int | None:
    """Return the `maxItems` of the list of items, in whichever body that states one."""
    if operation.batch is None:
        return None
    found = []
    for body in operation.bodies:
        schema = resolve(spec.document, body.schema)
        for step in operation.batch.items:
            schema = resolve(spec.document, schema.get("properties", {}).get(step, {}))
        most = schema.get("maxItems")
        if isinstance(most, int):
            found.append(most)
    return min(found, default=None)
