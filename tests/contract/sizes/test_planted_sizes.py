"""Each fault that only a batch of a certain size shows is found, with that size."""

from __future__ import annotations

import pytest

from mockserver.contract import runner
from mockserver.contract.config import RunConfig
from mockserver.contract.finding import Finding
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.target import Address, Target
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.sizes import SIZES
from tests.contract.planted_faults.wrappers import with_fault

KNOWN = {one.id: one for one in SIZES}
SAID = {
    "vba-loses-the-last-of-many": ("accepted-are-there", "fails from 51 items on (50 pass): "),
    "payt-drops-every-hundredth": ("accepted-are-there", "fails from 100 items on (99 pass): "),
    "pvex-stores-three-hundred": ("accepted-are-there", "fails from 301 items on (300 pass): "),
    "vba-cuts-long-answers": ("answers-match-the-spec", "fails from 121 items on (120 pass): "),
    "vba-mixes-up-the-order": ("order-is-kept", "fails from 65 items on (64 pass): "),
    "vba-repeats-outcomes": ("order-is-kept", "fails from 257 items on (256 pass): "),
    "payt-miscounts-many": ("count-is-processed", "fails from 101 items on (100 pass): "),
    "vba-refuses-a-legal-size": ("legal-sizes-are-accepted", "fails from 401 items on (400 pass): "),
    "xero-takes-fifty": ("legal-sizes-are-accepted", "fails from 51 items on (50 pass): "),
    "guidewire-takes-one-too-many": ("limit-is-kept", "sent 101 good items, and at most 100 are allowed"),
    "payt-does-not-answer": ("sizes-are-answered-in-time", "fails from 501 items on (500 pass): "),
}


def findings(fault: PlantedFault, only: str) -> list[Finding]:
    """What the sizes find at a server with the fault; the check is the only one that is made."""
    app = with_fault(create_app(Options(vendors=(fault.vendor,), strict_auth=True)), fault.planted)
    effort = RunConfig(7, 8, frozenset({only}), frozenset(fault.operations))
    ledger = FindingLedger()
    with Target(Address(f"http://testserver/{fault.vendor}", app)) as target:
        api = load_vendor_api(fault.vendor)
        runner.run_phases(api, target, effort, ledger, (runner.SIZES_PHASE,))
    return ledger.findings


def test_every_planted_size_is_tried() -> None:
    # The slow server needs real seconds: test_run has one with a clock of its own.
    assert set(SAID) == set(KNOWN) - {"vba-is-quadratic"}


@pytest.mark.parametrize("name", SAID)
def test_a_fault_of_a_size_is_found_and_told_by_the_smallest_one(name: str) -> None:
    check, said = SAID[name]

    found = findings(KNOWN[name], check)

    assert [one.check for one in found] == [check]
    assert found[0].said.startswith(said)
