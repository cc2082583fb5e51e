"""`make bench-any`: start and memory for generated OpenAPI files of several sizes, ours and Prism in turns.

Exit code 1 if a goal was missed on a quiet machine. `QUICK=1` takes three rounds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from tests.tools.bench.figures import spread
from tests.tools.bench.generated_file import text_of
from tests.tools.bench.goals import Goal, Judgement
from tests.tools.bench.peers.installation import FOLDER, install
from tests.tools.bench.servers import OURS, Server, starting
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import answered, connected, request, status_of

JUDGED = "1,000 operations"
START_LIMIT_S, ON_TOP_LIMIT_MIB = 1.5, 100.0
_SIZES = {"10 operations": (10, 6), "100 operations": (100, 6), JUDGED: (1000, 6), "25,000 lines": (250, 74)}
_PATIENCE_S, _POLL_S, _TERMINATED = 60, 0.005, 143
_PRISM = (str(FOLDER / "node_modules" / ".bin" / "prism"), "mock", "-h", "127.0.0.1", "-v", "silent")


@dataclass(frozen=True, slots=True)
class Target:
    """How a server is started, the path of its first call and the answer's status; what each start took."""

    name: str
    command: Sequence[str]
    path: str
    status: int = 200
    start_s: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    pss_mib: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Start it, call it until it answers, and end it."""
        started = perf_counter()
        with starting(self.command) as server:
            self._call(server, started + _PATIENCE_S)
            self.start_s.append(perf_counter() - started)
            self.rss_mib.append(server.resident_mib())
            self.pss_mib.append(_pss_mib(server))

    def _call(self, server: Server, end: float) -> None:
        while perf_counter() < end:
            with suppress(ConnectionRefusedError), connected(server.port) as connection:
                answer = answered(connection, request("GET", self.path, {}, b""))
                if status_of(answer) != self.status:
                    raise SystemExit(f"{self.name}: {self.status} was expected: {answer[:500]!r}")
                return
            sleep(_POLL_S)
        raise SystemExit(f"{self.name}: nothing answered")

    def row(self, base: Target) -> str:
        start, rss, pss = map(median, (self.start_s, self.rss_mib, self.pss_mib))
        more_s, more_mib = start - median(base.start_s), rss - median(base.rss_mib)
        return f"{self.name:<42} {start:>7.2f} {more_s:>7.2f} {rss:>8.0f} {more_mib:>7.0f} {pss:>8.0f}"


def main() -> int:
    """Measure, print the table, judge."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that the servers end too
    install()
    steadiness = Steadiness()
    base = Target("ours without a file", (*OURS, "--vendor", "payt"), "/payt/v1/invoices", status=401)
    with TemporaryDirectory() as folder:
        ours, prism = _targets(Path(folder))
        rows = [base, *ours.values(), *prism.values()]
        for _ in range(3 if os.environ.get("QUICK") else 7):
            for target in rows:
                steadiness.sample()
                target.measure()
    print(f"{'':<42} {'start s':>7} {'on top':>7} {'RSS MiB':>8} {'on top':>7} {'PSS MiB':>8}")
    print(*(one.row(base) for one in rows), "", sep="\n")
    judgement = Judgement(tuple(_goals(base, ours, prism)), steadiness.swing)
    print(*judgement.lines(), sep="\n")
    return judgement.exit_code


def _targets(folder: Path) -> tuple[Mapping[str, Target], Mapping[str, Target]]:
    """Ours and Prism, by size."""
    ours, prism = {}, {}
    for number, (size, (operations, members)) in enumerate(_SIZES.items()):
        file, text = folder / f"file{number}.yaml", text_of(operations, members)
        file.write_text(text, encoding="utf-8")
        what = f"{operations:,} operations in {len(text.splitlines()):,} lines"
        ours[size] = Target(f"ours, {what}", (*OURS, str(file), "--vendor", file.stem), f"/{file.stem}/kind0")
        prism[size] = Target(f"Prism, {what}", (*_PRISM, str(file)), "/kind0")
    return ours, prism


def _pss_mib(server: Server) -> float:
    """The memory with what is shared divided by those that share it; 0 where /proc does not tell."""
    with suppress(OSError):
        told = Path(f"/proc/{server.process}/smaps_rollup").read_text(encoding="ascii")
        return int(told.partition("\nPss:")[2].split()[0]) / 1024
    return 0.0


def _goals(base: Target, ours: Mapping[str, Target], prism: Mapping[str, Target]) -> Iterator[Goal]:
    judged = ours[JUDGED]
    memory = median(judged.rss_mib) - median(base.rss_mib)
    yield Goal(f"start, {JUDGED}", median(judged.start_s), START_LIMIT_S, "s", noise=spread(judged.start_s))
    yield Goal(f"memory, {JUDGED}, on top of the bare server", memory, ON_TOP_LIMIT_MIB, "MiB")
    for size, one in ours.items():
        # Rounds are pairs, so that a drifting machine harms both alike.
        shares = [mine / theirs for mine, theirs in zip(one.start_s, prism[size].start_s, strict=True)]
        yield Goal(f"start, {size}, against Prism", median(shares), 1.0, noise=spread(shares))


if __name__ == "__main__":
    raise SystemExit(main())
