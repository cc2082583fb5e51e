"""The floor: the least that any server does for a batch, under the same uvicorn, uvloop and httptools.

Reads exactly, validates each item by the published item schema, looks up what the item refers to, keeps the
item, answers one row for each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias

import jsonschema_rs
import msgspec
import yaml

from tests.tools.bench.batches import IN_LISTS, IN_MAPS
from tests.tools.bench.servers import ROOT, SHOP, SPECS

Message: TypeAlias = dict[str, Any]

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder().encode
_FIRST_REFUSAL = 400


def item_validator(spec: Path, schema: str) -> jsonschema_rs.Draft4Validator:
    """An item schema, compiled; `nullable` is written as JSON Schema does, dates are checked as RFC 3339."""
    node = yaml.safe_load(spec.read_text(encoding="utf-8"))["components"]["schemas"][schema]
    for member in node["properties"].values():
        if member.pop("nullable", False):
            member["type"] = [member["type"], "null"]
    return jsonschema_rs.Draft4Validator(node, validate_formats=True)


@dataclass(frozen=True, slots=True)
class Contract:
    """A batch operation: how an item is judged, how its row reads, where items and rows stand."""

    valid: jsonschema_rs.Draft4Validator
    row: Callable[[Any, int, str], dict[str, Any]]
    failed: int
    payees: frozenset[str] | None = None
    key: str = "invoice_Key"
    items: str = ""
    results: str = "data"
    form: Literal["rows", "lists", "maps"] = "rows"
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, document: Any) -> Message:
        items = document[self.items] if self.items else document
        rows = [self._answered(item) for item in items]
        if self.form == "rows":
            return {self.results: rows}
        good = [{"id": row["id"]} for row in rows if "error" not in row]
        bad = [{"id": row["id"], **row["error"]} for row in rows if "error" in row]
        if self.form == "lists":
            return {"accepted": good, "rejected": bad}
        of_bad = {str(row["id"]): [row["message"]] for row in bad}
        return {"accepted": {str(row["id"]): row for row in good}, "rejected": of_bad}

    def _answered(self, item: dict[str, Any]) -> dict[str, Any]:
        key = item.get(self.key)
        if not self.valid.is_valid(item):
            return self.row(key, self.failed, next(self.valid.iter_errors(item)).message)
        if self.payees is not None and item.get("payee_ID") not in self.payees:
            return self.row(key, self.failed, f"{item['payee_ID']} is no payee")
        known = str(key) in self.rows
        self.rows[str(key)] = item
        return self.row(key, 200, "Updated") if known else self.row(key, 201, "Created")


def _vba_row(key: Any, status: int, message: str) -> dict[str, Any]:
    return {"id": [{"key": "Invoice_Key", "value": key}], "status": status, "body": message}


def _ledger_row(key: Any, status: int, message: str) -> dict[str, Any]:
    return {"invoice_Key": key, "status": status, "body": message}


def _order_row(key: Any, status: int, message: str) -> dict[str, Any]:
    row = {"id": key, "status": status}
    return row if status < _FIRST_REFUSAL else {**row, "error": {"message": message}}


def contracts() -> Mapping[str, Contract]:
    """The operations that are served, by path."""
    vba = item_validator(ROOT / "specs" / "vba.yaml", "ClaimInvoice")
    ledger = item_validator(SPECS / "ledger.yaml", "Invoice")
    orders = item_validator(SPECS / "orders.yaml", "Order")
    return {
        "/vba/claim-invoice-batch": Contract(vba, _vba_row, 500, frozenset({"P100"})),
        "/ledger/invoices": Contract(ledger, _ledger_row, 422),
        "/orders/orders": Contract(orders, _order_row, 422, key="id", items="orders", results="results"),
        IN_LISTS.path: Contract(orders, _order_row, 422, key="id", items="orders", form="lists"),
        IN_MAPS.path: Contract(orders, _order_row, 422, key="id", items="orders", form="maps"),
    }


@dataclass(frozen=True, slots=True)
class Shop:
    """A list of records, a record, a create and an upload."""

    valid: jsonschema_rs.Draft4Validator
    rows: dict[str, Any] = field(default_factory=dict)

    def answer(self, method: str, place: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.rows[place] if place else list(self.rows.values())
        if place.endswith("files"):
            return 201, {"id": len(body)}
        order = _decode(body)
        if not self.valid.is_valid(order):
            return 400, next(self.valid.iter_errors(order)).message
        self.rows[str(order["id"])] = order
        return 201, order


class Floor:
    """A bare ASGI application."""

    def __init__(self) -> None:
        self._contracts = contracts()
        self._shop = Shop(item_validator(SHOP, "Order"))

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        chunks, more = [], True
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        path, sent, status = scope["path"], b"".join(chunks), 207
        if path.startswith("/shop/"):
            status, answered = self._shop.answer(
                scope["method"], path.removeprefix("/shop/orders").strip("/"), sent
            )
        else:
            answered = self._contracts[path].answer(_decode(sent))
        body = _encode(answered)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


app = Floor()
