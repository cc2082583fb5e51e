"""Lies of a server for an API of one's own, whose spec alone says what is right: each is found by `--quick`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.contract.exchange import Finding
from mockserver.contract.loading import load_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    changes_document,
)
from tests.contract.suite import SEED, held, told
from tests.contract.planted_faults.wrappers import with_fault

METERS = Path(__file__).parent / "specs" / "meters.yaml"
QUICK = RunConfig(SEED, 2, shrinks=False)
BATCH = Route("POST", "/meters/readings/batch")


def of_the_next(_sent: Json, told: Json) -> Json:
    """Each line with the number of the line after it."""
    lines = [one["line"] for one in told["results"]]
    rows = zip(told["results"], [*lines[1:], lines[0]], strict=True)
    return {**told, "results": [{**one, "line": line} for one, line in rows]}


def reversed_lines(_sent: Json, told: Json) -> Json:
    return {**told, "results": told["results"][::-1]}


def findings(planted: Planted | None, *phases: str) -> list[Finding]:
    app = create_app(Options(files=(METERS,)))
    api = load_api(METERS)
    return held(api, with_fault(app, planted) if planted else app, "meters", QUICK, *phases).findings


LIES: dict[str, tuple[Planted, str]] = {
    "a line has the number of another": (changes_document(BATCH, of_the_next), "order-is-kept"),
}


@pytest.mark.parametrize(("planted", "check"), LIES.values(), ids=LIES)
def test_a_lie_is_found_by_a_quick_run(planted: Planted, check: str) -> None:
    assert check in {one.check for one in findings(planted)}


RIGHT: dict[str, Planted | None] = {
    "as it is": None,
    "lines in another order": changes_document(BATCH, reversed_lines),
}


@pytest.mark.parametrize("planted", RIGHT.values(), ids=RIGHT)
def test_a_right_server_has_no_finding(planted: Planted | None) -> None:
    assert told(findings(planted)) == []
