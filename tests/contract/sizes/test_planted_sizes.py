"""Each fault that only a batch of a certain size shows is found, with that size."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mockserver.contract.exchange import Finding
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.size_run import plan_sizes
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.sizes import SIZES
from tests.contract.planted_faults.wrappers import with_fault

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
KNOWN = {one.id: one for one in SIZES}
SAID = {
    "vba-loses-the-last-of-many": ("accepted-are-there", "fails with 51 items, not with 50: "),
    "payt-drops-every-hundredth": ("accepted-are-there", "fails with 100 items, not with 99: "),
    "pvex-stores-three-hundred": ("accepted-are-there", "fails with 301 items, not with 300: "),
    "vba-cuts-long-answers": ("answers-match-the-spec", "fails with 121 items, not with 120: "),
    "vba-mixes-up-the-order": ("order-is-kept", "fails with 65 items, not with 64: "),
    "vba-repeats-outcomes": ("order-is-kept", "fails with 257 items, not with 256: "),
    "payt-miscounts-many": ("count-is-processed", "fails with 101 items, not with 100: "),
    "vba-refuses-a-legal-size": ("legal-sizes-are-accepted", "fails with 401 items, not with 400: "),
    "xero-takes-fifty": ("legal-sizes-are-accepted", "fails with 51 items, not with 50: "),
    "guidewire-takes-one-too-many": ("limit-is-kept", "sent 101 good items, and at most 100 are allowed"),
    "vba-misreports-the-700th": ("class-is-true", "fails with 700 items, not with 699: "),
    "vba-swaps-two-behind-256": ("order-is-kept", "fails with 258 items, not with 257: "),
    "payt-loses-the-900th": ("accepted-are-there", "fails with 900 items, not with 899: "),
    "payt-does-not-answer": ("sizes-are-answered-in-time", "fails with 501 items, not with 500: "),
}


def findings(fault: PlantedFault, only: str, seed: int = 7) -> list[Finding]:
    """What the sizes find at a server with the fault; the check is the only one that is made."""
    app = with_fault(create_app(Options(vendors=(fault.vendor,), strict_auth=True)), fault.planted)
    effort = RunConfig(seed, 8, frozenset({only}), frozenset(fault.operations))
    ledger = FindingLedger()
    with Target(Address(f"http://testserver/{fault.vendor}", app)) as target:
        api = load_vendor_api(fault.vendor)
        trial = Trial(api, target, effort, ledger, ExchangeJudge(api, effort))
        # A clock that stands: a busy machine must not use up the seconds of the budget.
        run_parts(plan_sizes(trial, lambda: NOW), ledger)
    return ledger.findings


def test_every_planted_size_is_tried() -> None:
    # The slow server needs real seconds: test_run has one with a clock of its own.
    assert set(SAID) == {one.id for one in SIZES if "chunk" not in one.id} - {"vba-is-quadratic"}


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_last_chunk_that_is_not_full_is_met(seed: int) -> None:
    (found,) = findings(KNOWN["vba-leaves-out-the-last-chunk"], "one-outcome-per-item", seed)

    assert found.message == "fails with 51 items, not with 50: sent 51 items, 50 outcomes came"


@pytest.mark.few(2)
@pytest.mark.parametrize("name", SAID)
def test_a_fault_of_a_size_is_found_and_told_by_the_smallest_one(name: str) -> None:
    check, message = SAID[name]

    found = findings(KNOWN[name], check)

    assert [one.check for one in found] == [check]
    assert found[0].message.startswith(message)
