"""What the invariants speak of, at PVEx: invoices of a subscriber, told apart by their status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.server.application import Application
from tests.invariants.sandboxes import ItemSpec, OperationRequest
from tests.support.client import Client, Response
from tests.vendors.pvex.samples import visit

_SUBSCRIBERS = ("SUB-1", "SUB-2")


class Pvex:
    name = "pvex"
    operation = "postInvoiceBatch"
    keys: tuple[str, ...] = ("SUB-1/I-1", "SUB-1/I-2", "SUB-1/I-3", "SUB-1/I-4", "SUB-1/I-5", "SUB-1/I-6")
    creates = True
    all_or_nothing = True
    removes = True
    hides = True
    revives = True
    change_creates = True
    replays = True
    generated = frozenset({"ApiLastChangeDate"})
    key_assumption = "idempotency_keys"
    key_header = "Idempotency-Key"

    def headers(self, _tenant: int) -> Mapping[str, str]:
        return {"authorization": "Bearer good-token"}

    def create_second_tenant(self, _app: Application, _sandbox: str) -> bool:
        return False

    def batch(self, things: Sequence[ItemSpec], _tenant: int = 0) -> OperationRequest:
        return OperationRequest("POST", "/pvex/api/InvoiceBatch", [self._invoice(one) for one in things])

    def reported(self, _answered: Response) -> None:
        return None

    def read(self, client: Client, key: str, _tenant: int = 0) -> str | None:
        subscriber, _, name = key.partition("/")
        answered = client.get(f"/pvex/api/Invoice/{name}?subscriberId={subscriber}")
        found = answered.json if answered.status == 200 else {"Deleted": True}
        return None if found["Deleted"] else str(found["PmsStatus"])

    def listing(self, client: Client, _tenant: int = 0) -> Response:
        return client.get("/pvex/api/Invoice")

    def listed(self, client: Client, _tenant: int = 0) -> dict[str, str]:
        rows = self.listing(client).json
        found = {f"{row['SubscriberId']}/{row['Id']}": row["PmsStatus"] for row in rows if not row["Deleted"]}
        return {key: found[key] for key in self.keys if key in found}

    def change(self, key: str, value: str, _tenant: int = 0) -> OperationRequest:
        return OperationRequest("POST", "/pvex/api/Invoice", self._invoice(ItemSpec(key, value)))

    def removal(self, key: str) -> OperationRequest:
        return OperationRequest(
            "POST", "/pvex/api/Invoice", self._invoice(ItemSpec(key, "gone")) | {"Deleted": True}
        )

    def count(self, _answered: Response) -> None:
        return None

    def payment(self) -> OperationRequest:
        raise NotImplementedError

    def due(self, _client: Client) -> None:
        return None

    def _invoice(self, one: ItemSpec) -> dict[str, object]:
        number = int(one.key.rpartition("-")[2])
        bad = {} if one.good else {"ClientId": ""}
        return visit(number, SubscriberId=_SUBSCRIBERS[0], PmsStatus=one.value, Deleted=False, **bad)


ADAPTER = Pvex()
