from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import sample_vendor
from tests.support.client import Client


@pytest.fixture
def browser() -> Iterator[Client]:
    """A client that asks for pages, of a server that serves only the sample vendor."""
    with sample_vendor.shared_client(freeze="2026-01-05T09:00:00Z") as client:
        yield client.within(accept="text/html,*/*;q=0.8")
