"""A refusal that counts to another item than the bad one is found, whatever the vendor writes around it."""

from __future__ import annotations

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.items import ITEMS
from tests.contract.planted_faults.wrappers import with_fault
from tests.contract.suite import held

CHECK = "message-names-its-item"


@pytest.mark.parametrize(
    "fault",
    [None, *(one for one in ITEMS if one.family == "refusals")],
    ids=lambda one: one.id if one else "right",
)
def test_a_wrong_position_is_found(fault: PlantedFault | None) -> None:
    app = create_app(Options(vendors=("vba",), strict_auth=True))
    wanted = RunConfig(
        7, 1, operations=frozenset({"putClaimInvoiceBatch", "getClaimInvoice"}), only=frozenset({CHECK})
    )

    lying = app if fault is None else with_fault(app, fault.planted)
    findings = held(load_vendor_api("vba"), lying, "vba", wanted, "stateful").findings

    assert [one.check for one in findings] == ([] if fault is None else [CHECK])
    assert all(" (counted from 0) or " in one.message for one in findings)
