"""Kill workers and the store under load, and see that nothing is lost: `python -m tests.tools.harden.kills`.

`--kills N` (100) ends a worker and the store in turn while batches with idempotency keys are open, some of
them slow; `--names N` (1000) deletes and makes one sandbox again and again, both at once. Prints a table.
Exit status: 0 all held, 1 not.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic, sleep  # noqa: TID251 - how long a key is in the way is the machine's time
from typing import Any

import httpx

from tests.support.redis_server import RedisServer, redis_server
from tests.support.worker_server import BATCH, WorkerServer, serve_workers

WORKERS, WRITERS, OPEN, ITEMS, MAKERS = 3, 2, 6, 10, 3
USABLE_S = 3.0
"""How long after a kill every key is usable again."""

GIVE_UP_S = 30.0
_PAUSE_S = 0.02
_KEPT = ("--appendonly", "yes", "--appendfsync", "always")
_SANDBOX = "/_mock/sandboxes/default"
_LATE = {"type": "fixed", "value": 1500}
_SCENARIOS: dict[str, Any] = {
    "late": {"response": {"delay": _LATE}},
    "hangs": {"items": [{"select": {"index": 0}, "effect": {"hang": 1500}}]},
}
_STORED, _AGAIN = 201, 200
_AGAIN_NAME = "again"


@dataclass(slots=True)
class Batch:
    """Items under a key of their own, and what became of the call.

    At `in_the_way_at` the key was last told to be in use, at `usable_at` the call was answered.
    """

    number: int
    scenario: str = ""
    statuses: list[int] = field(default_factory=list)
    in_the_way_at: float = 0.0
    usable_at: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def keys(self) -> range:
        """The keys of the items."""
        return range(self.number * ITEMS, (self.number + 1) * ITEMS)

    @property
    def stored(self) -> set[int]:
        """The keys of those that the answer says are stored."""
        return {key for key, status in zip(self.keys, self.statuses, strict=True) if status == _STORED}


@dataclass(slots=True)
class Figures:
    """What was seen, and what must not be."""

    seen: dict[str, float] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield the table, one figure a line."""
        for name, figure in (*self.seen.items(), *self.wrong.items()):
            yield f"| {name} | {round(figure, 2):,} |"


class KillTrial:
    """Batches that go on while something is killed."""

    def __init__(self, server: WorkerServer, store: RedisServer, figures: Figures) -> None:
        self._server, self._store, self._figures = server, store, figures
        self._numbers = count(1000)  # fixtures have lower keys
        self._batches: list[Batch] = []

    def run(self, kills: int) -> None:
        """Kill a worker and the store in turn, then compare what is stored with what was answered."""
        seen, wrong = self._figures.seen, self._figures.wrong
        for number in range(kills):
            name, kill = (("worker", self._kill_worker), ("store", self._restart_store))[number % 2]
            in_the_way, usable = self._round(kill)
            took = (("last 409", in_the_way), ("all calls answered", usable))
            words = ", ".join(f"{what} after {seconds:.2f} s" for what, seconds in took)
            print(f"kill {number + 1} of {kills}, of a {name}: {words}", flush=True)
            for what, seconds in took:
                figure = f"{what} after the kill of a {name}, worst, s"
                seen[figure] = max(seconds, seen.get(figure, 0.0))
            wrong[f"{name}: keys in the way after {USABLE_S:.0f} s"] += in_the_way > USABLE_S
        self._compare()

    def _round(self, kill: Callable[[], float]) -> tuple[float, float]:
        """Kill with calls open; how long after it the last key was in the way, and the last call answered."""
        self._server.until_answered_by(2)
        over = Event()
        with ThreadPoolExecutor(WRITERS + OPEN) as pool:
            writers = [pool.submit(self._write, over) for _ in range(WRITERS)]
            opened = [pool.submit(self._send, scenario) for scenario in list(_SCENARIOS) * (OPEN // 2)]
            try:
                self._until_open(opened)
                killed_at = kill()
                ended = [future.result() for future in opened]
            finally:
                over.set()
            for future in writers:
                ended += future.result()
        self._batches += ended
        in_the_way_at = max(killed_at, *(batch.in_the_way_at for batch in ended))
        return in_the_way_at - killed_at, max(batch.usable_at for batch in ended) - killed_at

    def _write(self, over: Event) -> list[Batch]:
        written = []
        while not over.is_set():
            written.append(self._send(""))
        return written

    def _send(self, scenario: str) -> Batch:
        """Send a batch, and again under its key until its answer is there."""
        batch = Batch(next(self._numbers), scenario)
        self._call(batch, scenario)
        gives_up = monotonic() + GIVE_UP_S
        while not self._call(batch) and monotonic() < gives_up:
            sleep(_PAUSE_S)
        batch.usable_at = monotonic()
        return batch

    def _call(self, batch: Batch, scenario: str = "") -> bool:
        headers = {"Idempotency-Key": f"k{batch.number}", **({"Mock-Scenario": scenario} if scenario else {})}
        body = [{"invoice_Key": key, "payee_ID": "P100"} for key in batch.keys]
        try:
            answer = self._server.call("PUT", BATCH, body, headers)
        except httpx.TransportError:
            batch.refused["no answer"] += 1
            return False
        if answer.status_code != httpx.codes.MULTI_STATUS:
            batch.refused[str(answer.status_code)] += 1
            if answer.status_code == httpx.codes.CONFLICT:
                batch.in_the_way_at = monotonic()
            return False
        statuses = [item["status"] for item in answer.json()["data"]]
        if batch.statuses and statuses != batch.statuses:
            batch.refused["another answer under the same key"] += 1
        batch.statuses = statuses
        return True

    def _until_open(self, opened: list[Future[Batch]]) -> None:
        """Wait until most of the calls are open, beside those of the writers."""
        while not all(future.done() for future in opened):
            metrics = self._server.control("/metrics")
            if metrics["vendors"]["vba"]["openCalls"] >= WRITERS + OPEN // 2:
                return

    def _kill_worker(self) -> float:
        self._server.kill(min(self._server.living()))
        return monotonic()

    def _restart_store(self) -> float:
        self._store.kill()
        killed_at = monotonic()
        sleep(2 * _PAUSE_S * ITEMS)
        self._store.start()
        return killed_at

    def _compare(self) -> None:
        seen, wrong = self._figures.seen, self._figures.wrong
        refused = sum((batch.refused for batch in self._batches), Counter())
        seen["batches"] = len(self._batches)
        seen |= {f"answers {name}": refused.pop(name, 0) for name in ("no answer", "409", "503")}
        wrong.update({f"answers {name}": number for name, number in refused.items()})
        found = self._stored_keys()
        answered = [batch for batch in self._batches if batch.statuses]
        seen["items acknowledged"] = sum(len(batch.stored) for batch in answered)
        wrong["keys never usable"] = len(self._batches) - len(answered)
        wrong["items acknowledged and lost"] = sum(len(batch.stored - found) for batch in answered)
        wrong["batches torn"] = sum(bool(set(batch.keys) & found - batch.stored) for batch in answered)
        wrong["batches done twice"] = sum(_AGAIN in batch.statuses for batch in answered)

    def _stored_keys(self) -> set[int]:
        dump = self._server.control("/sandboxes/default/dump?vendor=vba")
        return {int(key) for key in dump["vba/sandbox"]["claim-invoices"]}


class NameTrial:
    """One name of a sandbox that is deleted and made anew at the same moment."""

    def __init__(self, server: WorkerServer, figures: Figures) -> None:
        self._server, self._figures = server, figures

    def run(self, times: int) -> None:
        """Delete it and make it, and see whether it is listed, with a journal from 1."""
        wrong = self._figures.wrong
        wrong.update({"names in no list": 0, "journals not numbered from 1": 0, "entries lost": 0})
        with ThreadPoolExecutor(2 * MAKERS) as pool:
            for number in range(times):
                together = [pool.submit(work) for work in (self._make, self._delete) * MAKERS]
                wrong.update(wrong_answer for one in together if (wrong_answer := one.result()))
                self._look(self._put(), wrong)
                if number % 100 == 99:
                    print(f"name {number + 1} of {times}", flush=True)
        self._figures.seen["names deleted and made anew"] = times

    def _delete(self) -> str:
        status = self._server.call("DELETE", f"/_mock/sandboxes/{_AGAIN_NAME}").status_code
        return "" if status in (204, 404) else f"answers {status} to a delete"

    def _make(self) -> str:
        answer = self._put()
        if answer.status_code == httpx.codes.MULTI_STATUS:
            return ""
        return f"answers {answer.status_code} to a call meanwhile: {answer.headers.get('mock-reason')}"

    def _put(self) -> httpx.Response:
        return self._server.call("PUT", f"/sandboxes/{_AGAIN_NAME}{BATCH}", [{"invoice_Key": 1}])

    def _look(self, last: httpx.Response, wrong: Counter[str]) -> None:
        number = int(last.headers.get("mock-journal", 0))
        listed = [one["name"] for one in self._server.control("/sandboxes")]
        wrong["names in no list"] += _AGAIN_NAME not in listed
        journal = self._server.control(f"/sandboxes/{_AGAIN_NAME}/journal?last=100")
        numbers = [entry["number"] for entry in journal]
        wrong["journals not numbered from 1"] += numbers != list(range(1, len(numbers) + 1))
        wrong["entries lost"] += number not in numbers


@contextmanager
def served(folder: Path) -> Iterator[tuple[WorkerServer, RedisServer]]:
    """Yield workers and their store, which writes everything down."""
    with redis_server(folder, *_KEPT) as store, serve_workers(store.url, folder / "log", WORKERS) as server:
        yield server, store


def main(kills: int, names: int) -> int:
    """Run both trials, print the figures, and return the exit status."""
    figures = Figures()
    with TemporaryDirectory(prefix="kills-") as folder, served(Path(folder)) as (server, store):
        server.call("PATCH", f"{_SANDBOX}/assumptions", {"vba.idempotency_keys": "on"}).raise_for_status()
        for name, rule in _SCENARIOS.items():
            document = {"version": 1, "name": name, "rules": [{"id": "slow", **rule}]}
            server.call("PUT", f"{_SANDBOX}/scenarios/{name}?armed=false", document).raise_for_status()
        figures.seen["kills"] = kills
        KillTrial(server, store, figures).run(kills)
        NameTrial(server, figures).run(names)
    print("\n".join(figures.lines()))
    held = not any(figures.wrong.values())
    print("all held" if held else "NOT all held")
    return 0 if held else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--names", type=int, default=1000)
    chosen = parser.parse_args()
    sys.exit(main(chosen.kills, chosen.names))
