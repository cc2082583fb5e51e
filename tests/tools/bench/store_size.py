"""What an item costs as the store grows: the same updates in sandboxes that hold more and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.tools.bench.batches import VBA
from tests.tools.bench.figures import span
from tests.tools.bench.goals import Goal
from tests.tools.bench.proof import control
from tests.tools.bench.rounds import Pace, Times
from tests.tools.bench.servers import Server
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import connected, timed

STORED = (100, 1000, 10_000, 100_000)
LIMIT = 0.20
_BATCH = 100
_FILLING = 10_000
_STATUS = 207


@dataclass(frozen=True, slots=True)
class Cost:
    """The time of an item while so many are stored."""

    stored: int
    times: Times

    @property
    def item_us(self) -> float:
        return self.times.p50 / _BATCH * 1000

    def figures(self) -> dict[str, object]:
        return {"stored": self.stored, "item_us": self.item_us, "spread": self.times.spread}


def run(ours: Server, pace: Pace, steadiness: Steadiness) -> list[Cost]:
    """Measure batches of known and batches of fresh keys, in turns with those of the other sandboxes."""
    for stored in STORED:
        _fill(ours.port, stored)
    costs = [Cost(stored, Times()) for stored in STORED]
    for turn in range(pace.rounds):
        steadiness.sample()
        for cost in costs if turn % 2 else costs[::-1]:
            cost.times.rounds.append(_round(ours.port, cost.stored, pace.calls(_BATCH)))
    for stored in STORED:
        control(ours.port, "DELETE", f"/{_sandbox(stored)}")
    return costs


def goals(costs: Sequence[Cost]) -> Iterator[Goal]:
    """Yield the one goal: flat."""
    figure = span([cost.item_us for cost in costs]) / 2
    noise = max(cost.times.spread for cost in costs)
    yield Goal("vba: cost of an item, ± from 100 to 100,000 in the store", figure, LIMIT, "%", noise=noise)


def _sandbox(stored: int) -> str:
    return f"stored-{stored}"


def _headers(stored: int) -> dict[str, str]:
    return {"Mock-Sandbox": _sandbox(stored)}


def _fill(port: int, stored: int) -> None:
    with connected(port) as connection:
        for first in range(0, stored, _FILLING):
            call = VBA.call(min(stored, _FILLING), first, headers=_headers(stored))
            timed(connection, call, _STATUS)


def _round(port: int, stored: int, calls: int) -> list[float]:
    """Updates of items from all over the store."""
    step = max(1, (stored - _BATCH) // calls)
    firsts = [(place * step) % max(1, stored - _BATCH) for place in range(calls)]
    batches = [VBA.call(_BATCH, first, headers=_headers(stored)) for first in firsts]
    with connected(port) as connection:
        timed(connection, batches[0], _STATUS)
        return [timed(connection, call, _STATUS) for call in batches]
