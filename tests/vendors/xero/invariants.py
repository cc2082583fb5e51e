"""What the invariants speak of, at Xero: sales invoices of an organisation, told apart by their reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from mockserver.server.application import Application
from tests.invariants.sandboxes import ItemSpec, OperationRequest
from tests.support.client import Client, Response
from tests.vendors.xero.documents import BATCHES, EACH, R1, batch, pay

_TENANTS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
_INVOICES = "/xero/api.xro/2.0/Invoices"
_RIDGEWAY = {"Name": "Ridgeway University"}


class Xero:
    name = "xero"
    operation = "updateOrCreateInvoices"
    keys: tuple[str, ...] = ("K-1", "K-2", "K-3", "K-4", "K-5", "K-6")
    creates = True
    all_or_nothing = False
    removes = True
    hides = True
    revives = False
    change_creates = False
    replays = True
    generated = frozenset({"InvoiceID", "LineItemID", "ContactID", "DocumentID", "UpdatedDateUTC", "DateUTC"})
    key_assumption = ""
    key_header = "Idempotency-Key"

    def headers(self, tenant: int) -> Mapping[str, str]:
        return {"authorization": "Bearer good-token", "xero-tenant-id": _TENANTS[tenant]}

    def create_second_tenant(self, _app: Application, _sandbox: str) -> bool:
        return True

    def batch(self, things: Sequence[ItemSpec], _tenant: int = 0) -> OperationRequest:
        invoices = [_invoice(one.key, one.value, good=one.good) for one in things]
        return OperationRequest("POST", f"{_INVOICES}?summarizeErrors=false", {"Invoices": invoices})

    def reported(self, answered: Response) -> list[tuple[str, bool]]:
        return [(one["InvoiceNumber"], not one["HasErrors"]) for one in answered.json["Invoices"]]

    def read(self, client: Client, key: str, _tenant: int = 0) -> str | None:
        answered = client.get(f"{_INVOICES}/{key}")
        found = answered.json["Invoices"][0] if answered.status == 200 else {"Status": "DELETED"}
        return None if found["Status"] == "DELETED" else str(found["Reference"])

    def listing(self, client: Client, _tenant: int = 0) -> Response:
        return client.get(_INVOICES)

    def listed(self, client: Client, _tenant: int = 0) -> dict[str, str]:
        rows = self.listing(client).json["Invoices"]
        live = {row["InvoiceNumber"]: row.get("Reference") for row in rows if row["Status"] != "DELETED"}
        return {key: live[key] for key in self.keys if key in live}

    def change(self, key: str, value: str, _tenant: int = 0) -> OperationRequest:
        return OperationRequest("POST", f"{_INVOICES}/{key}", {"Invoices": [{"Reference": value}]})

    def removal(self, key: str) -> OperationRequest:
        return OperationRequest("POST", f"{_INVOICES}/{key}", {"Invoices": [{"Status": "DELETED"}]})

    def count(self, _answered: Response) -> None:
        return None

    def payment(self) -> OperationRequest:
        return OperationRequest("PUT", f"/xero{BATCHES}{EACH}", {"BatchPayments": [batch(pay(R1, 1))]})

    def due(self, client: Client) -> Decimal | None:
        shown = client.get(f"{_INVOICES}/{R1}").json["Invoices"][0]["AmountDue"]
        return Decimal(shown)


def _invoice(number: str, reference: str, *, good: bool) -> dict[str, object]:
    line = {"Description": "Hall hire", "Quantity": 1, "UnitAmount": 100, "AccountCode": "SALES"}
    return {
        "Type": "ACCREC",
        "InvoiceNumber": number,
        "Reference": reference,
        "Contact": _RIDGEWAY,
        "Date": "2026-01-05",
        "DueDate": "2026-02-05",
        "LineItems": [line | ({} if good else {"AccountCode": "NOPE"})],
    }


ADAPTER = Xero()
