"""What the invariants speak of, at Payt: invoices of an administration, told apart by their description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from mockserver.sandbox.store import State
from mockserver.server.application import Application
from tests.invariants.sandboxes import ItemSpec, OperationRequest
from tests.support.client import Client, Response

_ADMINISTRATIONS = ("81", "82")
_INVOICES = "/payt/v1/invoices"
_AMOUNTS = ("book_amount_total", "book_amount_open", "amount_open", "amount_total")


class Payt:
    name = "payt"
    operation = "postV1Invoices"
    keys: tuple[str, ...] = ("N-1", "N-2", "N-3", "N-4", "N-5", "N-6")
    creates = True
    all_or_nothing = False
    removes = False
    hides = False
    revives = False
    change_creates = False
    replays = True
    generated = frozenset({"id", "updated_at", "created_at"})
    key_assumption = "idempotency_keys"
    key_header = "Idempotency-Key"

    def headers(self, _tenant: int) -> Mapping[str, str]:
        return {"authorization": "Bearer full-token"}

    def create_second_tenant(self, app: Application, sandbox: str) -> bool:
        app.sandboxes.transact(sandbox, "payt/", _open_second)
        return True

    def batch(self, things: Sequence[ItemSpec], tenant: int = 0) -> OperationRequest:
        bills = [
            {
                "currency_code": "EUR",
                "invoice_number": one.key,
                "invoice_date": "2026-06-01",
                "due_date": "2026-07-01",
                "debtor_number": "D-1" if one.good else "D-404",
                "description": one.value,
                **dict.fromkeys(_AMOUNTS, "100.00"),
            }
            for one in things
        ]
        return OperationRequest(
            "POST", _INVOICES, {"administration_id": _ADMINISTRATIONS[tenant], "invoices": bills}
        )

    def reported(self, _answered: Response) -> None:
        return None

    def read(self, client: Client, key: str, tenant: int = 0) -> str | None:
        named = f"administration_id={_ADMINISTRATIONS[tenant]}&identifier_type=invoice_number"
        answered = client.get(f"{_INVOICES}/{key}?{named}")
        return answered.json["description"] if answered.status == 200 else None

    def listing(self, client: Client, tenant: int = 0) -> Response:
        return client.get(f"{_INVOICES}?administration_id={_ADMINISTRATIONS[tenant]}&per_page=50")

    def listed(self, client: Client, tenant: int = 0) -> dict[str, str]:
        rows = self.listing(client, tenant).json["data"]
        found = {row["invoice_number"]: row["description"] for row in rows}
        return {key: found[key] for key in self.keys if key in found}

    def change(self, key: str, value: str, tenant: int = 0) -> OperationRequest:
        bills = [{"invoice_number": key, "description": value}]
        return OperationRequest(
            "PATCH", _INVOICES, {"administration_id": _ADMINISTRATIONS[tenant], "invoices": bills}
        )

    def removal(self, _key: str) -> OperationRequest:
        raise NotImplementedError

    def count(self, answered: Response) -> int | None:
        found: int = answered.json["count"]
        return found

    def payment(self) -> OperationRequest:
        raise NotImplementedError

    def due(self, _client: Client) -> None:
        return None


def _open_second(state: State) -> None:
    """A second administration that good tokens reach, with the debtors of the first."""
    administrations = state.collection("administrations", "")
    administrations["82"] = {**administrations["81"], "id": "82"}
    credentials = state.collection("credentials", "")
    credentials["full-token"] = {**credentials["full-token"], "administrations": list(_ADMINISTRATIONS)}
    mine = state.collection("debtors", "82")
    for number, debtor in zip(count(601), state.collection("debtors", "81").values(), strict=False):
        mine[str(number)] = {**debtor, "id": str(number), "administration_id": "82"}


ADAPTER = Payt()
