from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, BATCHES, EACH, INVOICES, TENANT

Put: TypeAlias = Callable[..., Response]
Read: TypeAlias = Callable[..., Any]
Due: TypeAlias = Callable[[str], Any]


@pytest.fixture
def xero(client: Client) -> Client:
    """A client with a good token for the demo company."""
    return client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)


@pytest.fixture
def put(xero: Client) -> Put:
    """Put batch payments, each to be answered for itself."""

    def put(*batches: Any, query: str = EACH, **headers: str) -> Response:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return xero.put(f"{BATCHES}{query}", json={"BatchPayments": list(batches)}, headers=named)

    return put


@pytest.fixture
def bill(xero: Client) -> Put:
    """Put invoices, each to be answered for itself."""

    def bill(*invoices: Any, query: str = EACH) -> Response:
        return xero.put(f"{INVOICES}{query}", json={"Invoices": list(invoices)})

    return bill


@pytest.fixture
def read(xero: Client) -> Read:
    """The documents at a path below the API's, without their envelope."""

    def read(path: str, member: str = "") -> Any:
        document = xero.get(f"{API}/{path}").json
        return document[member or path.partition("/")[0].partition("?")[0]]

    return read


@pytest.fixture
def due(read: Read) -> Due:
    """What is still due on an invoice."""

    def due(key: str) -> Any:
        return read(f"Invoices/{key}")[0]["AmountDue"]

    return due


@pytest.fixture
def books(app: Application, sandbox: str) -> Callable[[], Any]:
    """Everything that the demo company's books hold."""

    def books() -> Any:
        return app.sandboxes.dump(sandbox)[f"xero/{TENANT}"]

    return books


@pytest.fixture
def elsewhere(app: Application, sandbox: str, xero: Client) -> Iterator[Client]:
    """The same client in another sandbox."""
    name = f"{sandbox}-other"
    app.sandboxes.create(Settings(name, seed=7, frozen="2026-01-05T09:00:00Z"))
    yield xero.within(mock_sandbox=name)
    app.sandboxes.delete(name)
    app.journal.forget(name)
