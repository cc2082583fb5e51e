"""Lies about the jobs of batches: a quick run asks for each job, and finds them in what the job tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    WrappedRequest,
    WrappedResponse,
    changes_document,
    changes_response,
    with_fault,
)
from tests.contract.suite import SEED, held

BATCHES = Path(__file__).parents[2] / "examples" / "batches"
QUICK = RunConfig(SEED, 2, shrinks=False)
ROWS = Route("GET", "/job-with-results/jobs/{}")
COUNTS = Route("GET", "/job-with-counts/article-jobs/{}")
OPERATION = Route("GET", "/long-running-operation/operations/{}")
RUN, FILE = (Route("GET", f"/job-with-a-file/runs/{{}}{end}") for end in ("", "/results"))


def rows(change: Callable[[list[Json]], list[Json]]) -> Planted:
    def changed(_sent: Json, told: Json) -> Json:
        job = told["job"]
        return {"job": {**job, "results": change(job["results"])}} if job.get("results") else told

    return changes_document(ROWS, changed)


def ended(told: Json, **members: Json) -> Json:
    data = told["data"]
    return {"data": {**data, **members}} if data["status"] == "complete" else told


def without_a_line(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    lines = received.body.splitlines(keepends=True)
    headers = {name: text for name, text in received.headers.items() if name != "content-length"}
    return WrappedResponse(received.status, headers, b"".join(lines[1:])) if received.good else received


LIES: dict[str, tuple[str, Planted, str]] = {
    "a refused item is told as created": (
        "job-with-results",
        rows(lambda told: [{**one, "status": "Created"} for one in told]),
        "outcome-fits-the-item",
    ),
    "an item has no row": ("job-with-results", rows(lambda told: told[1:]), "one-outcome-per-item"),
    "the job never ends": (
        "job-with-results",
        changes_document(ROWS, lambda _sent, told: {"job": {**told["job"], "status": "working"}}),
        "one-outcome-per-item",
    ),
    "the job has a word that its schema lacks": (
        "job-with-results",
        changes_document(ROWS, lambda _sent, told: {"job": {**told["job"], "total": "many"}}),
        "answers-match-the-spec",
    ),
    "the number of failures is 0": (
        "job-with-counts",
        changes_document(COUNTS, lambda _sent, told: ended(told, failed_count=0)),
        "count-is-processed",
    ),
    "complete, and no failure is told": (
        "job-with-counts",
        changes_document(COUNTS, lambda _sent, told: ended(told, errors=[])),
        "outcome-fits-the-item",
    ),
    "the failures have other indexes": (
        "long-running-operation",
        changes_document(
            OPERATION,
            lambda _sent, told: (
                {
                    **told,
                    "metadata": {
                        "failedRequests": {
                            str(int(at) + 1): one for at, one in told["metadata"]["failedRequests"].items()
                        }
                    },
                }
                if told["done"]
                else told
            ),
        ),
        "one-outcome-per-item",
    ),
    "the file lacks a line": (
        "job-with-a-file",
        changes_response(FILE, without_a_line),
        "one-outcome-per-item",
    ),
    "more is finished than the file has": (
        "job-with-a-file",
        changes_document(RUN, lambda _sent, told: {**told, "finished_operations": 9}),
        "count-is-processed",
    ),
}


@pytest.mark.parametrize(("name", "planted", "check"), LIES.values(), ids=LIES)
def test_a_lie_about_a_job_is_found(name: str, planted: Planted, check: str) -> None:
    file = BATCHES / f"{name}.yaml"
    app = create_app(Options(files=(file,), vendors=(name,)))
    found = held(as_ours_keeps_it(load_api(file)), with_fault(app, planted), name, QUICK, "stateful").findings
    assert check in {one.check for one in found}


@pytest.mark.parametrize(
    "name", ["job-with-results", "job-with-counts", "long-running-operation", "job-with-a-file"]
)
def test_a_right_job_has_no_finding_and_its_items_are_judged(name: str) -> None:
    file = BATCHES / f"{name}.yaml"
    app = create_app(Options(files=(file,), vendors=(name,)))
    ledger = held(as_ours_keeps_it(load_api(file)), app, name, QUICK, "stateful")
    batch = next(iter(load_api(file).spec.operations))
    assert ledger.findings == []
    checks = ("one-outcome-per-item", "outcome-fits-the-item", "bad-items-are-refused", "accepted-are-there")
    assert all(ledger.made[batch, check] > 5 for check in checks)
