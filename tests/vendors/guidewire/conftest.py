from __future__ import annotations

import pytest

from tests.support.client import Client


@pytest.fixture
def guidewire(client: Client) -> Client:
    """A caller who may do everything."""
    return client.within("/guidewire", authorization="Bearer guidewire-good")


@pytest.fixture
def stranger(client: Client) -> Client:
    """A caller without credentials."""
    return client.within("/guidewire")
