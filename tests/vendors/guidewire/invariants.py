"""What the invariants speak of, at Guidewire: changes of bulk invoices, told apart by their addressee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.server.application import Application
from tests.invariants.sandboxes import ItemSpec, OperationRequest
from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import A_ID as A
from tests.vendors.guidewire.samples import B_ID as B
from tests.vendors.guidewire.samples import C_ID as C

_CLAIM = "/guidewire/claim/v1"
_INVOICES = "/bulk-invoices/"


class Guidewire:
    name = "guidewire"
    operation = "runBatch"
    keys: tuple[str, ...] = tuple(f"{_INVOICES}{name}" for name in (A, B, C))
    creates = False
    all_or_nothing = False
    removes = True
    hides = False
    revives = False
    change_creates = False
    replays = False
    generated = frozenset({"version"})
    key_assumption = ""
    key_header = "GW-DBTransaction-ID"

    def headers(self, _tenant: int) -> Mapping[str, str]:
        return {"authorization": "Bearer guidewire-good"}

    def create_second_tenant(self, _app: Application, _sandbox: str) -> bool:
        return False

    def batch(self, things: Sequence[ItemSpec], _tenant: int = 0) -> OperationRequest:
        requests = [
            {
                "method": "patch",
                "path": one.key,
                "body": _change(one.value) if one.good else _change(one.value, checksum="stale"),
            }
            for one in things
        ]
        return OperationRequest("POST", f"{_CLAIM}/batch", {"requests": requests})

    def reported(self, _answered: Response) -> None:
        return None

    def read(self, client: Client, key: str, _tenant: int = 0) -> str | None:
        answered = client.get(f"{_CLAIM}{key}?fields=mailTo")
        return answered.json["data"]["attributes"]["mailTo"] if answered.status == 200 else None

    def listing(self, client: Client, _tenant: int = 0) -> Response:
        return client.get(f"{_CLAIM}{_INVOICES[:-1]}?fields=id,mailTo")

    def listed(self, client: Client, _tenant: int = 0) -> dict[str, str]:
        rows = [row["attributes"] for row in self.listing(client).json["data"]]
        found = {f"{_INVOICES}{row['id']}": row["mailTo"] for row in rows}
        return {key: found[key] for key in self.keys if key in found}

    def change(self, key: str, value: str, _tenant: int = 0) -> OperationRequest:
        return OperationRequest("PATCH", f"{_CLAIM}{key}", _change(value))

    def removal(self, key: str) -> OperationRequest:
        return OperationRequest("DELETE", f"{_CLAIM}{key}")

    def count(self, _answered: Response) -> None:
        return None

    def payment(self) -> OperationRequest:
        raise NotImplementedError

    def due(self, _client: Client) -> None:
        return None


def _change(addressee: str, **members: str) -> dict[str, object]:
    return {"data": {"attributes": {"mailTo": addressee}, **members}}


ADAPTER = Guidewire()
