from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.sandbox.store import Tables
from mockserver.server.application import Application
from tests.support.client import Client, Response

Post: TypeAlias = Callable[..., Response]
Show: TypeAlias = Callable[..., Any]


@pytest.fixture
def payt(client: Client) -> Client:
    """A client with the token that may do everything in administration 81."""
    return client.within("/payt", authorization="Bearer full-token")


@pytest.fixture
def post(payt: Client) -> Post:
    """Post invoices into administration 81."""

    def post(*records: Any) -> Response:
        return payt.post("/v1/invoices", json={"administration_id": "81", "invoices": list(records)})

    return post


@pytest.fixture
def shown(payt: Client) -> Show:
    """The invoice of a number as GET shows it, or its members that are named; None when there is none."""

    def shown(number: str, *members: str) -> Any:
        only = ",".join(f'"{member}"' for member in members)
        fields = f'&fields={{"only":[{only}]}}' if members else ""
        path = f"/v1/invoices/{number}?administration_id=81&identifier_type=invoice_number{fields}"
        answer = payt.get(path)
        return answer.json if answer.status == 200 else None

    return shown


@pytest.fixture
def paid(payt: Client) -> Callable[[str], list[dict[str, Any]]]:
    """The payments of the invoice of a number."""

    def paid(number: str) -> list[dict[str, Any]]:
        path = f"/v1/payments?administration_id=81&invoice_numbers={number}"
        rows: list[dict[str, Any]] = payt.get(path).json["data"]
        return rows

    return paid


@pytest.fixture
def stored(app: Application, sandbox: str) -> Callable[[], Tables]:
    """Everything that the sandbox holds."""
    return lambda: app.sandboxes.dump(sandbox)


@pytest.fixture
def neighbour(app: Application, payt: Client, sandbox: str) -> Iterator[Client]:
    """The same caller in a second sandbox."""
    name = f"{sandbox}-neighbour"
    app.sandboxes.create(Settings(name, seed=7, frozen="2026-01-05T09:00:00Z"))
    yield payt.within(mock_sandbox=name)
    app.sandboxes.delete(name)
    app.journal.forget(name)
