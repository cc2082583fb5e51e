"""Faults of replays, of a refusal's status and of messages are found by the checks about them."""

from __future__ import annotations

import pytest

from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.measurement import MeasuringRun, found

HASTY = MeasuringRun(seed=7, max_examples=4, stops_at_first=True)
ABOUT = {
    "replay-is-the-first-answer",
    "key-with-another-body",
    "tenants-are-apart",
    "refusal-fits-its-reason",
    "unsupported-method",
    "message-fits-the-outcome",
    "message-names-its-item",
    "refusals-say-why",
}


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "fault", [one for one in FAULTS if one.family in {"replays", "words"}], ids=lambda one: one.id
)
def test_a_fault_is_found_by_a_check_that_is_about_it(fault: PlantedFault) -> None:
    checks = {one.check for listed in found(fault, HASTY).values() for one in listed}

    assert checks
    assert checks <= ABOUT
