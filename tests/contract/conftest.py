from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.contract.module_literals import without_module_literals
from mockserver.server.application import Application, Options, create_app
from tests.contract.of_control import SCENARIO
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
def control() -> Application:
    """A server of its own for the control plane: one call, one snapshot and one scenario."""
    made = create_app(Options(vendors=("vba",), examples=ProfileExamples))
    client = Client(made, {"host": "testserver", "user-agent": "tests"})
    client.get("/vba/payees")
    client.post("/_mock/sandboxes/default/snapshots", json={})
    client.put("/_mock/sandboxes/default/scenarios/flaky", json=SCENARIO)
    return made
