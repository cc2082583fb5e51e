from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

BATCH = "/vba/claim-invoice-batch"
HEADERS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
STOP_S = 20


class Server:
    """Two workers on one address."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Make a call on a connection of its own, which any worker may take."""
        with httpx.Client(base_url=self.url, headers=HEADERS, timeout=20) as client:
            return client.request(method, path, json=body)

    def put(self, *keys: int) -> list[int]:
        """Put invoices, and return the status of each."""
        answer = self.call("PUT", BATCH, [{"invoice_Key": key, "payee_ID": "P100"} for key in keys])
        assert answer.status_code == 207, answer.text
        return [item["status"] for item in answer.json()["data"]]

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the log so far."""
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines() if line[:1] == "{"]

    def workers(self) -> set[int]:
        """Return the workers that have answered calls."""
        return {line["worker"] for line in self.log() if "worker" in line}


@contextmanager
def serve(address: str, log: Path) -> Iterator[Server]:
    words = ["run", "--port", "0", "--print-url", "--log", "json", "--store", address, "--workers", "2"]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "mockserver", *words], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield Server(process, process.stdout.readline().strip().rstrip("/"), log)
        finally:
            process.terminate()
            process.wait(STOP_S)


@pytest.fixture(scope="module")
def server(new_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two workers, for tests that leave both alive."""
    folder = tmp_path_factory.mktemp("workers")
    with serve(new_address(), folder / "log") as served:
        yield served


def until_both_answered(server: Server) -> None:
    """Call until each worker has had a call."""
    for _ in range(500):
        server.put(1)
        if len(server.workers()) > 1:
            return
    pytest.fail("only one worker answers")


def test_all_workers_show_one_world(server: Server) -> None:
    until_both_answered(server)

    said = [server.put(100 + turn // 2) for turn in range(40)]

    assert said == [[201], [200]] * 20


def test_calls_are_numbered_by_one_journal(server: Server) -> None:
    until_both_answered(server)

    journal = server.call("GET", "/_mock/sandboxes/default/journal?last=10000").json()

    numbers = [entry["number"] for entry in journal]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(server.log())


def test_metrics_count_the_calls_of_all_workers(server: Server) -> None:
    until_both_answered(server)

    metrics = server.call("GET", "/_mock/metrics").json()

    assert metrics["vendors"]["vba"]["calls"] == len(server.log()) == metrics["journalEntries"]


def test_a_log_line_names_worker_and_call(server: Server) -> None:
    server.put(7)

    line = server.log()[-1]

    assert (line["worker"] in server.workers(), line["number"]) == (True, len(server.log()))


def test_an_open_page_hears_of_the_calls_of_all_workers(server: Server) -> None:
    until_both_answered(server)
    with httpx.stream("GET", f"{server.url}/_console/events", timeout=20) as stream:
        lines = stream.iter_lines()
        heard = 0
        while heard < 2:
            said = next(lines)
            if said.startswith("data") and "server" in said:
                before = server.workers()
                until_both_answered(server)
                assert before == server.workers()
            if found := re.search(r'"default":(\d+)', said):
                heard = max(heard, int(found[1]))

    assert heard > 1


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(address: str, tmp_path: Path) -> None:
    with serve(address, tmp_path / "log") as served:
        until_both_answered(served)
        served.put(41)
        victim = min(served.workers())

        os.kill(victim, signal.SIGKILL)
        said = _until_answered(served, 41)

        assert said == [200]
        before = served.workers()
        for _ in range(2000):
            served.put(42)
            if served.workers() - before:
                break
        assert served.workers() - before, "no new worker answers"


def _until_answered(server: Server, key: int) -> list[int]:
    """Put an invoice again while the connection goes to the worker that is gone."""
    for _ in range(100):
        try:
            return server.put(key)
        except httpx.TransportError:
            continue
    pytest.fail("nobody answers")


def test_a_stop_ends_all_workers_with_their_calls(address: str, tmp_path: Path) -> None:
    with serve(address, tmp_path / "log") as served:
        until_both_answered(served)
        workers = served.workers()

        served.process.terminate()
        served.process.wait(STOP_S)

        assert [worker for worker in workers if _is_alive(worker)] == []


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
