"""Walks of the state machine: as many over all vendors as SOAK_SEQUENCES says, 100 without it."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.invariants.sandboxes import SEQUENCES, invariant
from tests.invariants.state_machine import VendorStateMachine
from tests.invariants.vendors import ALL_VENDORS, for_each_vendor
from tests.support.profiled_vendor import ProfiledVendor

STEPS = 10
WALKS = settings(
    max_examples=SEQUENCES // len(ALL_VENDORS),
    stateful_step_count=STEPS,
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@invariant(1, 2, 3, 4, 5, 6, 14, 25, 26)
@for_each_vendor()
def test_whatever_is_done_in_whatever_order_a_dictionary_says_what_is_there(vendor: ProfiledVendor) -> None:
    walks = 0

    class Walks(VendorStateMachine):
        def __init__(self) -> None:
            nonlocal walks
            super().__init__()
            walks += 1

    Walks.vendor = vendor
    run_state_machine_as_test(Walks, settings=WALKS)

    assert walks >= SEQUENCES // len(ALL_VENDORS)
