"""How fast workers write to one store: `python -m tests.redis_store.speed [SECONDS]`.

Batches of 100 invoices that update records with existing keys, by one worker and by four: all in one sandbox,
and each in its own. Prints a table; `make bench-redis` starts the Redis.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from mockserver.redis_store.addresses import parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.store import RedisStore
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, SandboxState
from tests.support.redis_server import redis_server

SCOPE, ITEMS, WORKERS = "acme/t", 100, 4
SECONDS = 5.0
_LINES = [{"number": at, "text": "Consulting, first week of the month", "amount": 120.5} for at in range(4)]


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one run: batches of each worker, and how many milliseconds each batch took, sorted."""

    batches: Sequence[int]
    times_ms: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Batches a second."""
        return sum(self.batches) / self.seconds

    @property
    def fairness(self) -> float:
        """Batches of the unluckiest worker for each of the luckiest."""
        return min(self.batches) / max(self.batches)

    def percentile(self, percent: int) -> float:
        """Return the time within which so many of a hundred batches were stored, in milliseconds."""
        return self.times_ms[min(len(self.times_ms) - 1, len(self.times_ms) * percent // 100)]


def main(seconds: float) -> None:
    """Measure and print."""
    with TemporaryDirectory(prefix="redis-") as folder, redis_server(Path(folder)) as server:
        alone = _run(server.url, ["one"], seconds)
        shared = _run(server.url, ["shared"] * WORKERS, seconds)
        own = _run(server.url, [f"own-{number}" for number in range(WORKERS)], seconds)
    print("| workers | batches/s | to one worker | fewest/most | p50 ms | p99 ms |")  # noqa: T201
    print("|---|---|---|---|---|---|")  # noqa: T201
    for name, run in (("1", alone), ("4, one sandbox", shared), ("4, own sandboxes", own)):
        print(  # noqa: T201
            f"| {name} | {run.rate:,.0f} | {run.rate / alone.rate:.2f} | {run.fairness:.2f} "
            f"| {run.percentile(50):.1f} | {run.percentile(99):.1f} |"
        )


def _run(url: str, sandboxes: Sequence[str], seconds: float) -> Run:
    for name in dict.fromkeys(sandboxes):
        RedisStore(RedisConnection(parse_address(url))).create(name, _fill)
    command = [sys.executable, "-m", "tests.redis_store.speed", url]
    running = [
        subprocess.Popen(  # noqa: S603 - our own command line
            [*command, name, str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in sandboxes
    ]
    for process in running:
        _line_of(process)
    for process in running:
        assert process.stdin is not None
        process.stdin.write("begin\n")
        process.stdin.flush()
    times = [json.loads(_line_of(process)) for process in running]
    for process in running:
        process.communicate()
    return Run([len(one) for one in times], sorted(time for one in times for time in one), seconds)


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _fill(whole: SandboxState) -> None:
    invoices = {f"{at:05}": {"id": at, "lines": _LINES} for at in range(ITEMS)}
    whole.load({SANDBOX_SCOPE: {"settings": {"seed": {"value": 1}}}, SCOPE: {"invoices": invoices}})


def write(url: str, sandbox: str, seconds: float) -> None:
    """Write batches for so long, and print the milliseconds that each took."""
    store = RedisStore(RedisConnection(parse_address(url)))
    store.control(sandbox, lambda _whole: None)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    times: list[float] = []
    ends = perf_counter() + seconds
    while (began := perf_counter()) < ends:
        store.transact(sandbox, SCOPE, partial(_update, f"{os.getpid()}-{len(times)}"))
        times.append(round((perf_counter() - began) * 1000, 3))
    print(json.dumps(times), flush=True)  # noqa: T201


def _update(turn: str, state: CallState) -> None:
    invoices = state.collection("invoices")
    for at in range(ITEMS):
        with state.item():
            key = f"{at:05}"
            held: Any = invoices[key]
            invoices[key] = {**held, "turn": turn, "note": "updated"}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        write(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
