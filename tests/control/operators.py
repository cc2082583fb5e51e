"""Calls of an operator in the tests of the control plane."""

from __future__ import annotations

from typing import Any

from tests.support.client import Client, Response

SANDBOXES = "/_mock/sandboxes"
NEW = f"{SANDBOXES}/new"


def create(operator: Client, **members: Any) -> Response:
    """Create the sandbox `new`."""
    return operator.post(SANDBOXES, json={"name": "new", **members})


def order(operator: Client, *keys: str, sandbox: str = "new") -> Response:
    """Send orders with these keys to the sample vendor in a sandbox."""
    orders = [{"id": key, "amount": 1} for key in keys]
    return operator.put("/acme/orders", json={"orders": orders}, headers={"mock-sandbox": sandbox})


def orders(operator: Client, sandbox: str = "new") -> list[str]:
    """Return the keys of the sandbox's orders."""
    listed = operator.get("/acme/orders", headers={"mock-sandbox": sandbox})
    return [one["id"] for one in listed.json]


def listed(operator: Client) -> list[str]:
    """Return the names of all sandboxes."""
    return [sandbox["name"] for sandbox in operator.get(SANDBOXES).json]
