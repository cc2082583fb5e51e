from __future__ import annotations

import pytest

from tests.support.client import Client


@pytest.fixture
def payt(client: Client) -> Client:
    """A client with the token that may do everything in administration 81."""
    return client.within("/payt", authorization="Bearer full-token")
