"""What a server that is not ours does where documents are silent is found by trying, told, and expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    DrawnValues,
    Record,
    RefusedStep,
    UpdatePosition,
)
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.sequences import run
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from tests.contract.stateful import shop
from tests.contract.stateful.shop import OTHER, Shop, Table

CHECK = "assumptions-are-kept"
TWICE, UPDATE = "a key twice in a batch", "an item whose record is there"


@dataclass
class Undocumented(Shop):
    """A shop with a way of its own: `way` says which; "changes" takes turns."""

    is_ours: bool = False
    way: str = ""
    turns: int = 0

    async def _batch(
        self, table: Table, orders: Sequence[dict[str, Any]], headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        keys = [order["id"] for order in orders]
        is_twice, is_known = len(set(keys)) < len(keys), any(key in table for key in keys)
        if self.way.endswith("twice is no call") and is_twice and self._is_turn():
            return 400, b'{"title": "a key twice"}'
        if self.way.endswith("known is rejected") and is_known and self._is_turn():
            return 207, json.dumps({"results": [self._known(one, table) for one in orders]}).encode()
        if self.way == "other types are not read" and headers["content-type"] == OTHER:
            return 415, b"{}"
        return await super()._batch(table, orders, headers)

    def _is_turn(self) -> bool:
        self.turns += 1
        return not self.way.startswith("changes") or self.turns % 2 == 0

    def _known(self, order: dict[str, Any], table: Table) -> dict[str, Any]:
        is_known = order["id"] in table
        if not is_known:
            table[order["id"]] = order
        return {
            "status": 422 if is_known else 201,
            "text": "is there" if is_known else "Done",
            "order": {"id": order["id"]},
        }


def rejected(before: Record | None, _key: str, drawn: DrawnValues) -> Record | RefusedStep:
    return {"amount": drawn.amount, "note": f"v{drawn.number}"} if before is None else REFUSED_STEP


def open_shop(folder: Path) -> ApiUnderTest:
    """The shop's profile, which says what a server may do instead."""
    known = shop.api(shop.spec(folder))

    def batches(facts: Mapping[str, str]) -> tuple[BatchProfile, ...]:
        return tuple(
            replace(
                one,
                twice_positions=("kept", "call"),
                updates=(
                    UpdatePosition("replaced", None, one.steps),
                    UpdatePosition("rejected", rejected, one.steps),
                ),
                assumed_encodings=frozenset({OTHER}),
                corruptions=(),
            )
            for one in known.profile.batches(facts)
        )

    return replace(known, profile=replace(known.profile, batches=batches))


def told(folder: Path, server: Shop, *only: str) -> FindingLedger:
    """What the sequences of such a server come to."""
    ledger = FindingLedger()
    with Target(Address("http://testserver/shop", server, {"x-tenant": "0"})) as target:
        effort = RunConfig(0, 8, frozenset(only))
        run_parts(run.plan_stateful(Trial(open_shop(folder), target, effort, ledger, shop.unjudged)), ledger)
    return ledger


@pytest.mark.parametrize(
    ("server", "case", "position"),
    [
        (Undocumented(), TWICE, "the last one wins"),
        (Undocumented("first wins"), TWICE, "the first one wins, the others are passed over"),
        (Undocumented(way="twice is no call"), TWICE, "the whole call is rejected"),
        (Undocumented(), UPDATE, "replaced"),
        (Undocumented(), f"a body in {OTHER}", "accepted"),
        (Undocumented(way="other types are not read"), f"a body in {OTHER}", "the whole call is rejected"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_position_is_told_and_is_no_failure(tmp_path: Path, server: Shop, case: str, position: str) -> None:
    ledger = told(
        tmp_path, server, "twice-in-a-batch", "accepted-are-there", "good-items-are-accepted", CHECK
    )

    assert [one.message for one in ledger.findings] == []
    assert f"PUT /orders, {case}: {position}" in ledger.notes


def test_a_record_that_takes_no_change_is_a_position(tmp_path: Path) -> None:
    ledger = told(tmp_path, Undocumented(way="known is rejected"), CHECK, "good-items-are-accepted")

    assert [one.message for one in ledger.findings] == []
    assert f"PUT /orders, {UPDATE}: rejected" in ledger.notes


@pytest.mark.parametrize(
    ("way", "case"), [("changes: twice is no call", TWICE), ("changes: known is rejected", UPDATE)]
)
def test_a_server_that_changes_its_position_is_found(tmp_path: Path, way: str, case: str) -> None:
    ledger = told(tmp_path, Undocumented(way=way), CHECK)

    assert [one.check for one in ledger.findings] == [CHECK]
    assert ledger.findings[0].message.startswith(f"{case}: a server may do either, but always the same.")
