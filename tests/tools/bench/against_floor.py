"""VBA and two vendors by spec alone against the floor: sizes, fresh and known keys, bad items; goals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from tests.tools.bench.batches import (
    BAD_WORDS,
    IN_LISTS,
    IN_MAPS,
    LEDGER,
    ORDERS,
    SHARES,
    VBA,
    Bad,
    Batches,
)
from tests.tools.bench.goals import Goal
from tests.tools.bench.proof import proven
from tests.tools.bench.rounds import Measured, Session, Work, measured
from tests.tools.bench.servers import Server

SUBJECTS = (VBA, LEDGER, ORDERS)
STYLES = (IN_LISTS, IN_MAPS)
"""Other forms of the answer to the orders, measured at one size."""

SIZES, STYLE_SIZES = (1, 100, 1000, 10_000), (1000,)
ONE_ITEM_LIMIT, GOOD_LIMIT = 2.0, 1.6
MIXED_LIMITS = {100: 1.8, 1000: 1.6, 10_000: 1.6}
ONE_BAD_LIMIT = 1.15
P99_LIMIT = 3.0
_ENOUGH_FOR_P99 = 250
"""Calls without which a 99th percentile is only the slowest call."""


def work_of(batches: Batches, sizes: Iterable[int] = SIZES) -> Iterator[Work]:
    """All pieces of work of one subject."""
    for items in sizes:
        shares: Sequence[Bad] = SHARES if items > 1 else ("none", "one")
        yield from (Work(batches, items, bad) for bad in shares)
        yield Work(batches, items, "none", fresh=False)


def run(ours: Server, floor: Server, session: Session) -> Iterator[Measured]:
    """Yield what was measured, piece by piece."""
    sizes = session.pace.sizes(SIZES)
    works = [one for batches in SUBJECTS for one in work_of(batches, sizes)]
    works += [one for batches in STYLES for one in work_of(batches, session.pace.sizes(STYLE_SIZES))]
    for work in works:
        proof = proven(ours.port, work.batches, work.items, work.bad, session.keys.next())
        if proof is None:
            raise SystemExit(f"{work.batches.name}: a batch of {work.items} items was refused")
        yield measured(work, proof, {"floor": floor.port, "ours": ours.port}, session)


def goals(all_measured: Sequence[Measured]) -> Iterator[Goal]:
    """Yield the goals that these measurements are judged by."""
    for one in all_measured:
        yield from _ratio_goals(one)
        yield from _p99_goals(one)
    for batches in SUBJECTS:
        yield from _one_bad_goals([one for one in all_measured if one.work.batches is batches])


def limit_of(work: Work) -> float | None:
    """How many times the floor it may take; None if there is no such goal."""
    if work.items == 1:
        return ONE_ITEM_LIMIT if work.bad == "none" else None
    return {"none": GOOD_LIMIT, "tenth": MIXED_LIMITS[work.items]}.get(work.bad)


def named(work: Work) -> str:
    """The work in words."""
    if work.items == 1:
        return f"{work.batches.name}: one item, {work.keys}" + (", bad" if work.bad == "one" else "")
    return f"{work.batches.name}: {work.items:,} items, {work.keys}, {BAD_WORDS[work.bad]}"


def _ratio_goals(one: Measured) -> Iterator[Goal]:
    limit = limit_of(one.work)
    if limit is not None:
        yield Goal(f"{named(one.work)}, against the floor", one.ratio, limit, noise=one.times["floor"].spread)


def _p99_goals(one: Measured) -> Iterator[Goal]:
    ours, floor = one.times["ours"], one.times["floor"]
    if one.work.bad == "none" and sum(map(len, ours.rounds)) >= _ENOUGH_FOR_P99:
        # A floor with a tail of its own is the machine's doing.
        noise = max(floor.spread, floor.p99 / floor.p50 / P99_LIMIT - 1)
        yield Goal(f"{named(one.work)}, p99 / p50", ours.p99 / ours.p50, P99_LIMIT, noise=noise)


def _one_bad_goals(measured_of_one: Sequence[Measured]) -> Iterator[Goal]:
    found = partial(_found, measured_of_one)
    good, bad = found("none"), found("one")
    if good and bad:
        figure = bad.times["ours"].p50 / good.times["ours"].p50
        noise = max(one.times["floor"].spread for one in (good, bad))
        what = f"{good.work.batches.name}: 1,000 items with one bad, against all good"
        yield Goal(what, figure, ONE_BAD_LIMIT, noise=noise)


def _found(all_measured: Sequence[Measured], bad: Bad) -> Measured | None:
    wanted = (1000, bad, True)
    return next(
        (one for one in all_measured if (one.work.items, one.work.bad, one.work.fresh) == wanted), None
    )
