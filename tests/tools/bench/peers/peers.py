"""Prism, openapi-backend and Mockoon on the contract of the vendor by spec alone, beside ours, in one run.

None of them stores anything or answers item by item: Prism and openapi-backend validate the call and answer
the example of the contract, Mockoon answers without validation. Ours validates, stores and answers each item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from tests.tools.bench.batches import LEDGER
from tests.tools.bench.connections import CONNECTIONS, PEER_BATCHES, SIZES, Target, Throughput, compared
from tests.tools.bench.goals import Goal
from tests.tools.bench.peers.installation import FOLDER, install
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import FLOOR, OURS_AND_LEDGER, SPECS, Server, serving
from tests.tools.bench.steadiness import Steadiness

LIMITS: Mapping[int, float] = {1: 0.75, 100: 0.7, 1000: 0.6}
"""What share of Prism's calls a second is to be reached, by the size of the batch."""

_UNTIL_COMPILED = 2
"""Rounds that are not counted, in which node compiles what it runs often."""

_CONTRACT = str(SPECS / "ledger.yaml")
_BINARIES = FOLDER / "node_modules" / ".bin"
_QUIET = {"MOCKOON_TELEMETRY_ENABLED": "false", "NODE_ENV": "production"}
COMMANDS: Mapping[str, Sequence[str]] = {
    "Prism": (str(_BINARIES / "prism"), "mock", "-h", "127.0.0.1", "-v", "silent", _CONTRACT),
    "openapi-backend": ("node", str(FOLDER / "openapi_backend.mjs"), _CONTRACT),
    "Mockoon": (
        *(str(_BINARIES / "mockoon-cli"), "start", "--data", _CONTRACT, "--hostname", "127.0.0.1"),
        *("--disable-log-to-file", "--disable-admin-api"),
    ),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The throughput of all servers, and the memory that each holds after it, in MiB."""

    throughputs: tuple[Throughput, ...]
    resident_mib: Mapping[str, float]

    def figures(self) -> list[dict[str, object]]:
        """What the report says, server by server and size by size."""
        ratios = {(one.target, one.items): self.ratio_to_prism(one) for one in self.throughputs}
        return [
            {
                **one.figures(),
                "to_prism": ratios[one.target, one.items],
                "rss": self.resident_mib[one.target],
                "limit": LIMITS[one.items] if one.target == "ours" else None,
            }
            for one in self.throughputs
        ]

    def ratio_to_prism(self, one: Throughput) -> float:
        """Calls a second as a share of Prism's in the same round: the median over the rounds."""
        prism = self._of("Prism", one.items)
        pairs = zip(one.rounds, prism.rounds, strict=True)
        return median(mine["calls_s"] / theirs["calls_s"] for mine, theirs in pairs)

    def goals(self) -> Iterator[Goal]:
        for items, limit in LIMITS.items():
            ours, prism = self._of("ours", items), self._of("Prism", items)
            what = f"{CONNECTIONS} connections, {items:,} items: calls/s against Prism"
            noise = max(ours.spread, prism.spread)
            yield Goal(what, self.ratio_to_prism(ours), limit, at_least=True, noise=noise)

    def _of(self, target: str, items: int) -> Throughput:
        return next(one for one in self.throughputs if (one.target, one.items) == (target, items))


def run(pace: Pace, steadiness: Steadiness) -> Comparison:
    """Install the peers, start all servers, and load one after the other, size by size."""
    install()
    with ExitStack() as stack:
        targets = [
            Target("ours", stack.enter_context(serving(OURS_AND_LEDGER)), LEDGER),
            Target("floor", stack.enter_context(serving(FLOOR)), LEDGER),
            *(Target(name, _peer(stack, command), PEER_BATCHES) for name, command in COMMANDS.items()),
        ]
        throughputs = [
            one
            for items in SIZES
            for one in compared(targets, items, pace, steadiness, rounds_before=_UNTIL_COMPILED)
        ]
        resident = {one.name: one.server.resident_mib() for one in targets}
    return Comparison(tuple(throughputs), resident)


def _peer(stack: ExitStack, command: Sequence[str]) -> Server:
    return stack.enter_context(serving(command, _QUIET))
