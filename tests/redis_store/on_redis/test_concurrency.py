from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from time import monotonic  # noqa: TID251 - how long the next worker waits is the machine's time

from mockserver.redis_store.sandbox_copy import LEASE_MS
from mockserver.redis_store.store import RedisStore
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState
from tests.redis_store.on_redis.writer import ITEMS, SANDBOX, SCOPE, TURNS
from tests.support.linearizability import Operation, is_linearizable

WHOLE = os.environ.get("EVERY_CASE") == "1"
HISTORIES = 1000 if WHOLE else 50
KILLS = 50 if WHOLE else 4
CLIENTS = 4
Worker = Callable[[], RedisStore]


def fill(whole: SandboxState) -> None:
    whole.load({SANDBOX_SCOPE: {"settings": {"seed": {"value": 7}}}})


def start(address: str, name: int, work: str, number: int = 0) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.redis_store.on_redis.writer", address, str(name), work, str(number)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command line


def test_what_several_processes_see_of_a_register_happened_one_after_the_other(
    worker: Worker, address: str
) -> None:
    worker().create(SANDBOX, fill)

    running = [start(address, name, "registers", HISTORIES) for name in range(CLIENTS)]
    seen = [json.loads(process.communicate()[0]) for process in running]

    histories = [[Operation(*one) for client in seen for one in client[key]] for key in range(HISTORIES)]
    assert [len(history) for history in histories] == [CLIENTS * TURNS] * HISTORIES
    assert [key for key, history in enumerate(histories) if not is_linearizable(history)] == []


def test_a_worker_that_is_killed_leaves_no_half_batch_and_loses_none(worker: Worker, address: str) -> None:
    store = worker()
    store.create(SANDBOX, fill)
    stored: dict[int, int] = {}
    for name in range(KILLS):
        process, other = start(address, name, "batches"), start(address, KILLS + name, "batches")
        stored[name] = _kill_in_mid_batch(process, 1 + name * 7 % 6)
        stored[KILLS + name] = _kill_in_mid_batch(other, 1)
        began = monotonic()
        store.transact(SANDBOX, SCOPE, lambda state: state.next("after"))
        assert monotonic() - began < LEASE_MS / 1000 + 1

    tables = store.control(SANDBOX, lambda whole: whole.tables())[SCOPE]
    assert list(tables["items"]) == list(tables["lines"])
    kept = Counter(tuple(key.split("-")[:2]) for key in tables["items"])
    assert set(kept.values()) == {ITEMS}
    assert {
        name: tables["sums"][str(name)]["batches"]
        for name in stored
        if tables["sums"][str(name)]["batches"] < stored[name]
    } == {}
    assert len(kept) == sum(one["batches"] for one in tables["sums"].values())


def _kill_in_mid_batch(process: subprocess.Popen[str], batches: int) -> int:
    """Kill a worker after so many batches, and return how many it said are stored."""
    assert process.stdout is not None
    with process:
        said = [int(process.stdout.readline()) for _ in range(batches)]
        process.kill()
        said += [int(line) for line in process.stdout.read().splitlines() if line]
    return max(said)


def test_no_worker_of_a_busy_sandbox_starves(worker: Worker, address: str) -> None:
    worker().create(SANDBOX, fill)

    running = [start(address, name, "batches") for name in range(3)]
    written = [_kill_in_mid_batch(process, 5) for process in running]

    assert min(written) >= 5
