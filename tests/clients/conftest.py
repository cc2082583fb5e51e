from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from tests.support.server_process import PATIENCE_S, serve_process

collect_ignore = ["ledger"]
"""A project of its own, with tests that fail: test_ledger runs them."""

NOW = "2026-01-05T09:00:00Z"
_numbers = count(1)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a server that all tests of this folder share."""
    with serve_process() as address:
        yield address


@pytest.fixture
def base(url: str) -> str:
    """The base URL of a fresh sandbox, its clock standing at `NOW`."""
    name = f"client-{next(_numbers)}"
    sandbox = {"name": name, "seed": 7, "freeze": NOW}
    made = httpx.post(f"{url}/_mock/sandboxes", json=sandbox, timeout=PATIENCE_S)
    made.raise_for_status()
    return f"{url}/sandboxes/{name}"
