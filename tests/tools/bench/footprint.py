"""Start to first answer, first call to an own API, memory, import of the pytest plugin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter, sleep

from tests.tools.bench.batches import VBA
from tests.tools.bench.figures import spread
from tests.tools.bench.goals import Goal
from tests.tools.bench.servers import OURS, OURS_AND_LEDGER, ROOT, Server, serving, starting
from tests.tools.bench.wire import connected, request, timed

START_LIMIT_S, IDLE_LIMIT_MIB, SANDBOXES_LIMIT_MIB = 0.4, 65.0, 50.0
FIRST_CALL_LIMIT_MS = 50.0
"""How much longer the first call to an own API may take than the next one."""

_OWN = ROOT / "examples" / "shop" / "shop.yaml"
_STARTS = 5
_SANDBOXES = 1000
_STATUS = 207
_PATIENCE_S, _POLL_S = 30, 0.005
_IMPORT = (
    "import pytest, time; started = time.perf_counter(); import mockserver.testing.pytest_plugin; "
    "print(time.perf_counter() - started)"
)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Seconds and MiB; `start_s`, `start_cpu_s` and `import_s` have one figure a run.

    `own_calls_ms` are the first and the second call to an own API, in ms, one pair a run.
    """

    start_s: tuple[float, ...]
    start_cpu_s: tuple[float, ...]
    import_s: tuple[float, ...]
    own_calls_ms: tuple[tuple[float, float], ...]
    idle_mib: float
    sandboxes_mib: float

    def figures(self) -> dict[str, object]:
        return {
            "start_to_first_answer_s": median(self.start_s),
            "start_cpu_s": median(self.start_cpu_s),
            "plugin_import_ms": median(self.import_s) * 1000,
            "own_first_call_ms": median(first for first, _ in self.own_calls_ms),
            "own_next_call_ms": median(later for _, later in self.own_calls_ms),
            "idle_mib": self.idle_mib,
            f"{_SANDBOXES}_sandboxes_mib": self.sandboxes_mib,
        }

    def goals(self) -> Iterator[Goal]:
        """Yield the goals; memory does not depend on how busy the machine is."""
        start, noise = median(self.start_cpu_s), spread(self.start_cpu_s)
        yield Goal("CPU from process start to first answer", start, START_LIMIT_S, "s", noise=noise)
        more = tuple(first - later for first, later in self.own_calls_ms)
        yield Goal("first call to an own API, on top of the next", median(more), FIRST_CALL_LIMIT_MS, "ms")
        yield Goal("resident memory, idle", self.idle_mib, IDLE_LIMIT_MIB, "MiB")
        yield Goal("1,000 sandboxes, on top of that", self.sandboxes_mib, SANDBOXES_LIMIT_MIB, "MiB")


def run() -> Footprint:
    """Measure servers that nothing else was sent to."""
    starts, cpu = zip(*(_start_s() for _ in range(_STARTS)), strict=True)
    imports = tuple(_import_s() for _ in range(_STARTS))
    own_calls = tuple(_own_calls_ms() for _ in range(_STARTS))
    with serving(OURS_AND_LEDGER) as ours:
        _first_answer(ours)
        idle = ours.resident_mib()
        with connected(ours.port) as connection:
            for number in range(_SANDBOXES):
                timed(connection, VBA.call(1, 0, headers={"Mock-Sandbox": f"s{number}"}), _STATUS)
        return Footprint(starts, cpu, imports, own_calls, idle, ours.resident_mib() - idle)


def _start_s() -> tuple[float, float]:
    """How long a start takes up to the first answer, and its CPU, that of the stop included."""
    started, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    with starting(OURS) as server:
        _first_answer(server)
        took = perf_counter() - started
    after = getrusage(RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _own_calls_ms() -> tuple[float, float]:
    """How long a call takes to a server that has just begun to listen, and the same call again."""
    call = request("GET", "/shop/orders", {"Accept": "application/json"}, b"")
    with serving((*OURS, str(_OWN))) as server, connected(server.port) as connection:
        return timed(connection, call, 200), timed(connection, call, 200)


def _first_answer(server: Server) -> None:
    """Ask until the server answers.

    Raises:
        SystemExit: it does not, in half a minute.
    """
    call = VBA.call(1, 0)
    end = perf_counter() + _PATIENCE_S
    while perf_counter() < end:
        with suppress(ConnectionRefusedError), connected(server.port) as connection:
            timed(connection, call, _STATUS)
            return
        sleep(_POLL_S)
    raise SystemExit("the server did not answer")


def _import_s() -> float:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
