"""Calls as a client under test makes them."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from mockserver.model import Json
from mockserver.testing import Example, SandboxVendor


def send(vendor: SandboxVendor, example: Example) -> httpx.Response:
    """The example as it is."""
    headers = {**vendor.headers, **example.headers}
    return httpx.request(example.method, vendor.url + example.path, content=example.body, headers=headers)


def put_invoices(vendor: SandboxVendor, items: Sequence[Json]) -> httpx.Response:
    """Some items of a batch of VBA's."""
    return httpx.put(f"{vendor.url}/claim-invoice-batch", json=list(items), headers=vendor.headers)
