from __future__ import annotations

import pytest

from mockserver.control.cases.runs import MAX_RUNS, CaseRuns, UnknownRunError


def test_runs_are_numbered_from_one() -> None:
    runs = CaseRuns()

    assert [runs.add({"passed": True})["run"], runs.add({"passed": False})["run"]] == [1, 2]
    assert runs.find(2) == {"run": 2, "passed": False}


def test_the_oldest_runs_are_dropped() -> None:
    runs = CaseRuns()
    for _ in range(MAX_RUNS + 1):
        runs.add({})

    with pytest.raises(UnknownRunError):
        runs.find(1)
    assert runs.find(MAX_RUNS + 1)
