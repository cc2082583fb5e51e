"""Jobs of batches at our own server: each job is asked for, and what it tells is judged.

The lies about items, counts and words of `test_batch_styles.py` are told about jobs too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.wrappers import Json, Planted, Route, changes_document, with_fault
from tests.contract.suite import SEED, held

BATCHES = Path(__file__).parents[2] / "examples" / "batches"
JOB = Route("GET", "/job-with-results/jobs/{}")


def run(name: str, planted: Planted | None = None) -> FindingLedger:
    file = BATCHES / f"{name}.yaml"
    app = create_app(Options(files=(file,), vendors=(name,)))
    served = with_fault(app, planted) if planted else app
    return held(as_ours_keeps_it(load_api(file)), served, name, RunConfig(SEED, 2, shrinks=False), "stateful")


@pytest.mark.parametrize(
    ("change", "check"),
    [({"status": "working"}, "one-outcome-per-item"), ({"total": "many"}, "answers-match-the-spec")],
    ids=["the job never ends", "the job has a word that its schema lacks"],
)
def test_a_lie_about_the_job_itself_is_found(change: Json, check: str) -> None:
    planted = changes_document(JOB, lambda _sent, told: {"job": {**told["job"], **change}})

    assert check in {one.check for one in run("job-with-results", planted).findings}


@pytest.mark.parametrize(
    "name", ["job-with-results", "job-with-counts", "long-running-operation", "job-with-a-file"]
)
def test_a_right_job_has_no_finding_and_its_items_are_judged(name: str) -> None:
    ledger = run(name)

    batch = next(iter(load_api(BATCHES / f"{name}.yaml").spec.operations))
    checks = ("one-outcome-per-item", "outcome-fits-the-item", "bad-items-are-refused", "accepted-are-there")
    assert ledger.findings == []
    assert all(ledger.made[batch, check] > 5 for check in checks)
