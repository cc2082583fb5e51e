"""What journal, scenarios and sandboxes cost one call: ours against ours without them, call by call.

There is no switch for the journal, so a server of the benchmark has it taken out. That one has no scenarios
and no `Mock-…` headers either, and its calls name no sandbox. The state by sandbox cannot be taken out.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from tests.tools.bench.batches import VBA
from tests.tools.bench.figures import spread
from tests.tools.bench.goals import Goal
from tests.tools.bench.proof import control
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import BARE, NO_SCENARIOS, OURS, Server, serving
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import connected, timed

ALL_LIMIT, SCENARIO_LIMIT = 1.15, 1.03
_ROUNDS = 10
_CALLS = 200
_STATUS = 207
_SANDBOX = "features"
_ELSEWHERE = {
    "version": 1,
    "name": "elsewhere",
    "rules": [{"id": "r1", "match": {"operation": "listPayee"}, "response": {"status": 503}}],
}


@dataclass(frozen=True, slots=True)
class Extra:
    """Times with and without something, in ms: medians of each round."""

    what: str
    limit: float
    rounds: Sequence[tuple[float, float]]

    @property
    def ratio(self) -> float:
        return median(beside / without for without, beside in self.rounds)

    def figures(self) -> dict[str, object]:
        without, beside = (median(one[place] for one in self.rounds) for place in (0, 1))
        return {"what": self.what, "without_p50": without, "with_p50": beside, "ratio": self.ratio}

    def goal(self) -> Goal:
        noise = spread([without for without, _ in self.rounds])
        return Goal(f"vba: one item, {self.what}", self.ratio, self.limit, noise=noise)


def run(pace: Pace, steadiness: Steadiness) -> Iterator[Extra]:
    """Yield the cost of all of it, then of scenarios alone: nothing armed, then a rule for another call."""
    with ExitStack() as stack:
        bare, off, full = (stack.enter_context(serving(one)) for one in (BARE, NO_SCENARIOS, OURS))
        named = {"Mock-Sandbox": _SANDBOX}
        rounds = compared(bare, full, named, pace, steadiness)
        yield Extra("journal, scenarios and sandboxes", ALL_LIMIT, rounds)
        rounds = compared(off, full, {}, pace, steadiness)
        yield Extra("scenarios, nothing armed", SCENARIO_LIMIT, rounds)
        control(full.port, "PUT", "/default/scenarios/elsewhere", _ELSEWHERE)
        rounds = compared(off, full, {}, pace, steadiness)
        yield Extra("scenarios, none matches", SCENARIO_LIMIT, rounds)


def compared(
    without: Server, beside: Server, headers: dict[str, str], pace: Pace, steadiness: Steadiness
) -> list[tuple[float, float]]:
    """The medians of each round; the two calls of a pair are a moment apart, either first."""
    plain, named = VBA.call(1, 0), VBA.call(1, 0, headers=headers)
    calls = max(2, int(_CALLS * pace.share))
    rounds = []
    with connected(without.port) as one, connected(beside.port) as other:
        for _ in range(min(_ROUNDS, pace.rounds + 3)):
            steadiness.sample()
            pairs = [_pair((one, plain), (other, named), swapped=bool(turn % 2)) for turn in range(calls)]
            rounds.append((median(first for first, _ in pairs), median(second for _, second in pairs)))
    return rounds


def _pair(
    without: tuple[socket.socket, bytes], beside: tuple[socket.socket, bytes], *, swapped: bool
) -> tuple[float, float]:
    if swapped:
        second = timed(*beside, _STATUS)
        return timed(*without, _STATUS), second
    return timed(*without, _STATUS), timed(*beside, _STATUS)
