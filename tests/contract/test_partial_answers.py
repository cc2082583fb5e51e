"""A lie inside an answer that is right as a whole is found by a first look, and by the check about it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.wrappers import with_fault
from tests.contract.suite import held

CHECKS: Mapping[str, str] = {
    "xero-ids-of-nothing": "accepted-are-there",
    "payt-lists-another-id": "lists-show-what-is-there",
    "payt-exchanges-two-errors": "message-names-its-item",
    "xero-tears-a-batch-payment": "rejected-leave-no-trace",
    "xero-drops-the-second": "one-outcome-per-item",
    "xero-pays-another-tenants-invoice": "tenants-are-apart",
    "payt-has-no-success": "count-is-processed",
    "payt-drops-warnings": "dates-survive",
    "vba-updates-by-number": "class-is-true",
}
QUICK = 2


@pytest.mark.few(4)
@pytest.mark.parametrize("fault", [one for one in FAULTS if one.id in CHECKS], ids=lambda one: one.id)
def test_a_lie_is_found_by_the_check_about_it(fault: PlantedFault) -> None:
    app = create_app(Options(vendors=(fault.vendor,), strict_auth=True))
    wanted = RunConfig(7, QUICK, operations=frozenset(fault.operations), shrinks=False)

    findings = held(
        load_vendor_api(fault.vendor), with_fault(app, fault.planted), fault.vendor, wanted, "stateful"
    )

    assert CHECKS[fault.id] in {one.check for one in findings.findings}
