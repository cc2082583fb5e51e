from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.contract.failure_search import without_module_literals
from mockserver.server.application import Application, Options, create_app
from tests.contract.of_control import ITEM, REPORT, SCENARIO
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def app() -> Application:
    """All vendors, told to take the fixtures' credentials only: what ignores credentials is found out."""
    only = tuple(filter(None, os.environ.get("MOCK_ONLY", "").split(",")))
    options = Options(vendors=only, strict_auth=True)
    return create_frozen_app(options, clock=lambda: NOW)


@pytest.fixture(autouse=True)
def _no_literals_of_modules() -> Iterator[None]:
    with without_module_literals():
        yield


@pytest.fixture
def control(tmp_path: Path) -> Application:
    """A server of its own for the control plane: calls, a snapshot, a scenario, a run of a case, a report."""
    (tmp_path / REPORT).write_text("<testsuites/>", encoding="utf-8")
    made = create_app(Options(vendors=("vba",), examples=ProfileExamples, reports=tmp_path))
    client = Client(made, {"host": "testserver", "user-agent": "tests"})
    client.get("/vba/payees")
    headers = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
    client.put("/vba/claim-invoice-batch", json=[{"invoice_Key": int(ITEM)}], headers=headers)
    client.post("/_mock/sandboxes/default/snapshots", json={})
    client.put("/_mock/sandboxes/default/scenarios/flaky", json=SCENARIO)
    client.post("/_mock/sandboxes/default/cases/112/run", json={"vendor": "vba"})
    return made
