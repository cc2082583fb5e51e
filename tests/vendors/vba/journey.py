"""Three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from tests.journeys.journey import Journey

JOURNEY = Journey(
    vendor="vba",
    headers={
        "x_api_key": "good-key",
        "authorization": "Bearer good-token",
        "vbasoftware_database": "sandbox",
    },
    method="PUT",
    path="/claim-invoice-batch",
    batch=[
        {"invoice_Key": 2, "invoice_Number": "INV-2", "payee_ID": "P100"},
        {"invoice_Key": 3, "invoice_Number": "INV-3", "payee_ID": "NOPE"},
        {"invoice_Key": 4, "invoice_Number": "INV-4"},
    ],
    repair=[{"invoice_Key": 3, "invoice_Number": "INV-3", "payee_ID": "P200"}],
    reads=tuple((f"/claim-invoice/{key}", "/data/invoice_Number") for key in (2, 3, 4)),
    before=(None, None, None),
    after_batch=("INV-2", None, "INV-4"),
    after_repair=("INV-2", "INV-3", "INV-4"),
)
