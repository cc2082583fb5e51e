"""How much longer a call takes through a mock in front of the server than directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.tools.bench.features import compared
from tests.tools.bench.figures import spread
from tests.tools.bench.goals import Goal
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import OURS, serving
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import HOST

LIMIT_MS = 2.0


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Times of a call in ms: the medians of each round, directly and through the mock."""

    rounds: Sequence[tuple[float, float]]

    @property
    def added_ms(self) -> float:
        return median(through - direct for direct, through in self.rounds)

    def figures(self) -> dict[str, float]:
        direct, through = (median(one[place] for one in self.rounds) for place in (0, 1))
        return {"direct_p50": direct, "through_p50": through, "added_p50": self.added_ms}

    def goal(self) -> Goal:
        noise = spread([direct for direct, _ in self.rounds])
        return Goal("vba: one item, added by forwarding", self.added_ms, LIMIT_MS, "ms", noise=noise)


def run(pace: Pace, steadiness: Steadiness) -> Forwarding:
    with serving(OURS) as real:
        command = (*OURS, "vba", "--forward", f"http://{HOST}:{real.port}/vba")
        with serving(command) as front:
            return Forwarding(compared(real, front, {}, pace, steadiness))
