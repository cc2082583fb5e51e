from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client

NOW = "2026-01-05T09:00:00Z"


@pytest.fixture
def other(app: Application, sandbox: str) -> Iterator[Client]:
    """A client in a second sandbox that began like the first."""
    name = f"{sandbox}-other"
    app.sandboxes.create(Settings(name, seed=7, frozen=NOW))
    yield Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": name})
    app.sandboxes.delete(name)
    app.journal.forget(name)
