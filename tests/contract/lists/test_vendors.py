"""The lists of our vendors: nothing is found at the right server, and every planted fault is."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, checks_of
from mockserver.contract.lists.run import plan_lists
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.target import Address, App, Target
from mockserver.contract.trial import Trial
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.filtering import FILTERING
from tests.contract.planted_faults.paging import PAGING, capped
from tests.contract.planted_faults.vendors import VBA
from tests.contract.planted_faults.wrappers import with_fault
from tests.support.spec_documents import VENDORS

ONCE, ORDER, SIZE = "pages-show-each-row-once", "pages-keep-the-order", "page-size-is-kept"
TOTALS, LINKS, FILTERS = "totals-fit-the-rows", "page-links-lead-on", "filters-select"
FOUND_BY = {
    "vba-pages-repeat-a-row": ONCE,
    "vba-pages-skip-a-row": ONCE,
    "vba-pages-turn-round": ORDER,
    "vba-last-page-is-empty": ONCE,
    "vba-total-is-one-short": TOTALS,
    "vba-pages-are-rounded-down": TOTALS,
    "vba-page-size-ends-at-ten": SIZE,
    "guidewire-counts-all-on-each-page": TOTALS,
    "guidewire-total-is-of-the-page": TOTALS,
    "guidewire-next-is-the-same-page": LINKS,
    "guidewire-next-on-the-last-page": LINKS,
    "guidewire-next-is-on-the-first-page-only": LINKS,
    "guidewire-prev-is-the-first-page": LINKS,
    "guidewire-filter-is-ignored": FILTERS,
    "guidewire-filter-drops-a-match": FILTERS,
    "payt-cursor-row-comes-again": ONCE,
    "payt-cursor-skips-a-row": ONCE,
    "payt-cursor-ends-early": ONCE,
    "payt-cursor-on-the-last-page": LINKS,
    "payt-page-size-ends-at-ten": SIZE,
    "payt-debtor-filter-is-ignored": FILTERS,
    "payt-least-total-is-left-out": FILTERS,
    "xero-last-page-comes-again": ONCE,
    "xero-counts-the-page": TOTALS,
    "xero-has-a-page-too-many": TOTALS,
    "xero-pages-repeat-a-row": ONCE,
    "xero-number-filter-is-ignored": FILTERS,
    "pvex-subscriber-is-ignored": FILTERS,
    "pvex-filter-drops-a-match": FILTERS,
}


@cache
def api_of(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor)


@cache
def right_server(vendor: str) -> App:
    return create_app(Options(vendors=(vendor,), strict_auth=True))


def run(vendor: str, app: App, *operations: str, seed: int = 7, examples: int = 1) -> FindingLedger:
    """What the lists of a vendor come to."""
    api, run_config = api_of(vendor), RunConfig(seed, examples, operations=frozenset(operations))
    ledger = FindingLedger()
    with Target(Address(f"http://testserver/{vendor}", app)) as target:
        parts = plan_lists(Trial(api, target, run_config, ledger, ExchangeJudge(api, run_config)))
        run_parts(parts, ledger)
    return ledger


def message(findings: list[Finding]) -> list[str]:
    return [f"{one.operation}: {one.check}: {one.message}" for one in findings]


@pytest.mark.few(5)
@pytest.mark.parametrize("seed", [7, 8, 9])
@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_is_found_at_a_right_server(vendor: str, seed: int) -> None:
    ledger = run(vendor, right_server(vendor), seed=seed)

    assert message(ledger.findings) == []
    assert {"pages-show-each-row-once"} <= {check for _, check in ledger.made}
    assert ledger.notes == []


def test_every_check_is_made_where_a_list_has_all_of_it() -> None:
    ledger = run("guidewire", right_server("guidewire"))

    assert set(checks_of("lists")) <= {check for _, check in ledger.made}


@pytest.mark.few(7)
@pytest.mark.parametrize(
    "fault", [one for one in (*PAGING, *FILTERING) if one.id in FOUND_BY], ids=lambda one: one.id
)
def test_a_fault_of_a_list_is_found(fault: PlantedFault) -> None:
    app = with_fault(right_server(fault.vendor), fault.planted)

    ledger = run(fault.vendor, app, *fault.operations)

    assert FOUND_BY[fault.id] in {one.check for one in ledger.findings}, message(ledger.findings)


def test_a_limit_above_the_usual_page_size_is_no_fault() -> None:
    app = with_fault(right_server("vba"), capped(VBA, 100))

    ledger = run("vba", app, *VBA.operations, examples=100)

    assert message(ledger.findings) == []


def test_records_of_others_at_a_target_without_sandboxes_are_no_fault() -> None:
    app = _without_journal(create_app(Options(vendors=("vba",), strict_auth=True)))

    ledgers = [run("vba", app, *VBA.operations) for _ in range(2)]

    assert [message(ledger.findings) for ledger in ledgers] == [[], []]
    assert [ledger.notes for ledger in ledgers] == [[], []]


def _without_journal(app: App) -> App:
    """The server as one that is not ours: nothing says that it has sandboxes."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def passed(message: Any) -> None:
            headers = [one for one in message.get("headers", []) if one[0].lower() != b"mock-journal"]
            await send({**message, "headers": headers} if "headers" in message else message)

        await app(scope, receive, passed)

    return wrapped


def test_a_repeated_row_is_told_with_both_pages() -> None:
    fault = next(one for one in PAGING if one.id == "vba-pages-repeat-a-row")

    ledger = run("vba", with_fault(right_server("vba"), fault.planted), *fault.operations)

    finding = next(one for one in ledger.findings if one.check == ONCE)
    assert finding.message.startswith("page 2 of GET /claim-invoice with pageSize=")
    assert finding.message.endswith(", which page 1 showed")
    assert finding.exchanges[-1].request.path.startswith("/claim-invoice?pageSize=")
    assert finding.steps[0] == "PUT /claim-invoice-batch with 10 good items → 207: 10 stored"
