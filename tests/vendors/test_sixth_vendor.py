"""A sixth vendor is covered by every suite, and no suite has a file about it.

The invariants have it among their vendors; the other suites are tried here.
"""

from __future__ import annotations

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.contract.runner import PHASES
from mockserver.engine.registry import load_vendor
from mockserver.server.application import Application, Options
from mockserver.testing.threaded_server import run_in_thread
from tests.contract.suite import effort, held, told
from tests.drill.conftest import Bench
from tests.invariants.vendors import ALL_VENDORS
from tests.support.client import Client
from tests.support.commands import Commands
from tests.support.frozen_app import create_frozen_app
from tests.support.sixth_vendor import FOLDER, NAME, api_of
from tests.tools.bench.batches import vendor_batches


@pytest.fixture(scope="module")
def app() -> Application:
    return create_frozen_app(Options(specs=(FOLDER,), vendors=(NAME,), examples=ProfileExamples))


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_of_the_contract_suite_is_made_and_finds_nothing(app: Application, phase: str) -> None:
    ledger = held(api_of(NAME), app, NAME, effort(examples=1), phase)

    assert told(ledger.findings) == []
    assert ledger.calls.total() > 0


def test_the_invariants_have_it() -> None:
    assert NAME in [one.name for one in ALL_VENDORS]


def test_a_client_of_it_is_drilled(app: Application) -> None:
    bench = Bench(app, Client(app, {"host": "testserver"}))
    rows = {"901": "10.00", "902": "20.00"}
    clean = bench.run(NAME, lambda sender: sender.send(rows))
    refused = {"items": [{"select": {"index": 0}, "effect": {"fail": {"code": "internal"}}}]}
    careless = bench.run(NAME, lambda sender: sender.send(rows), refused)

    assert bench.learn(NAME, clean)["obstacle"] is None
    assert bench.judge(NAME, careless, clean)["findings"][0]["kind"] == "DROPPED"


def test_the_bench_has_batches_of_it() -> None:
    [batches] = vendor_batches([load_vendor(FOLDER / f"{NAME}.yaml")])

    assert len(batches.items(10, 0, "tenth")) == 10
    assert batches.what == "in turns: a weight below zero, no owner"


def test_send_has_an_example_with_items_of_both_kinds(app: Application) -> None:
    with run_in_thread(app) as url:
        shown = Commands(url, "default").run("send", NAME).stdout

    assert "✕ rejected" in shown
    assert "■ created" in shown
