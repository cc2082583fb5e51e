"""What the invariants speak of, at VBA: rows of the claim invoice batch, told apart by their description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.server.application import Application
from tests.invariants.sandboxes import ItemSpec, OperationRequest
from tests.support.client import Client, Response

_DATABASES = ("sandbox", "VBADEMO")
_ROWS = "/vba/claim-invoice"


class Vba:
    name = "vba"
    operation = "putClaimInvoiceBatch"
    keys: tuple[str, ...] = ("1001", "5001", "5002", "5003", "5004", "5005")
    creates = True
    all_or_nothing = False
    removes = True
    hides = False
    revives = False
    change_creates = False
    replays = True
    generated = frozenset({"entry_Date", "update_Date"})
    key_assumption = "idempotency_keys"
    key_header = "Idempotency-Key"

    def headers(self, tenant: int) -> Mapping[str, str]:
        database = {"vbasoftware-database": _DATABASES[tenant]}
        return {"x-api-key": "good-key", "authorization": "Bearer good-token", **database}

    def create_second_tenant(self, _app: Application, _sandbox: str) -> bool:
        return True

    def batch(self, things: Sequence[ItemSpec], _tenant: int = 0) -> OperationRequest:
        rows = [
            {
                "invoice_Key": int(one.key),
                "description": one.value,
                "payee_ID": "P100" if one.good else "NOPE",
            }
            for one in things
        ]
        return OperationRequest("PUT", "/vba/claim-invoice-batch", rows)

    def reported(self, answered: Response) -> list[tuple[str, bool]]:
        return [(str(row["id"][0]["value"]), row["status"] < 300) for row in answered.json["data"]]

    def read(self, client: Client, key: str, _tenant: int = 0) -> str | None:
        answered = client.get(f"{_ROWS}/{key}")
        return answered.json["data"]["description"] if answered.status == 200 else None

    def listing(self, client: Client, _tenant: int = 0) -> Response:
        return client.get(f"{_ROWS}?pageSize=100")

    def listed(self, client: Client, _tenant: int = 0) -> dict[str, str]:
        rows = self.listing(client).json["data"]
        found = {str(row["invoice_Key"]): row["description"] for row in rows}
        return {key: found[key] for key in self.keys if key in found}

    def change(self, key: str, value: str, _tenant: int = 0) -> OperationRequest:
        return OperationRequest("PUT", f"{_ROWS}/{key}", {"invoice_Key": int(key), "description": value})

    def removal(self, key: str) -> OperationRequest:
        return OperationRequest("DELETE", f"{_ROWS}/{key}")

    def count(self, _answered: Response) -> None:
        return None

    def payment(self) -> OperationRequest:
        raise NotImplementedError

    def due(self, _client: Client) -> None:
        return None


ADAPTER = Vba()
