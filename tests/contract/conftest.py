from __future__ import annotations

import os

import pytest

from mockserver.app import Application, Options, create_app
from mockserver.store.memory import MemoryStore
from tests.contract.contracts import CONTRACTS
from tests.contract.of_control import SCENARIO
from tests.support.client import Client
from tests.support.frozen import keep_frozen
from tests.support.generating import without_constants


@pytest.fixture(scope="session")
def app() -> Application:
    """All vendors, told to take the fixtures' credentials only: what ignores credentials is found out."""
    only = tuple(filter(None, os.environ.get("MOCK_ONLY", "").split(",")))
    return create_app(Options(vendors=only, strict_auth=True), store=MemoryStore(keep=keep_frozen))


@pytest.fixture(autouse=True)
def _no_constants_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    without_constants(monkeypatch)


@pytest.fixture(autouse=True)
def _lent(app: Application) -> None:
    for contract in CONTRACTS.values():
        contract.lent.app = app


@pytest.fixture
def control() -> Application:
    """A server of its own for the control plane: one call, one snapshot and one scenario."""
    made = create_app(Options(vendors=("vba",)))
    client = Client(made, {"host": "testserver", "user-agent": "tests"})
    client.get("/vba/payees")
    client.post("/_mock/sandboxes/default/snapshots", json={})
    client.put("/_mock/sandboxes/default/scenarios/flaky", json=SCENARIO)
    return made
