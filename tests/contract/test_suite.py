"""Every vendor and the control plane keep their contract."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from mockserver.contract.fuzzing import links
from mockserver.contract.fuzzing.caller import FuzzingContext
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.runner import FUZZING_PHASE, SIZES_PHASE, STATEFUL_PHASE
from mockserver.contract.sequences.sequence import batch_profiles_of
from mockserver.server.application import Application
from tests.contract.of_control import CONTROL, WALKED
from tests.contract.suite import EXAMPLES, effort, held, target, told
from tests.support.spec_documents import VENDORS

OPERATIONS = [
    (vendor, operation) for vendor in VENDORS for operation in load_vendor_api(vendor).spec.operations
]
SUBJECTS = [
    (vendor, operation)
    for vendor in VENDORS
    for operation in dict.fromkeys(one.operation for one in batch_profiles_of(load_vendor_api(vendor)))
]
_SHORT = 2
SIZED = SUBJECTS if EXAMPLES > _SHORT else list({vendor: (vendor, one) for vendor, one in SUBJECTS}.values())
"""Batches of every size take long: a short run sends those of one operation of each vendor."""
WALKS_TO_ALL, SEED_TO_ALL = 48, 7
"""Walks of the control plane that meet every link of it; with another seed they may miss one by chance."""
WALKS_OF_VENDORS = 8
"""Fewest walks of a vendor: of two, with the seed of the suite, none led from a batch to a stored record."""
WALKS = [
    (vendor, without)
    for vendor in VENDORS
    for without in load_vendor_api(vendor).profile.pins.walk_exclusions
]


@pytest.mark.few(10)
@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_generated_calls_of_a_vendor_find_nothing(vendor: str, operation: str, app: Application) -> None:
    known = load_vendor_api(vendor)

    ledger = held(known, app, vendor, effort(operation), FUZZING_PHASE)

    assert told(ledger.findings) == []
    assert min(one.response.status for one in ledger.exchanges) < 400
    received = {one.response.media_type for one in ledger.exchanges}
    assert {media_type for name, media_type in known.profile.pins.accepts if name == operation} <= received


@pytest.mark.few(6)
@pytest.mark.parametrize(("vendor", "operation"), SUBJECTS)
def test_sequences_of_a_vendor_find_nothing(vendor: str, operation: str, app: Application) -> None:
    ledger = held(load_vendor_api(vendor), app, vendor, effort(operation), STATEFUL_PHASE)

    assert told(ledger.findings) == []
    assert ledger.calls.total() > 0


@pytest.mark.few(2)
@pytest.mark.parametrize(("vendor", "operation"), SIZED)
def test_batches_of_every_size_find_nothing_at_a_vendor(
    vendor: str, operation: str, app: Application
) -> None:
    ledger = held(load_vendor_api(vendor), app, vendor, effort(operation), SIZES_PHASE)

    assert told(ledger.findings) == []
    assert {time.size for sizes in ledger.sizes for time in sizes.times} >= {0, 1, 2, 10, 50}


@pytest.mark.parametrize(("vendor", "without"), WALKS, ids=["-".join((one, *left)) for one, left in WALKS])
def test_walks_along_the_links_of_a_vendor_lead_somewhere_and_find_nothing(
    vendor: str, without: tuple[str, ...], app: Application
) -> None:
    known, ledger = load_vendor_api(vendor), FindingLedger()
    wanted = effort(examples=max(WALKS_OF_VENDORS, EXAMPLES))
    with target(app, vendor) as one:
        errand = FuzzingContext(known, one, wanted, ledger, ExchangeJudge(known, wanted))
        reached = links.count_followed_links(errand, without)

    assert told(ledger.findings) == []
    assert reached


@pytest.mark.few(4)
@pytest.mark.parametrize("operation", CONTROL.spec.operations)
def test_generated_calls_of_the_control_plane_find_nothing(operation: str, control: Application) -> None:
    ledger = held(CONTROL, control, "_mock", effort(operation), FUZZING_PHASE)

    assert told(ledger.findings) == []
    assert min(one.response.status for one in ledger.exchanges) < 400


def test_walks_along_the_links_of_the_control_plane_find_nothing(control: Application) -> None:
    ledger, _ = walk_along_the_links(control, effort(examples=max(WALKS_TO_ALL, EXAMPLES)))

    assert told(ledger.findings) == []


def test_walks_along_the_links_of_the_control_plane_lead_to_what_was_made(control: Application) -> None:
    _, reached = walk_along_the_links(control, RunConfig(SEED_TO_ALL, WALKS_TO_ALL))

    names = {link.partition("] ")[2].partition(" -> ")[0] for link in reached}
    assert {"snapshot", "restore", "difference", "arm"} <= names


def walk_along_the_links(control: Application, wanted: RunConfig) -> tuple[FindingLedger, Collection[str]]:
    """Return what was found on the walks, and the links that led somewhere."""
    ledger = FindingLedger()
    with target(control, "_mock") as one:
        judge = ExchangeJudge(WALKED, wanted)
        context = FuzzingContext(WALKED, one, wanted, ledger, judge)
        return ledger, links.count_followed_links(context)
