from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, BATCHES, EACH, INVOICES, TENANT

Put: TypeAlias = Callable[..., Response]
Read: TypeAlias = Callable[..., Any]


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
def books(app: Application, sandbox: str) -> Callable[[], Any]:
    """Everything that the demo company's books hold."""

    def books() -> Any:
        return app.sandboxes.dump(sandbox)[f"xero/{TENANT}"]

    return books
