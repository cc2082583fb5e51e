from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client


@pytest.fixture
def guidewire(client: Client) -> Client:
    """A caller who may do everything."""
    return client.within("/guidewire", authorization="Bearer guidewire-good")


@pytest.fixture
def stranger(client: Client) -> Client:
    """A caller without credentials."""
    return client.within("/guidewire")


@pytest.fixture
def elsewhere(app: Application, sandbox: str, guidewire: Client) -> Iterator[Client]:
    """The same caller in a second sandbox."""
    name = f"{sandbox}-other"
    app.sandboxes.create(Settings(name, seed=7))
    yield guidewire.within(mock_sandbox=name)
    app.sandboxes.delete(name)
    app.journal.forget(name)
