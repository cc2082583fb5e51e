from __future__ import annotations

from mockserver import __version__
from tests.support.client import Client


def test_health_tells_what_is_served(operator: Client) -> None:
    assert operator.get("/_mock/health").json == {
        "status": "ok",
        "version": __version__,
        "auth": "lenient",
        "vendors": ["acme"],
    }


def test_vendors_tell_where_they_are_and_what_they_do(operator: Client) -> None:
    assert operator.get("/_mock/vendors").json == [
        {
            "name": "acme",
            "title": "Acme orders",
            "mount": "/acme",
            "operations": ["listOrders", "putOrders", "showOrder"],
            "batches": ["putOrders"],
        }
    ]
