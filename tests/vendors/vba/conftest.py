from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response

Assume: TypeAlias = Callable[..., None]


@pytest.fixture
def vba(client: Client) -> Client:
    """VBA in a fresh sandbox, database `sandbox`: payees P100, P200, P300, invoices 1001 and 1002."""
    return client.within(
        "/vba",
        x_api_key="any-key",
        authorization="Bearer any-token",
        vbasoftware_database="sandbox",
    )


class Rows:
    """The batch as a test writes it: rows in, (key, status, message) out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, *rows: Any) -> list[tuple[int, int, str]]:
        return results(self._client.put("/claim-invoice-batch", json=list(rows)))

    def keys(self) -> Sequence[int]:
        listed = self._client.get("/claim-invoice").json["data"]
        return [invoice["invoice_Key"] for invoice in listed]

    def one(self, key: int) -> Any:
        return self._client.get(f"/claim-invoice/{key}").json["data"]


@pytest.fixture
def rows(vba: Client) -> Rows:
    return Rows(vba)


def results(answer: Response) -> list[tuple[Any, int, str]]:
    """Key, status and message of every row of a 207."""
    assert answer.status == 207, answer.text
    return [(row["id"][0]["value"], row["status"], row["body"]) for row in answer.json["data"]]


def envelope(answer: Response) -> tuple[int, str | None]:
    """Status and detail of a refusal that wears the service's envelope."""
    body = answer.json
    assert body["data"] is None
    assert body["error"]["status"] == answer.status
    assert body["error"]["type"] == f"https://httpstatuses.com/{answer.status}"
    assert len(body["debug"]["activityID"]) == 36
    return answer.status, body["error"]["detail"]


def basic(user: str, password: str) -> str:
    """The Authorization header of a log in."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
