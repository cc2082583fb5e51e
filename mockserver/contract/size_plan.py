"""Batch sizes that a run tries, and the calls that prepare what the items need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, TypeAlias

from msgspec.structs import replace

from mockserver import MAX_ITEMS
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request, to_json_text
from mockserver.contract.profile import BatchProfile
from mockserver.contract.run_state import SizeBudget, SizeLimit
from mockserver.contract.sequences.sequence import CallSequence
from mockserver.model import Value
from mockserver.spec.openapi import Operation, Spec, resolve

IN_TIME, LEGAL, LIMIT = "sizes-are-answered-in-time", "legal-sizes-are-accepted", "limit-is-kept"

SHARED_CHECKS = frozenset(
    {
        "answers-can-be-read",
        "good-items-are-accepted",
        "bad-items-are-refused",
        "accepted-are-there",
        "rejected-leave-no-trace",
        "class-is-true",
        "lists-show-what-is-there",
        "steps-do-what-they-say",
        "whole-or-nothing",
        "twice-in-a-batch",
        "amounts-are-exact",
    }
)
"""Checks of sequences that are also made for each size."""

SIZES = (0, 1, 2, 10, 50, 100, 500, 1000)

_UNEVEN = (
    (53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
    (257, 263, 269, 271, 277, 281, 283, 293),
)
"""Rows of sizes; the seed selects one size of each row. If a server works in chunks of a usual size, each of
these sizes leaves the last chunk partly filled. The sizes in the second row are above 256."""

_SENT_TWICE = 100
"""Maximum size for which a good batch and batches with bad items are both planned, whatever the budget is.
A larger size gets only one of the two kinds, unless the budget allows both kinds for all sizes."""

_MANY = 50
"""Minimum size of a large batch. If the limit allows, each pattern of bad items is tried in a large batch."""

_ALL_ARE_READ = 10
"""Maximum size of a batch whose items are all read back."""

BadItems: TypeAlias = Literal["none", "first", "last", "middle", "every second", "all"]
_PATTERNS: tuple[BadItems, ...] = ("last", "every second", "first", "middle")
"""Patterns of a large batch with bad and good items. The smallest large batch has the pattern "all", too."""

TENANT = 0
MERGED = 100
"""Maximum number of items in a merged call."""


class PlannedSize(Value, frozen=True):
    """A size to try."""

    size: int
    batches: tuple[BadItems, ...] = ("none",)
    """For each batch to send, which of its items are bad."""
    is_over: bool = False
    """Whether the size is above the limit, so that the whole call must be refused."""


def limit_of(spec: Spec, operation: Operation, batch_profile: BatchProfile, *, is_ours: bool) -> SizeLimit:
    """Return the maximum number of items in the spec, else the profile, else (if `is_ours`) this mock."""
    limits = (
        SizeLimit(_max_items(spec, operation), "the spec (maxItems)"),
        SizeLimit(batch_profile.max_items, "the profile"),
        SizeLimit(MAX_ITEMS if is_ours else None, "this mock"),
    )
    unknown = SizeLimit(None, "nobody: the spec has no maxItems")
    return next((limit for limit in limits if limit.most is not None), unknown)


def plan(
    limit: SizeLimit, batch_profile: BatchProfile, budget: SizeBudget, calls_by_key: float, seed: int
) -> tuple[list[PlannedSize], dict[int, str]]:
    """Return the sizes to try in ascending order, and the reason for each size that is left out.

    `calls_by_key` is the mean number of calls that prepare a key. The seed decides which pattern of bad items
    each size gets.
    """
    left_out: dict[int, str] = {}
    planned: list[PlannedSize] = []
    calls, items = 0.0, 0
    for one in _wanted(limit, batch_profile, budget, seed):
        # Each batch costs its own call, a read of the list, and single reads.
        calls += (2 + min(one.size, _ALL_ARE_READ)) * len(one.batches)
        calls += 0 if one.is_over else calls_by_key * one.size
        items += one.size * len(one.batches)
        if not _has_keys(batch_profile, one.size):
            left_out[one.size] = "there are not so many keys"
        elif calls > budget.calls or items > budget.items:
            left_out[one.size] = "it is over the budget"
        else:
            planned.append(one)
    return planned, left_out


def _wanted(
    limit: SizeLimit, batch_profile: BatchProfile, budget: SizeBudget, seed: int
) -> Iterator[PlannedSize]:
    sizes = _sizes(limit.most, seed)
    both = sum(2 * size for size in sizes) <= budget.items
    for size, bad in zip(sizes, _bad_items(sizes, seed), strict=True):
        if not size or not batch_profile.corruptions or (size >= SIZES[-1] and not both):
            yield PlannedSize(size)
        else:
            yield PlannedSize(size, ("none", *bad) if both or size <= _SENT_TWICE else bad)
    if limit.most is not None:
        yield PlannedSize(limit.most + 1, is_over=True)


def _sizes(most: int | None, seed: int) -> list[int]:
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
    """Yield, for each size, its patterns of bad items.

    The patterns are distributed over the sizes from 50 to 999, because larger sizes may exceed the budget; if
    there is no such size, the largest size has all patterns. Each remaining size repeats one pattern.
    """
    turn = seed % len(_PATTERNS)
    turned = (*_PATTERNS[turn:], *_PATTERNS[:turn])
    ways: tuple[BadItems, ...] = ("all", *turned)
    large = [size for size in sizes if _MANY <= size < SIZES[-1]] or sizes[-1:]
    for number, size in enumerate(sizes):
        first = large.index(size) if size in large else -1
        yield ways[first :: len(large)] if first >= 0 else (ways[number % len(ways)],)


def places_of(bad: BadItems, size: int) -> frozenset[int]:
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
    """Return indexes of items to read back: all (up to 10), or ends, middle, a few bad and random items."""
    if size <= _ALL_ARE_READ:
        return tuple(range(size))
    listed = sorted(bad)
    of_bad = {listed[0], listed[len(listed) // 2], listed[-1]} if listed else set()
    drawn = {(seed * 7919 + number * 104_729 + size // 3) % size for number in (1, 2)}
    return tuple(sorted({0, size // 2, size - 2, size - 1, *of_bad, *drawn}))


def _has_keys(batch_profile: BatchProfile, size: int) -> bool:
    if batch_profile.twice == "each":
        return True
    return len({batch_profile.key(number) for number in range(size)}) == size


def _max_items(spec: Spec, operation: Operation) -> int | None:
    """Return the smallest `maxItems`, or `maxProperties`, that a body states for the list or map of items."""
    if operation.batch is None:
        return None
    found = []
    for body in operation.bodies:
        schema = resolve(spec.document, body.schema)
        for step in operation.batch.items:
            schema = resolve(spec.document, schema.get("properties", {}).get(step, {}))
        most = schema.get("maxItems", schema.get("maxProperties"))
        if isinstance(most, int):
            found.append(most)
    return min(found, default=None)


def calls_by_key(api: ApiUnderTest, batch_profile: BatchProfile) -> float:
    """Return the mean number of calls that prepare a key, if calls are merged."""
    if batch_profile.prepare is None:
        return 0
    keys = [batch_profile.key(number) for number in range(MERGED)]
    return sum(1 for _ in _merged(api, _requests(batch_profile, keys))) / MERGED


def prepare_keys(sequence: CallSequence, keys: Sequence[str]) -> None:
    """Prepare the keys in as few calls as possible. Fail if a call is not answered 2xx."""
    context = sequence.context
    requests = _merged(context.api, _requests(context.batch_profile, keys))
    # Judging 100 items takes long, and later calls of an operation are like the first call.
    whose = f"{len(keys)} items need"
    sequence.prepare(requests, TENANT, "what the items need", whose, judges_once=True)


def _requests(batch_profile: BatchProfile, keys: Iterable[str]) -> list[Request]:
    prepare = batch_profile.prepare
    return [request for key in keys for request in prepare(key, TENANT)] if prepare else []


def _merged(api: ApiUnderTest, requests: Iterable[Request]) -> Iterator[Request]:
    for _, group in groupby(requests, lambda one: (one.method, one.path)):
        alike = list(group)
        member = _list_of(api, alike[0])
        if member is None:
            yield from alike
            continue
        lists = [list(one.json()[member] if member else one.json()) for one in alike]
        while lists:
            taken, lists = lists[:MERGED], lists[MERGED:]
            items = [item for listed in taken for item in listed]
            document = {**alike[0].json(), member: items} if member else items
            yield replace(alike[0], body=to_json_text(document).encode())


def _list_of(api: ApiUnderTest, request: Request) -> str | None:
    """Return the member that has the items, "" if the body is the list, or None if calls cannot be merged."""
    operation = api.spec.operations.get(api.operation_of(request))
    if operation is None or operation.batch is None or len(operation.batch.items) > 1:
        return None
    return str(operation.batch.items[0]) if operation.batch.items else ""
