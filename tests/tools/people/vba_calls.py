"""Batches to VBA, as the points send them."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx

from tests.tools.people.stage import Server

VBA = {
    "x-api-key": "any",
    "Authorization": "Bearer any",
    "vbasoftware-database": "sandbox",
    "Content-Type": "application/json",
}


def delayed(millis: int) -> dict[str, object]:
    """Return a scenario that delays every answer."""
    delay = {"type": "fixed", "value": millis}
    return {"version": 1, "name": "slow", "rules": [{"id": "a", "response": {"delay": delay}}]}


def put(server: Server, rows: list[dict[str, object]]) -> httpx.Response:
    """Send rows to the batch operation of the default sandbox."""
    return server.call("PUT", "/vba/claim-invoice-batch", headers=VBA, content=json.dumps(rows))


def put_or_lose(server: Server) -> None:
    """Send one row; a server that stops meanwhile is no failure."""
    with suppress(httpx.HTTPError):
        put(server, [{"invoice_Key": 1}])
