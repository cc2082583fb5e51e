"""A profile in YAML goes as deep as one in Python: Payt's finds the same faults in sequences."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target
from mockserver.server.application import Application, Options, create_app
from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.measurement import FaultFoundError, FirstFindingLedger
from tests.contract.planted_faults.wrappers import with_fault

FOLDER = Path(__file__).parent
BATCHES = {"payt": "postV1Invoices"}
FOUND_IN_SEQUENCES = (
    "payt-is-blind",
    "payt-counts-what-was-sent",
    "payt-loses-digits",
    "payt-keeps-a-refused-one",
    "payt-changes-nothing",
)


@cache
def in_yaml(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor, None, FOLDER / f"{vendor}.yaml")


@cache
def right_server(vendor: str) -> Application:
    return create_app(Options(vendors=(vendor,), strict_auth=True))


def found(vendor: str, app: App, ledger: FindingLedger) -> list[str]:
    """The checks that find something in sequences of one batch, with the profile in YAML."""
    effort = RunConfig(7, 12, operations=frozenset({BATCHES[vendor]}), shrinks=False)
    api = in_yaml(vendor)
    with suppress(FaultFoundError), Target(Address(f"http://testserver/{vendor}", app)) as target:
        runner.run_phases(api, target, effort, ledger, (runner.STATEFUL_PHASE,))
    return [one.check for one in ledger.findings]


@pytest.mark.parametrize("vendor", BATCHES)
def test_the_right_server_has_no_finding(vendor: str) -> None:
    ledger = FindingLedger()

    assert found(vendor, right_server(vendor), ledger) == []
    assert ledger.made[BATCHES[vendor], "steps-do-what-they-say"]
    has_tenants = any(one.tenants > 1 for one in in_yaml(vendor).profile.batches(in_yaml(vendor).facts))
    assert bool(ledger.made[BATCHES[vendor], "tenants-are-apart"]) == has_tenants


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "fault", [one for one in FAULTS if one.id in FOUND_IN_SEQUENCES], ids=lambda one: one.id
)
def test_a_planted_fault_is_found(fault: PlantedFault) -> None:
    app = with_fault(right_server(fault.vendor), fault.planted)

    assert found(fault.vendor, app, FirstFindingLedger())
