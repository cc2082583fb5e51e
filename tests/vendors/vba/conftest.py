from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.client import Client


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
        answer = self._client.put("/claim-invoice-batch", json=list(rows))
        assert answer.status == 207, answer.text
        return [(row["id"][0]["value"], row["status"], row["body"]) for row in answer.json["data"]]

    def keys(self) -> Sequence[int]:
        listed = self._client.get("/claim-invoice").json["data"]
        return [invoice["invoice_Key"] for invoice in listed]

    def one(self, key: int) -> Any:
        return self._client.get(f"/claim-invoice/{key}").json["data"]


@pytest.fixture
def rows(vba: Client) -> Rows:
    return Rows(vba)
