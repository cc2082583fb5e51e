from __future__ import annotations

import pytest

from tests.support.client import Client


@pytest.fixture
def vba(client: Client) -> Client:
    """VBA in a fresh sandbox, database `sandbox`: payees P100, P200, P300, invoices 1001 and 1002."""
    return client.within(
        "/vba",
        x_api_key="any-key",
        authorization="Bearer any-token",
        vbasoftware_database="sandbox",
    )
