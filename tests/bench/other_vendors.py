"""The batches of every vendor that ships: figures without a goal, for there is no floor for their rules."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.engine.registry import discover_vendors
from tests.bench.batches import SHARES, VBA, Bad, vendor_batches
from tests.bench.proof import proven_status
from tests.bench.rounds import Keys, Measured, Pace, Work, measured
from tests.bench.servers import Server
from tests.bench.steadiness import Steadiness

_SHARES: dict[int, tuple[Bad, ...]] = {
    1: ("none",),
    100: ("none", "tenth"),
    1000: SHARES,
    10_000: ("none",),
}
_ROUNDS = 3


def run(ours: Server, keys: Keys, pace: Pace, steadiness: Steadiness) -> Iterator[Measured]:
    """Yield what was measured; sizes that a vendor refuses are left out."""
    fewer = Pace(min(_ROUNDS, pace.rounds), pace.share, pace.seconds)
    for batches in vendor_batches(discover_vendors()):
        if batches.name == VBA.name:
            continue
        for items, shares in _SHARES.items():
            for bad in shares:
                status = proven_status(ours.port, batches, items, bad, keys.next())
                if status is None:
                    break
                work = Work(batches, items, bad)
                yield measured(work, status, {"ours": ours.port}, keys, fewer, steadiness)
