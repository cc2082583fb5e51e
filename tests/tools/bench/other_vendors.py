"""The batches of every vendor that ships: figures without a goal, for there is no floor for their rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mockserver.engine.registry import discover_vendors
from tests.tools.bench.batches import SHARES, VBA, Bad, vendor_batches
from tests.tools.bench.proof import proven
from tests.tools.bench.rounds import Measured, Session, Work, measured
from tests.tools.bench.servers import Server

_SHARES: dict[int, tuple[Bad, ...]] = {
    1: ("none",),
    100: ("none", "tenth"),
    1000: SHARES,
    10_000: ("none",),
}
_ROUNDS = 3
_LARGE = 1000
_SLOW_MS = 1000.0
"""A batch of a thousand that takes as long is not sent ten times as large."""


def run(ours: Server, session: Session) -> Iterator[Measured]:
    """Yield what was measured; without sizes that a vendor refuses, or that would take far too long."""
    pace = replace(session.pace, rounds=min(_ROUNDS, session.pace.rounds))
    fewer = replace(session, pace=pace)
    for batches in vendor_batches(discover_vendors()):
        if batches.name == VBA.name:
            continue
        slowest_ms = 0.0
        for items, bad in ((size, bad) for size in pace.sizes(_SHARES) for bad in _SHARES[size]):
            if slowest_ms > _SLOW_MS and items > _LARGE:
                continue
            proof = proven(ours.port, batches, items, bad, session.keys.next())
            if proof is not None:
                slowest_ms = max(slowest_ms, proof.took_ms)
                work = Work(batches, items, bad)
                yield measured(work, proof, {"ours": ours.port}, fewer)
