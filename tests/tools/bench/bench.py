"""`make bench`: our server beside the floor, in turns, and every goal with its figure.

Exit code 1 if a goal was missed on a quiet machine. Load goes to loopback only, is bounded in calls, and
stops by itself. Environment: `QUICK=1` takes few calls and small batches, `RECORD=1` writes into docs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from typing import Any

from mockserver.engine.registry import discover_vendors
from tests.tools.bench import (
    against_floor,
    connections,
    features,
    footprint,
    forwarding,
    hanging,
    installation,
    instructions,
    other_vendors,
    report,
    single_calls,
    store_size,
)
from tests.tools.bench.batches import VBA, Batches, vendor_batches
from tests.tools.bench.goals import Goal, Judgement
from tests.tools.bench.peers import peers
from tests.tools.bench.peers.installation import versions
from tests.tools.bench.rounds import Measured, Pace, Session
from tests.tools.bench.servers import FLOOR, OURS, OURS_AND_LEDGER, Server, serving
from tests.tools.bench.steadiness import Steadiness

_QUICK = Pace(rounds=3, share=0.1, seconds=0.2, largest=100)
_TERMINATED = 143


def main() -> int:
    """Run what the first word says: nothing or `peers`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that the servers end too
    pace = _QUICK if os.environ.get("QUICK") else Pace()
    steadiness, started = Steadiness(), perf_counter()
    with_peers = "peers" in sys.argv[1:]
    goals, figures = _peers(pace, steadiness) if with_peers else _bench(pace, steadiness)
    figures = {"quick": pace is _QUICK, **figures}
    judgement = Judgement(tuple(goals), steadiness.swing)
    seconds = perf_counter() - started
    section = report.section(judgement, seconds, versions() if with_peers else {}, figures)
    document = report.write("peers" if with_peers else "bench", section)
    if os.environ.get("RECORD"):
        report.record(document)
    print("", *judgement.lines(), f"{seconds:.0f} seconds; {report.REPORT}", sep="\n")
    return judgement.exit_code


def _peers(pace: Pace, steadiness: Steadiness) -> tuple[list[Goal], Mapping[str, Any]]:
    comparison = peers.run(pace, steadiness)
    rows = comparison.figures()
    for row in rows:
        speed = f"{row['calls_s']:>8.0f} calls/s  {row['to_prism']:.2f}x Prism"
        what = f"{row['batches']:<24} {row['items']:>6} items  {row['keys']}"
        print(f"{row['server']:<16} {what}  {speed}  (generator {row['generator']:.0%} of a core)")
    singles, page = list(single_calls.run(peers.commands, pace)), single_calls.console_page(pace)
    for one in singles:
        print(
            f"{one.what:<24} " + "  ".join(f"{name} {times.p50:.3f} ms" for name, times in one.times.items())
        )
    print(f"a page of the console: {page.alone:.1f} ms, beside load {page.beside:.1f} ms")
    return [*comparison.goals(), *(one.goal() for one in singles)], {
        "connections": rows,
        "single_calls": [one.figures() for one in singles],
        "console_page": {"alone_p50": page.alone, "beside_p50": page.beside},
    }


def _bench(pace: Pace, steadiness: Steadiness) -> tuple[list[Goal], Mapping[str, Any]]:
    with _phase("start and memory", steadiness):
        printed = footprint.run()
    with _phase("installation", steadiness):
        installed = installation.run()
    with _phase("instructions", steadiness):
        counted = instructions.run()
    with _phase("journal, scenarios, sandboxes", steadiness):
        extras = list(features.run(pace, steadiness))
    with _phase("forwarding", steadiness):
        forwarded = forwarding.run(pace, steadiness)
    with _phase("hanging calls", steadiness), serving(OURS) as ours:
        waiting = hanging.run(ours.port, pace)
    with _phase("size of the store", steadiness), serving(OURS_AND_LEDGER) as ours:
        costs = store_size.run(ours, pace, steadiness)
    with _phase("batches", steadiness), serving(FLOOR) as floor, serving(OURS_AND_LEDGER) as ours:
        compared, loaded = _loads(ours, floor, pace, steadiness)
    goals = [
        *against_floor.goals(compared["against_floor"]),
        *store_size.goals(costs),
        *(one.goal() for one in extras),
        forwarded.goal(),
        waiting.goal(),
        *printed.goals(),
        *installed.goals(),
        *counted.goals(),
    ]
    return goals, {
        **loaded,
        "store": [one.figures() for one in costs],
        "features": [one.figures() for one in extras],
        "forwarding": forwarded.figures(),
        "hanging": waiting.figures(),
        "footprint": printed.figures(),
        "installation": installed.figures(),
        "instructions": counted.figures(),
    }


@contextmanager
def _phase(what: str, steadiness: Steadiness) -> Iterator[None]:
    """Print how long a part of the run took."""
    started = perf_counter()
    steadiness.sample()
    yield
    steadiness.sample()
    print(f"measured: {what}, in {perf_counter() - started:.0f} s", flush=True)


def _loads(
    ours: Server, floor: Server, pace: Pace, steadiness: Steadiness
) -> tuple[Mapping[str, list[Measured]], Mapping[str, Any]]:
    """All batches, first with one connection, then with many; then the resident memory."""
    session = Session(pace, steadiness)
    found: dict[str, list[Measured]] = {"against_floor": [], "vendors": []}
    runs = (
        ("against_floor", against_floor.run(ours, floor, session)),
        ("vendors", other_vendors.run(ours, session)),
    )
    for name, one in chain.from_iterable(((name, one) for one in run) for name, run in runs):
        found[name].append(one)
        print(_line(one))
    many = []
    for load in connections.run(ours, floor, pace, steadiness):
        many.append(load.figures())
        what = f"{load.load.batches.name}, {load.load.items} items"
        print(f"16 connections, {what}: {load.target} {load.calls_s:.0f} calls/s")
    return found, {
        "against_floor": [
            {**one.figures(), "limit": against_floor.limit_of(one.work)} for one in found["against_floor"]
        ],
        "vendors": [one.figures() for one in found["vendors"]],
        "bad_items": {one.name: one.what for one in _all_batches()},
        "connections": many,
        "memory": {"ours_mib": ours.resident_mib(), "floor_mib": floor.resident_mib()},
    }


def _all_batches() -> list[Batches]:
    others = [one for one in vendor_batches(discover_vendors()) if one.name != VBA.name]
    return [*against_floor.SUBJECTS, *others]


def _line(one: Measured) -> str:
    floor = one.times.get("floor")
    beside = f"  floor {floor.p50:>8.3f}  {one.ratio:.2f}x  (floor ±{floor.spread:.0%})" if floor else ""
    ours = one.times["ours"]
    return f"{against_floor.named(one.work):<58} p50 {ours.p50:>8.3f}  p99 {ours.p99:>8.3f} ms{beside}"


if __name__ == "__main__":
    raise SystemExit(main())
