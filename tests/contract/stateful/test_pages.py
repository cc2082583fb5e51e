"""A list that shows a page at a time is read to its end, at servers without sandboxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

from mockserver.contract.exchange import Request
from mockserver.contract.profile import BatchProfile, Facts
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.sequences import run
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.spec import loading
from tests.contract.stateful import shop
from tests.contract.stateful.shop import Shop, Table
from tests.support import sample_vendor

_ROWS = 20
"""Rows of a page."""


@dataclass
class PagedShop(Shop):
    """A shop with sixty older orders; a list shows one page, from the oldest on."""

    is_ours: bool = False
    style: str = "page"
    query: dict[str, list[str]] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.query = parse_qs(scope["query_string"].decode())
        for tenant in "01":
            old = {f"old{number}": {"id": f"old{number}", "amount": number} for number in range(60)}
            self.there.setdefault(("", tenant), old)
        await super().__call__(scope, receive, send)

    def _listed(self, table: Table) -> list[dict[str, Any]]:
        asked = int(self.query.get(self.style, ["0"])[0])
        first = asked if self.style == "offset" else _ROWS * max(asked - 1, 0)
        return super()._listed(table)[first : first + _ROWS]


def told(folder: Path, one: PagedShop, *, lists_only: bool = False) -> FindingLedger:
    made = sample_vendor.changed_document(
        "/paths/~1orders/get/parameters",
        [{"name": one.style, "in": "query", "schema": {"type": "integer"}}] if one.style else [],
    )
    api = shop.api(loading.load_spec(sample_vendor.write_spec(folder, made, "shop")))

    (batch,) = api.profile.batches({})

    def by_list(_facts: Facts) -> tuple[BatchProfile, ...]:
        return (
            replace(
                batch,
                read=lambda _key, _tenant: Request("GET", "/orders"),
                shown=lambda key, exchange: batch.listed(exchange).get(key) if batch.listed else None,
            ),
        )

    if lists_only:
        api = replace(api, profile=replace(api.profile, batches=by_list))
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://testserver/shop", one, {"x-tenant": "0"})) as target:
        trial = Trial(api, target, RunConfig(0, 8, shrinks=False), ledger, shop.unjudged)
        run_parts(run.plan_stateful(trial), ledger)
    return ledger


@pytest.mark.parametrize("lists_only", [False, True], ids=["single reads", "no single read"])
@pytest.mark.parametrize("style", ["page", "offset"])
def test_a_record_may_be_on_a_later_page(tmp_path: Path, style: str, *, lists_only: bool) -> None:
    ledger = told(tmp_path, PagedShop(style=style), lists_only=lists_only)

    assert [one.message for one in ledger.findings] == []
    assert ledger.made["putOrders", "lists-show-what-is-there"] > 0


def test_a_record_that_no_page_shows_is_found(tmp_path: Path) -> None:
    checks = {one.check for one in told(tmp_path, PagedShop("short list")).findings}

    assert checks == {"lists-show-what-is-there"}


def test_a_record_that_is_not_stored_is_found_on_no_page(tmp_path: Path) -> None:
    checks = {one.check for one in told(tmp_path, PagedShop("loses the second"), lists_only=True).findings}

    assert "accepted-are-there" in checks
