"""Calls of a client under test."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from mockserver.model import Json
from mockserver.testing.scenarios import Example
from mockserver.testing.server import MockServer
from mockserver.testing.vendor import SandboxVendor


def send(vendor: SandboxVendor, example: Example) -> httpx.Response:
    """Send the whole example."""
    url = vendor.url + example.path
    return httpx.request(example.method, url, content=example.body, headers=example.headers)


def put_invoices(vendor: SandboxVendor, items: Sequence[Json]) -> httpx.Response:
    """Send some items of a VBA batch."""
    return httpx.put(f"{vendor.url}/claim-invoice-batch", json=list(items), headers=vendor.headers)


def sandbox_names(server: MockServer) -> set[str]:
    """Names of the sandboxes that the server has."""
    return {one["name"] for one in server.control.request("GET", "/sandboxes")}
