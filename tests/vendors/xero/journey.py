"""Three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from typing import Any

from tests.journeys.journey import Journey


def _pay(invoice: str, amount: int) -> dict[str, Any]:
    return {
        "Account": {"AccountID": "5ec2f302-cd60-4f8b-a915-9229dd45e6fa"},
        "Date": "2019-02-22",
        "Payments": [{"Invoice": {"InvoiceID": invoice}, "Amount": amount}],
    }


_R1, _R2, _R3 = (
    "3323652c-155e-433b-8a73-4dde7cfbf410",
    "e4abafb4-1f5b-4d9f-80b3-9a7b815bc302",
    "e6039672-b161-40cd-b07b-a0178e7186ad",
)

JOURNEY = Journey(
    vendor="xero",
    headers={
        "authorization": "Bearer good-token",
        "xero_tenant_id": "00000000-0000-4000-8000-000000000001",
    },
    method="PUT",
    path="/api.xro/2.0/BatchPayments?summarizeErrors=false",
    batch={"BatchPayments": [_pay(_R1, 10), _pay(_R2, 500), _pay(_R3, 20)]},
    repair={"BatchPayments": [_pay(_R2, 50)]},
    reads=tuple((f"/api.xro/2.0/Invoices/{name}", "/Invoices/0/AmountDue") for name in (_R1, _R2, _R3)),
    before=(100, 100, 100),
    after_batch=(90, 100, 80),
    after_repair=(90, 50, 80),
)
