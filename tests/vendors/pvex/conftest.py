from __future__ import annotations

import pytest

from tests.support.client import Client


@pytest.fixture
def pvex(client: Client) -> Client:
    """A client with a good token, in a sandbox of its own."""
    return client.within("/pvex", authorization="Bearer good-token")
