"""The fixtures' ids under the fact sheet's letters, and the shapes that most tests send and read."""

from __future__ import annotations

from typing import Any

from tests.support.client import Client, Response

INVOICES = "/claim/v1/bulk-invoices"
BATCH = "/claim/v1/batch"
HELPERS = "/sandbox/v1/bulk-invoices"

A_ID = "xc:SdLxd3WOhsS0mT2Vi1XEu"
B_ID = "xc:SF3EIyYvshoSm2pwaUnT_"
C_ID = "xc:SqH7tVbN2_cKpR4xWm0Lz"
D_ID = "xc:SjY5uD8gQ-aZf1sEo3TkM"
E_ID = "xc:SwN9eLr6X0vB_iCy2GhPd"
F_ID = "xc:SbT4mZk1J7oUf-n8RqVsA"
G_ID = "xc:SpE3hWx5C_dLy0aIu9OtF"
A, B, C, D, E, F, G = (f"{INVOICES}/{name}" for name in (A_ID, B_ID, C_ID, D_ID, E_ID, F_ID, G_ID))
A_ITEMS, B_ITEMS, C_ITEMS, D_ITEMS = (f"{path}/bulk-invoice-items" for path in (A, B, C, D))

ITEM: dict[str, Any] = {
    "claim": {"id": "demo_sample:30005"},
    "amount": {"amount": "500.00", "currency": "usd"},
    "costType": {"code": "claimcost"},
    "costCategory": {"code": "medical"},
    "paymentType": {"code": "partial"},
}


def sent(**attributes: Any) -> Any:
    """A body with these attributes."""
    return {"data": {"attributes": attributes}}


def attributes(answered: Response) -> Any:
    """The attributes of the one resource in an answer."""
    return answered.json["data"]["attributes"]


def shown(client: Client, path: str) -> Any:
    """The attributes of what is stored at `path`."""
    return attributes(client.get(path))


def checksum(client: Client, path: str) -> str:
    """The current checksum of what is stored at `path`."""
    found: str = client.get(path).json["data"]["checksum"]
    return found


def ids(answered: Response) -> list[str]:
    """The ids of a list's rows."""
    return [row["attributes"]["id"] for row in answered.json["data"]]


def statuses(answered: Response) -> list[int]:
    """What each call of a batch answered."""
    return [entry["status"] for entry in answered.json["responses"]]
