"""Sixteen connections at once, the client a process of its own: calls a second of each server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.support.debian_packages import see_that_there_is
from tests.tools.bench.against_floor import SUBJECTS
from tests.tools.bench.batches import Batches
from tests.tools.bench.figures import spread
from tests.tools.bench.proof import control
from tests.tools.bench.rounds import Pace
from tests.tools.bench.servers import Server
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import HOST, connected, timed

CONNECTIONS = 16
SIZES = (1, 100, 1000)
FRESH: Mapping[int, int] = {1: 9000, 100: 2500, 1000: 350}
"""Calls of a round with keys that are new, by the size of the batch: more than ours answers in a second."""

_KNOWN_CALLS = 48
_ROUNDS = 3
_STATUS = 207
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load; `prefix` stands before the path of the contract there."""

    name: str
    server: Server
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """Batches of a size, with keys that are new in each round, or that the server knows."""

    batches: Batches
    items: int
    is_fresh: bool = False

    @property
    def keys(self) -> str:
        return "fresh" if self.is_fresh else "known"

    def calls(self, prefix: str) -> list[bytes]:
        path = f"{prefix}/{self.batches.path.split('/', 2)[2]}"
        batches = replace(self.batches, path=path)
        number = FRESH[self.items] if self.is_fresh else _KNOWN_CALLS
        return [batches.call(self.items, turn * self.items) for turn in range(number)]


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one server did: figures of each round."""

    target: str
    load: Load
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
        """What the report says of it; `generator` is the share of a core that the load generator took."""
        return {
            "server": self.target,
            "batches": self.load.batches.name,
            "items": self.load.items,
            "keys": self.load.keys,
            "connections": CONNECTIONS,
            "calls_s": self.calls_s,
            "items_s": self.calls_s * self.load.items,
            "p50": self.median_of("p50"),
            "p99": self.median_of("p99"),
            "spread": self.spread,
            "generator": self.median_of("generator"),
        }


def run(ours: Server, floor: Server, pace: Pace, steadiness: Steadiness) -> Iterator[Throughput]:
    """Yield what our server and the floor do, for VBA and the vendors by spec alone."""
    for batches in SUBJECTS:
        prefix = f"/{batches.path.split('/')[1]}"
        targets = [Target("floor", floor, prefix), Target("ours", ours, prefix)]
        for items in pace.sizes(SIZES):
            yield from compared(targets, Load(batches, items), pace, steadiness)


def compared(
    targets: Sequence[Target], load: Load, pace: Pace, steadiness: Steadiness, rounds_before: int = 1
) -> Iterator[Throughput]:
    """Yield the throughput of each server, measured in turns; the first rounds are left uncounted.

    Raises SystemExit: a call is not answered as it must be.
    """
    rounds: dict[str, list[Mapping[str, float]]] = {one.name: [] for one in targets}
    with TemporaryDirectory() as folder:
        files: dict[str, Path] = {}
        for at, prefix in enumerate({one.prefix for one in targets}):
            calls, files[prefix] = load.calls(prefix), Path(folder, f"calls-{at}")
            write_calls(calls, files[prefix])
            for target in (one for one in targets if one.prefix == prefix):
                with connected(target.server.port) as connection:
                    timed(connection, calls[0], _STATUS)
        for turn in range(rounds_before + _ROUNDS):
            for target in targets if turn % 2 else targets[::-1]:
                steadiness.sample()
                if target.name == "ours" and load.is_fresh:
                    control(target.server.port, "POST", "/default/reset")
                rounds[target.name].append(loaded(target, load, files[target.prefix], pace.seconds))
    for target in targets:
        yield Throughput(target.name, load, tuple(rounds[target.name][rounds_before:]))


def write_calls(calls: Iterable[bytes], file: Path) -> None:
    """Write calls as the load generator's script reads them."""
    file.write_bytes(b"".join(b"%d\n%b" % (len(call), call) for call in calls))


def generator() -> str:
    """The path of wrk, which is installed if it may be. Raises SystemExit: it is not there."""
    if see_that_there_is("load generator", "wrk", ("wrk",), "bench", lambda: shutil.which("wrk")):
        raise SystemExit(1)
    return str(shutil.which("wrk"))


def loaded(target: Target, load: Load, file: Path, seconds: float) -> Mapping[str, float]:
    """One round of load. Raises SystemExit: a call was not answered as it must be."""
    port = target.server.port
    command = [generator(), "--latency", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    command += ["-s", str(_SCRIPT), f"http://{HOST}:{port}", "--", str(file)]
    before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    after, took = getrusage(RUSAGE_CHILDREN), perf_counter() - began
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1]) if not done.returncode else {}
    if not figures or figures["failed"]:
        raise SystemExit(f"{target.name}, {load.items} items: {figures or done.stderr.strip()}")
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**figures, "generator": busy / took}
