"""Sixteen connections at once, the client in a process of its own: calls a second of each server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.tools.bench.against_floor import SUBJECTS
from tests.tools.bench.batches import LEDGER, Batches
from tests.tools.bench.figures import spread
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import ROOT, Server
from tests.tools.bench.steadiness import Steadiness

CONNECTIONS = 16
SIZES = (1, 100, 1000)
_BATCHES_OF_A_CONNECTION = 3
_ROUNDS = 3
_STATUS = 207


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load; `prefix` stands before the path of the contract there."""

    name: str
    server: Server
    batches: Batches


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one server did: figures of each round."""

    target: str
    batches: str
    items: int
    rounds: tuple[Mapping[str, float], ...]

    def median_of(self, figure: str) -> float:
        return median(one[figure] for one in self.rounds)

    @property
    def calls_s(self) -> float:
        return self.median_of("calls_s")

    @property
    def spread(self) -> float:
        return spread([one["calls_s"] for one in self.rounds])

    def figures(self) -> dict[str, object]:
        """What the report says of it."""
        return {
            "server": self.target,
            "batches": self.batches,
            "items": self.items,
            "connections": CONNECTIONS,
            "calls_s": self.calls_s,
            "items_s": self.calls_s * self.items,
            "p50": self.median_of("p50"),
            "p99": self.median_of("p99"),
            "spread": self.spread,
        }


def run(ours: Server, floor: Server, pace: Pace, steadiness: Steadiness) -> Iterator[Throughput]:
    """Yield what our server and the floor do, for VBA and the vendor by spec alone."""
    for batches in SUBJECTS:
        targets = [Target("floor", floor, batches), Target("ours", ours, batches)]
        for items in pace.sizes(SIZES):
            yield from compared(targets, items, pace, steadiness)


def without_mount(batches: Batches) -> Batches:
    """The same batches for a server that serves one contract at its root."""
    return replace(batches, path=f"/{batches.path.split('/', 2)[2]}")


def compared(
    targets: Sequence[Target], items: int, pace: Pace, steadiness: Steadiness, rounds_before: int = 0
) -> Iterator[Throughput]:
    """Yield the throughput of each server, measured in turns; the first rounds may be left uncounted."""
    rounds: dict[str, list[Mapping[str, float]]] = {one.name: [] for one in targets}
    for turn in range(rounds_before + _ROUNDS):
        for target in targets if turn % 2 else targets[::-1]:
            steadiness.sample()
            rounds[target.name].append(_loaded(target, items, pace.seconds))
    for target in targets:
        yield Throughput(target.name, target.batches.name, items, tuple(rounds[target.name][rounds_before:]))


def _loaded(target: Target, items: int, seconds: float) -> Mapping[str, float]:
    """One round of load.

    Raises:
        SystemExit: a call was not answered as it must be.
    """
    with _calls_in_files(target.batches, items) as files:
        done = subprocess.run(  # noqa: S603 - our own words
            [
                sys.executable,
                "-m",
                "tests.tools.bench.load",
                str(target.server.port),
                str(seconds),
                str(_STATUS),
            ],
            input=json.dumps(files),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{target.name}, {items} items, {CONNECTIONS} connections: {done.stderr.strip()}")
    figures: Mapping[str, float] = json.loads(done.stdout)
    return figures


@contextmanager
def _calls_in_files(batches: Batches, items: int) -> Iterator[list[list[str]]]:
    """The calls of each connection: keys of its own, the same few batches over and over."""
    with TemporaryDirectory() as folder:
        yield [
            [
                _written(Path(folder, f"{line}-{turn}"), batches.call(items, (line * 10 + turn) * items))
                for turn in range(_BATCHES_OF_A_CONNECTION)
            ]
            for line in range(CONNECTIONS)
        ]


def _written(file: Path, call: bytes) -> str:
    file.write_bytes(call)
    return str(file)


PEER_BATCHES = without_mount(LEDGER)
