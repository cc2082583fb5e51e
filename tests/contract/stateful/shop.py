"""A small vendor that keeps its word, or breaks it in one way that a test names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding, Request, json_request, to_json_text
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    Profile,
    Record,
    RefusedStep,
    Step,
)
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.samples import remove_member, set_member
from mockserver.contract.sequences import run
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import JudgeExchange, Trial
from mockserver.spec import loading
from mockserver.spec.openapi import Spec
from tests.support import sample_vendor

OTHER = "application/vnd.shop+json"
MOST = 10
Table = dict[str, dict[str, Any]]


@dataclass
class Shop:
    """An ASGI application: orders by id, for two tenants; as a mockserver it has sandboxes."""

    fault: str = ""
    is_ours: bool = True
    atomic: bool = False
    there: dict[tuple[str, str], Table] = field(default_factory=dict)
    replies: dict[tuple[str, str, str], tuple[bytes, int, bytes]] = field(default_factory=dict)
    batches: int = 0
    prepared: set[str] = field(default_factory=set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.fault == "is gone after three" and self.batches > 2:
            return
        headers = {name.decode().lower(): text.decode() for name, text in scope["headers"]}
        body = (await receive()).get("body", b"")
        status, answer = await self._answer(scope["method"], scope["path"], headers, body)
        marked = [(b"mock-journal", b"1")] if self.is_ours else []
        if scope["method"] == "GET":
            versions = {"keeps its version": b'"1"', "has weak versions": b'W/"1"'}
            marked.append((b"etag", versions.get(self.fault, b'"%d"' % crc32(answer))))
        typed = [(b"content-type", b"application/json"), *marked]
        await send({"type": "http.response.start", "status": status, "headers": typed})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        if path.startswith("/_mock/sandboxes/"):
            return 204, b""
        if path.startswith("/shop/stock/"):
            self.prepared.add(path)
            return (409, b"{}") if self.fault == "has no stock" else (204, b"")
        if self.fault == "knows nobody":
            return 401, b'{"title": "Unauthorized"}'
        world = headers.get("mock-sandbox", "") if self.fault != "one world" else ""
        tenant = headers["x-tenant"] if self.fault != "one tenant" else ""
        table = self.there.setdefault((world, tenant), {})
        key = path.removeprefix("/shop/orders").removeprefix("/")
        if method == "GET":
            return self._shown(table, key)
        if key:
            return self._single(method, table, key, body)
        return await self._keyed(world, headers, table, body)

    def _shown(self, table: Table, key: str) -> tuple[int, bytes]:
        if self.fault == "babbles":
            return 200, b"<html>"
        if key:
            return (200, to_json_text(table[key]).encode()) if key in table else (404, b"{}")
        return 200, to_json_text(self._listed(table)).encode()

    def _listed(self, table: Table) -> list[dict[str, Any]]:
        rows = list(table.values())
        return rows[:-1] if self.fault == "short list" else rows

    def _single(self, method: str, table: Table, key: str, body: bytes) -> tuple[int, bytes]:
        if key not in table:
            return (204, b"") if self.fault == "deletes nothing" else (404, b"{}")
        if method == "DELETE":
            if self.fault != "keeps what is deleted":
                del table[key]
            return 204, b""
        table[key] = {**table[key], **json.loads(body, parse_float=Decimal)}
        return 200, b"{}"

    async def _keyed(
        self, scope: str, headers: Mapping[str, str], table: Table, body: bytes
    ) -> tuple[int, bytes]:
        token = headers.get("idempotency-key", "")
        where = (scope if self.fault != "keys of all worlds" else "", headers["x-tenant"], token)
        known = self.replies.get(where) if token and self.fault != "runs again" else None
        if known and known[0] != body and self.fault != "takes any body":
            return 422, b'{"title": "another body"}'
        if known and known[0] == body:
            return known[1], known[2]
        status, answer = await self._batch(table, json.loads(body, parse_float=Decimal)["orders"], headers)
        if token:
            self.replies[where] = body, status, answer
        return status, answer

    async def _batch(
        self, table: Table, orders: Sequence[dict[str, Any]], headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        self.batches += 1
        if self.fault == "forgets before" and self.batches % 2 == 0:
            table.clear()
        problems = [_problem(order) for order in orders]
        if self.fault == "takes the third of three bad" and len(list(filter(None, problems))) == 3:
            last = max(place for place, problem in enumerate(problems) if problem)
            problems[last] = ""
        if any(isinstance(order.get("amount"), str) for order in orders) or (self.atomic and any(problems)):
            if self.fault == "half of a refusal":
                table.update({order["id"]: order for order in orders if not _problem(order)})
            return 400, b'{"title": "no batch"}'
        before = dict(table)
        if self.fault == "overlaps":
            await asyncio.sleep(0)
        outcomes = []
        for place, (order, problem) in enumerate(zip(orders, problems, strict=True)):
            alike = self._alike(table, order)
            taken = "the note is taken" if alike and self.fault == "has each note once" else problem
            status = 422 if taken else 200 if order["id"] in before or order["id"] in table else 201
            outcomes.append(self._told(order, place, status, taken))
            if not taken or self.fault == "keeps the bad":
                found = {"id": alike[0]} if alike and self.fault == "finds by note" else {}
                await self._kept(table, {**order, **found}, place, headers)
        if self.fault == "overlaps":
            before.update({order["id"]: order for order in orders if not _problem(order)})
            table.clear()
            table.update(before)
        return 207, json.dumps({"results": outcomes}).encode()

    def _alike(self, table: Table, order: dict[str, Any]) -> list[str]:
        if self.fault not in {"has each note once", "finds by note"}:
            return []
        return [key for key in table if _has_note(table[key], order) and key != order.get("id")]

    def _told(self, order: dict[str, Any], place: int, status: int, problem: str) -> dict[str, Any]:
        if self.fault == "blind":
            status, problem = 200 if status == 422 else status, ""
        if self.fault == "always created" and status == 200:
            status = 201
        if self.fault == "refuses the third" and place == 2:
            status, problem = 422, "no more than two"
        return {"status": status, "text": problem or "Done", "order": {"id": order.get("id")}}

    async def _kept(
        self, table: Table, order: dict[str, Any], place: int, headers: Mapping[str, str]
    ) -> None:
        key = order.get("id", "")
        kept = dict(order)
        if self.fault == "loses the second" and place == 1:
            return
        if self.fault == "first wins" and key in table and table[key].get("batch") == self.batches:
            return
        if self.fault == "floats" and isinstance(kept.get("amount"), Decimal):
            kept["amount"] = Decimal(float(kept["amount"]))
        if self.fault == "reads types otherwise" and headers["content-type"] == OTHER:
            kept["note"] = None
        if self.fault == "first wins":
            kept["batch"] = self.batches
        if self.fault == "torn":
            table[key] = {**table.get(key, kept), "note": kept.get("note")}
            await asyncio.sleep(0)
        table[key] = kept


def _has_note(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get("note") is not None and one["note"] == other.get("note")


def _problem(order: Mapping[str, Any]) -> str:
    if "amount" not in order:
        return "amount is missing"
    if not isinstance(order["amount"], str) and order["amount"] < 0:
        return "amount is too small"
    return "note is too long" if len(order.get("note") or "") > MOST else ""


def _item(key: str, drawn: DrawnValues) -> dict[str, Any]:
    return {"id": key, "amount": drawn.amount, "note": f"v{drawn.number}"}


def _row(row: Mapping[str, Any]) -> Record:
    amount = row.get("amount")
    return {
        "amount": None if amount is None else Decimal(amount),
        "note": None if row.get("note") is None else str(row["note"]),
    }


def _listed(exchange: Exchange) -> dict[str, Record]:
    return {row["id"]: _row(row) for row in exchange.response.json()}


def _changed(record: Record | None, drawn: DrawnValues) -> Record | RefusedStep | None:
    return REFUSED_STEP if record is None else {**record, "amount": drawn.amount}


def _subjects(_facts: Facts) -> tuple[BatchProfile, ...]:
    def at(key: str) -> str:
        return f"/orders/{key}"

    return (
        BatchProfile(
            operation="putOrders",
            key=lambda number: f"o{number}",
            item=_item,
            record=lambda key, drawn: _row(_item(key, drawn)),
            call=lambda items, _tenant: json_request("PUT", "/orders", {"orders": items}),
            read=lambda key, _tenant: Request("GET", at(key)),
            shown=lambda _key, exchange: (
                _row(exchange.response.json()) if exchange.response.status == 200 else None
            ),
            corruptions=(
                Corruption("a negative amount", set_member("/amount", -1)),
                Corruption("no amount", remove_member("/amount")),
                Corruption("a note that is too long", set_member("/note", "x" * 11)),
                Corruption("a word for its amount", set_member("/amount", "much"), refuses_call=True),
            ),
            listing=lambda _tenant: Request("GET", "/orders"),
            listed=_listed,
            steps=(
                Step(
                    "change it",
                    lambda key, drawn, _tenant: json_request("PATCH", at(key), {"amount": drawn.amount}),
                    _changed,
                ),
                Step(
                    "delete it",
                    lambda key, _drawn, _tenant: Request("DELETE", at(key)),
                    lambda record, _drawn: REFUSED_STEP if record is None else None,
                ),
            ),
            tenants=2,
            twice="each",
            key_header="Idempotency-Key",
            again="same",
            conflict_status=422,
            encodings={OTHER: lambda items: to_json_text({"orders": items}).encode()},
        ),
    )


def spec(folder: Path, *, atomic: bool = False) -> Spec:
    """Its spec: that of the made-up vendor."""
    changed = sample_vendor.changed_document(
        "/paths/~1orders/put/x-batch/atomicity", "all-or-nothing" if atomic else "per-item"
    )
    return loading.load_spec(sample_vendor.write_spec(folder, changed, "shop"))


Prepare = Callable[[str, int], tuple[Request, ...]]


def api(made: Spec, prepare: Prepare | None = None) -> ApiUnderTest:
    """The shop under contract; `prepare` is what its keys need."""

    def subjects(facts: Facts) -> tuple[BatchProfile, ...]:
        return tuple(replace(one, prepare=prepare) for one in _subjects(facts))

    profile = Profile(batches=subjects, headers=lambda _facts, tenant: {"X-Tenant": str(tenant)})
    return ApiUnderTest("shop", made, profile)


def unjudged(_exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
    """A judge that lets everything pass: what single calls come to is not what sequences are about."""
    return ()


def told(  # noqa: PLR0913 - each has its default
    shop: Shop,
    made: Spec,
    *only: str,
    seed: int = 0,
    number: int = 16,
    judge: JudgeExchange = unjudged,
    prepare: Prepare | None = None,
) -> FindingLedger:
    """What so many sequences of the shop come to; `only` are the checks to make."""
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://testserver/shop", shop, {"x-tenant": "0"})) as target:
        effort = RunConfig(seed, number, frozenset(only))
        run_parts(run.plan_stateful(Trial(api(made, prepare), target, effort, ledger, judge)), ledger)
    return ledger
