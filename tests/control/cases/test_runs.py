from __future__ import annotations

from mockserver.control.cases.runs import MAX_RUNS, MemoryCaseRuns


def test_runs_are_numbered_from_one() -> None:
    runs = MemoryCaseRuns()

    assert [runs.add({"passed": True})["run"], runs.add({"passed": False})["run"]] == [1, 2]
    assert runs.find(2) == {"run": 2, "passed": False}


def test_the_oldest_runs_are_dropped() -> None:
    runs = MemoryCaseRuns()
    for _ in range(MAX_RUNS + 1):
        runs.add({})

    assert runs.find(1) is None
    assert runs.find(MAX_RUNS + 1) is not None


def test_one_run_at_a_time_is_in_a_sandbox() -> None:
    runs = MemoryCaseRuns()

    with runs.claim("a") as first, runs.claim("a") as second, runs.claim("b") as other:
        assert (first, second, other) == (True, False, True)
    with runs.claim("a") as later:
        assert later
