"""Prism, openapi-backend and Mockoon on the contracts of the vendors by spec alone, beside ours, in one run.

None of them stores anything or answers item by item: Prism and openapi-backend validate the call and answer
the example of the contract, Mockoon answers without validation. Ours validates, stores and answers each item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median

from tests.tools.bench.batches import LEDGER, ORDERS, Batches
from tests.tools.bench.connections import SIZES, Load, Target, Throughput, compared
from tests.tools.bench.goals import Goal
from tests.tools.bench.peers.installation import FOLDER, install
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import FLOOR, OURS_AND_LEDGER, SPECS, Server, serving
from tests.tools.bench.steadiness import Steadiness

LIMITS: Mapping[str, Mapping[str, Mapping[int, float]]] = {
    "Prism": {LEDGER.name: {1: 1.3, 100: 1.2, 1000: 1.1}, ORDERS.name: {1: 1.3, 100: 0.95, 1000: 0.8}},
    "openapi-backend": {one.name: {1: 0.6, 100: 0.45, 1000: 0.4} for one in (LEDGER, ORDERS)},
}
"""What share of a peer's calls a second is to be reached, by contract and size of the batch."""

KNOWN_LIMIT, MEMORY_LIMIT_MIB = 1.1, 180.0
"""How much dearer a batch of known keys may be than one of fresh keys; memory after load with known keys."""

_UNTIL_COMPILED = 2
"""Rounds that are not counted, in which node compiles what it runs often."""

_BINARIES = FOLDER / "node_modules" / ".bin"
_QUIET = {"MOCKOON_TELEMETRY_ENABLED": "false", "NODE_ENV": "production"}
_CONTRACTS: Mapping[str, Batches] = {"ledger": LEDGER, "orders": ORDERS}


def commands(spec: str) -> Mapping[str, Sequence[str]]:
    """How each peer is started with the file of a contract."""
    return {
        "Prism": (str(_BINARIES / "prism"), "mock", "-h", "127.0.0.1", "-v", "silent", spec),
        "openapi-backend": ("node", str(FOLDER / "openapi_backend.mjs"), spec),
        "Mockoon": (
            *(str(_BINARIES / "mockoon-cli"), "start", "--data", spec, "--hostname", "127.0.0.1"),
            *("--disable-log-to-file", "--disable-admin-api"),
        ),
    }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The throughput of all servers, and the memory that each holds after it, in MiB, by contract."""

    throughputs: tuple[Throughput, ...]
    resident_mib: Mapping[tuple[str, str], float]
    known_mib: Mapping[str, float]
    """Memory of our server after the load with known keys, in MiB, by contract."""

    def figures(self) -> list[dict[str, object]]:
        """What the report says, contract by contract, size by size, server by server."""
        return [
            {
                **one.figures(),
                "to_prism": self.ratio(one, "Prism"),
                "rss": self.resident_mib[one.load.batches.name, one.target],
                "limit": LIMITS["Prism"][one.load.batches.name][one.load.items]
                if one.target == "ours"
                else None,
            }
            for one in self.throughputs
        ]

    def ratio(self, one: Throughput, peer: str) -> float:
        """Calls a second as a share of a peer's in the same round: the median over the rounds."""
        pairs = zip(one.rounds, self._of(peer, one.load).rounds, strict=True)
        return median(mine["calls_s"] / theirs["calls_s"] for mine, theirs in pairs)

    def goals(self) -> Iterator[Goal]:
        for one in self.throughputs:
            for peer, limits in LIMITS.items() if one.target == "ours" else ():
                load, noise = one.load, max(one.spread, self._of(peer, one.load).spread)
                what = f"{load.batches.name}, {load.items:,} items, {load.keys} keys: calls/s against {peer}"
                limit = limits[load.batches.name][load.items]
                yield Goal(what, self.ratio(one, peer), limit, at_least=True, noise=noise)
        for one in self.throughputs:
            if one.target == "ours" and one.load.is_fresh:
                known = self._of("ours", replace(one.load, is_fresh=False))
                what = f"{one.load.batches.name}, {one.load.items:,} items: known keys against fresh keys"
                yield Goal(
                    what, one.calls_s / known.calls_s, KNOWN_LIMIT, noise=max(one.spread, known.spread)
                )
        for name, mib in self.known_mib.items():
            yield Goal(f"{name}: memory after load with known keys", mib, MEMORY_LIMIT_MIB, "MiB")

    def _of(self, target: str, load: Load) -> Throughput:
        return next(one for one in self.throughputs if (one.target, one.load) == (target, load))


def run(pace: Pace, steadiness: Steadiness) -> Comparison:
    """Install the peers, start all servers of a contract, and load one after the other, size by size."""
    install()
    throughputs, resident = list[Throughput](), dict[tuple[str, str], float]()
    known = dict[str, float]()
    for contract, batches in _CONTRACTS.items():
        with ExitStack() as stack:
            targets = [
                Target("ours", stack.enter_context(serving(OURS_AND_LEDGER)), f"/{contract}"),
                Target("floor", stack.enter_context(serving(FLOOR)), f"/{contract}"),
                *(
                    Target(name, _peer(stack, command))
                    for name, command in commands(str(SPECS / f"{contract}.yaml")).items()
                ),
            ]
            for is_fresh in (False, True):
                for items in pace.sizes(SIZES):
                    load = Load(batches, items, is_fresh)
                    throughputs += compared(targets, load, pace, steadiness, _UNTIL_COMPILED)
                known.setdefault(batches.name, targets[0].server.resident_mib())
                resident |= {(batches.name, one.name): one.server.resident_mib() for one in targets}
    return Comparison(tuple(throughputs), resident, known)


def _peer(stack: ExitStack, command: Sequence[str]) -> Server:
    return stack.enter_context(serving(command, _QUIET))
