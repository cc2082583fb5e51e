"""A profile in YAML goes as deep as one in Python: those that are written both ways say and find the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response, to_json_bytes
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import BatchProfile, DrawnValues
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target
from mockserver.model import Json
from mockserver.server.application import Application, Options, create_app
from tests.contract.planted_faults.catalogue import MUTANTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.measurement import FaultFoundError, FirstFindingLedger
from tests.contract.planted_faults.wrappers import with_fault

FOLDER = Path(__file__).parent
BATCHES = {"vba": "putClaimInvoiceBatch", "payt": "postV1Invoices", "pvex": "postInvoiceBatch"}
WRITTEN_BOTH_WAYS = ("vba", "pvex")
IN_DATA = ("putClaimInvoiceBatch", "putPayeesBatch")
"""The batches whose records are read in a member `data`."""

DRAWN = DrawnValues(17, Decimal("19.90"))
FOUND_IN_SEQUENCES = (
    "vba-drops-the-last",
    "vba-swaps-keys",
    "vba-is-blind",
    "vba-refuses-a-done-one",
    "vba-creates-what-is-there",
    "vba-loses-the-last",
    "vba-runs-twice",
    "vba-loses-the-second",
    "vba-databases-are-one",
    "vba-says-no-why",
    "payt-is-blind",
    "payt-counts-what-was-sent",
    "payt-loses-digits",
    "payt-keeps-a-refused-one",
    "payt-changes-nothing",
    "pvex-cuts-cents",
    "pvex-is-blind",
    "pvex-names-the-next",
    "pvex-names-one-of-two",
    "pvex-keeps-nothing",
    "pvex-loses-the-second",
)


@cache
def in_python(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor)


@cache
def in_yaml(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor, None, FOLDER / f"{vendor}.yaml")


def pairs() -> Iterator[tuple[BatchProfile, BatchProfile]]:
    """The batch profiles of one operation each, as they are in Python and in YAML."""
    for vendor in WRITTEN_BOTH_WAYS:
        api = in_yaml(vendor)
        made = {one.operation: one for one in api.profile.batches(api.facts)}
        for one in in_python(vendor).profile.batches(in_python(vendor).facts):
            yield one, made.pop(one.operation)
        assert not made


def asked(request: Request) -> tuple[str, str, Mapping[str, str], Json]:
    document = request.json() if request.body else None
    return request.method, request.path.replace("%3A", ":"), request.headers, document


@pytest.mark.parametrize(("python", "written"), list(pairs()), ids=lambda one: one.operation)
def test_items_records_and_calls_are_the_same(python: BatchProfile, written: BatchProfile) -> None:
    key = python.key(3)
    item = python.item(key, DRAWN)

    assert (written.key(3), written.item(key, DRAWN)) == (key, item)
    assert written.record(key, DRAWN) == python.record(key, DRAWN)
    assert asked(written.call([item], 1)) == asked(python.call([item], 1))
    assert asked(written.read(key, 1)) == asked(python.read(key, 1))
    assert written.listing
    assert python.listing
    assert asked(written.listing(1)) == asked(python.listing(1))
    assert (written.tenants, written.twice) == (python.tenants, python.twice)
    assert sorted(written.encodings) == sorted(python.encodings)


@pytest.mark.parametrize(("python", "written"), list(pairs()), ids=lambda one: one.operation)
def test_ways_to_spoil_an_item_are_the_same(python: BatchProfile, written: BatchProfile) -> None:
    item = python.item(python.key(3), DRAWN)

    def spoiled(profile: BatchProfile) -> Mapping[str, Json]:
        return {one.name: (one.refuses_call, one.change(item)) for one in profile.corruptions}

    assert spoiled(written) == spoiled(python)


@pytest.mark.parametrize(("python", "written"), list(pairs()), ids=lambda one: one.operation)
@pytest.mark.parametrize("is_there", [True, False], ids=["there", "not there"])
def test_single_changes_are_the_same(python: BatchProfile, written: BatchProfile, *, is_there: bool) -> None:
    key = python.key(3)
    record = python.record(key, DrawnValues(4, Decimal(1))) if is_there else None

    for one, other in zip(python.steps, written.steps, strict=True):
        assert one.name == other.name
        assert asked(one.request(key, DRAWN, 1)) == asked(other.request(key, DRAWN, 1))
        assert one.after(record, DRAWN) == other.after(record, DRAWN)


@pytest.mark.parametrize(("python", "written"), list(pairs()), ids=lambda one: one.operation)
def test_a_record_is_read_the_same(python: BatchProfile, written: BatchProfile) -> None:
    key = python.key(3)
    item = {**python.item(key, DRAWN), "Deleted": False}
    one, rows = (
        Exchange(python.read(key, 0), Response(200, {}, answer(python, document)))
        for document in (item, [item])
    )
    none = Exchange(python.read(key, 0), Response(404, {}, b"{}"))

    assert written.shown(key, one) == python.shown(key, one) == python.record(key, DRAWN)
    assert written.shown(key, none) == python.shown(key, none) is None
    assert written.listed
    assert python.listed
    assert written.listed(rows) == python.listed(rows) == {key: python.record(key, DRAWN)}


def answer(profile: BatchProfile, document: Json) -> bytes:
    shown = {"data": document} if profile.operation in IN_DATA else document
    return to_json_bytes(shown).encode()


@pytest.mark.parametrize("vendor", WRITTEN_BOTH_WAYS)
def test_what_is_pinned_and_tolerated_is_the_same(vendor: str) -> None:
    python, written = in_python(vendor).profile, in_yaml(vendor).profile

    assert written.tolerances == python.tolerances
    assert written.pins == python.pins
    assert written.fact_checks == python.fact_checks
    assert (written.facts, written.credentials) == (python.facts, python.credentials)
    assert [written.headers(written.facts, tenant) for tenant in (0, 1)] == [
        python.headers(python.facts, tenant) for tenant in (0, 1)
    ]


def test_what_is_assumed_and_how_lists_are_read_is_the_same() -> None:
    python, written = in_python("pvex").profile, in_yaml("pvex").profile

    assert (written.open_cases, written.lists) == (python.open_cases, python.lists)
    [one], [other] = (each.batches(python.facts) for each in (python, written))
    assert assumed(other) == assumed(one)
    assert other.values == one.values


def assumed(profile: BatchProfile) -> Json:
    """What a profile lets another server do."""
    cases = [(one.name, one.assumption) for one in (*profile.corruptions, *profile.oddities)]
    updates = [(one.what, [step.name for step in one.steps]) for one in profile.updates]
    return cases, profile.twice_positions, updates, profile.assumed_encodings


@pytest.mark.parametrize(
    ("python", "written", "media_type"),
    [(one, other, name) for one, other in pairs() for name in sorted(one.encodings)],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_other_media_types_are_written_the_same(
    python: BatchProfile, written: BatchProfile, media_type: str
) -> None:
    items = [{**python.item(python.key(number), DRAWN)} for number in (3, 4)]

    assert written.encodings[media_type](items) == python.encodings[media_type](items)


@pytest.mark.parametrize("word", [0, 1, 2])
@pytest.mark.parametrize("site", [None, "SITE-9"])
def test_an_update_leaves_the_same(word: int, site: str | None) -> None:
    [one], [other] = (api.profile.batches(api.facts) for api in (in_python("pvex"), in_yaml("pvex")))
    before = {**one.record("K", DRAWN), "SiteId": site}
    drawn = DrawnValues(18, Decimal(1))

    python, written = one.updates[word], other.updates[word]
    assert (python.record_after is None) == (written.record_after is None)
    if python.record_after and written.record_after:
        assert written.record_after(before, "K", drawn) == python.record_after(before, "K", drawn)
    assert [step.after(before, drawn) for step in written.steps] == [
        step.after(before, drawn) for step in python.steps
    ]


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


@pytest.mark.few(1)
@pytest.mark.parametrize("vendor", BATCHES)
def test_the_right_server_has_no_finding(vendor: str) -> None:
    ledger = FindingLedger()

    assert found(vendor, right_server(vendor), ledger) == []
    assert ledger.made[BATCHES[vendor], "steps-do-what-they-say"]
    has_tenants = any(one.tenants > 1 for one in in_yaml(vendor).profile.batches(in_yaml(vendor).facts))
    assert bool(ledger.made[BATCHES[vendor], "tenants-are-apart"]) == has_tenants


@pytest.mark.few(7)
@pytest.mark.parametrize(
    "fault", [one for one in MUTANTS if one.id in FOUND_IN_SEQUENCES], ids=lambda one: one.id
)
def test_a_planted_fault_is_found(fault: PlantedFault) -> None:
    app = with_fault(right_server(fault.vendor), fault.planted)

    assert found(fault.vendor, app, FirstFindingLedger())
