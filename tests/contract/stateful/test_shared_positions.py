"""What a server does in undocumented cases is found once in a run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.contract import size_run
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.runner import SIZES_PHASE, STATEFUL_PHASE, run_phases
from mockserver.contract.sequences import undocumented
from mockserver.contract.sequences.sequence import SequenceContext
from mockserver.contract.target import Address, Target
from tests.contract.stateful import shop
from tests.contract.stateful.shop import Shop
from tests.support.engine_samples import NOW

PHASES = (STATEFUL_PHASE, SIZES_PHASE)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations whose positions are tried; a batch that is tried takes no bad items."""
    operations: list[str] = []

    def find(context: SequenceContext) -> SequenceContext:
        operations.append(context.batch_profile.operation)
        return replace(context, batch_profile=replace(context.batch_profile, corruptions=()))

    monkeypatch.setattr(undocumented, "with_positions", find)
    return operations


def run(api: ApiUnderTest, workers: int, phases: tuple[str, ...]) -> FindingLedger:
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://testserver/shop", Shop(is_ours=False), {"x-tenant": "0"})) as target:
        run_phases(api, target, RunConfig(0, 1, workers=workers), ledger, phases)
    return ledger


@pytest.mark.parametrize("workers", [1, 2])
def test_positions_are_tried_once_for_all_phases(tmp_path: Path, tried: list[str], workers: int) -> None:
    run(shop.api(shop.spec(tmp_path)), workers, PHASES)

    assert tried == ["putOrders"]


@pytest.mark.parametrize("phases", [PHASES, (SIZES_PHASE,)])
def test_sizes_use_what_was_found(tmp_path: Path, tried: list[str], phases: tuple[str, ...]) -> None:
    (sizes,) = run(shop.api(shop.spec(tmp_path)), 1, phases).sizes

    assert {one.bad for one in sizes.times} == {"none"}
    assert len(tried) == 1


def test_any_number_of_workers_makes_the_same_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine a batch would be late, and sent again.
    monkeypatch.setattr(size_run, "plan_sizes", partial(size_run.plan_sizes, clock=lambda: NOW))
    api = shop.api(shop.spec(tmp_path))

    alone, together = (run(api, workers, PHASES) for workers in (1, 2))

    assert [one.request for one in alone.exchanges] == [one.request for one in together.exchanges]
