from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH


@pytest.fixture
def pvex(client: Client) -> Client:
    """A client with a good token, in a sandbox of its own."""
    return client.within("/pvex", authorization="Bearer good-token")


@pytest.fixture
def elsewhere(app: Application, sandbox: str, pvex: Client) -> Iterator[Client]:
    """The same client in another sandbox."""
    name = f"{sandbox}-other"
    app.sandboxes.create(Settings(name, seed=7))
    yield pvex.within(mock_sandbox=name)
    app.sandboxes.delete(name)
    app.journal.forget(name)


@pytest.fixture
def push(pvex: Client) -> Callable[..., Response]:
    """Pushes invoices as JSON."""

    def push(*invoices: Any, **headers: str) -> Response:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return pvex.post(BATCH, json=list(invoices), headers=named)

    return push


@pytest.fixture
def stored(pvex: Client) -> Callable[[], list[dict[str, Any]]]:
    """What the test's own subscriber has stored."""

    def stored() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pvex.get("/api/Invoice?subscriberId=SUB-1").json
        return found

    return stored
