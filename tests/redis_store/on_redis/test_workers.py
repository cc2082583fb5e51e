from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.worker_server import BATCH, STOP_S, WorkerServer, is_alive, serve_workers


@pytest.fixture(scope="module")
def server(
    new_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerServer]:
    """A server of two workers, for tests that leave both alive."""
    folder = tmp_path_factory.mktemp("workers")
    with serve_workers(new_address(), folder / "log") as served:
        yield served


def test_all_workers_show_one_world(server: WorkerServer) -> None:
    server.until_answered_by(2)

    said = [server.put(100 + turn // 2) for turn in range(40)]

    assert said == [[201], [200]] * 20


def test_calls_are_numbered_by_one_journal(server: WorkerServer) -> None:
    server.until_answered_by(2)

    journal = server.call("GET", "/_mock/sandboxes/default/journal?last=10000").json()

    numbers = [entry["number"] for entry in journal]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(server.log_of(len(numbers)))


def test_metrics_count_the_calls_of_all_workers(server: WorkerServer) -> None:
    server.until_answered_by(2)

    metrics = server.call("GET", "/_mock/metrics").json()

    calls = metrics["vendors"]["vba"]["calls"]
    assert calls == metrics["journalEntries"] == len(server.log_of(calls))


def test_a_log_line_names_worker_and_call(server: WorkerServer) -> None:
    answer = server.call("PUT", BATCH, [{"invoice_Key": 7}])

    number = int(answer.headers["mock-journal"])
    (line,) = (one for one in server.log_of(number) if one["number"] == number)
    assert line["worker"] in server.workers()


def test_an_open_page_hears_of_the_calls_of_all_workers(server: WorkerServer) -> None:
    server.until_answered_by(2)
    with httpx.stream("GET", f"{server.url}/_console/events", timeout=20) as stream:
        lines = stream.iter_lines()
        heard = 0
        while heard < 2:
            said = next(lines)
            if said.startswith("data") and "server" in said:
                before = server.workers()
                server.until_answered_by(2)
                assert before == server.workers()
            if found := re.search(r'"default":(\d+)', said):
                heard = max(heard, int(found[1]))

    assert heard > 1


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(address: str, tmp_path: Path) -> None:
    with serve_workers(address, tmp_path / "log") as served:
        served.until_answered_by(2)
        served.put(41)
        victim = min(served.workers())

        served.kill(victim)
        said = _until_answered(served, 41)

        assert said == [200]
        assert victim not in served.until_answered_by(2)


def _until_answered(server: WorkerServer, key: int) -> list[int]:
    """Put an invoice again while the connection goes to the worker that is gone."""
    for _ in range(100):
        try:
            return server.put(key)
        except httpx.TransportError:
            continue
    pytest.fail("nobody answers")


def test_a_stop_ends_all_workers_with_their_calls(address: str, tmp_path: Path) -> None:
    with serve_workers(address, tmp_path / "log") as served:
        served.until_answered_by(2)
        workers = served.workers()

        served.process.terminate()
        served.process.wait(STOP_S)

        assert [worker for worker in workers if is_alive(worker)] == []
