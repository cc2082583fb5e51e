from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from tests.clients.generated import Api, Made, make, opened
from tests.support.server_process import serve_process

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
    made = httpx.post(f"{url}/_mock/sandboxes", json={"name": name, "seed": 7, "freeze": NOW})
    made.raise_for_status()
    return f"{url}/sandboxes/{name}"


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The client generated for the module's vendor."""
    vendor: str = request.module.VENDOR
    return make(vendor, tmp_path_factory.mktemp(vendor))


@pytest.fixture
def anyone(request: pytest.FixtureRequest, base: str, made: Made) -> Iterator[Api]:
    """That client without a credential."""
    with opened(made, f"{base}/{request.module.VENDOR}") as api:
        yield api
