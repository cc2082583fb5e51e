"""Every fault of pages and filters is found at the vendors that have the feature."""

from __future__ import annotations

import pytest

from tests.contract.lists.test_vendors import FOUND_BY as FOUND_BY_NAME
from tests.contract.lists.test_vendors import message, right_server, run
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.filtering import FILTERING
from tests.contract.planted_faults.paging import PAGING
from tests.contract.planted_faults.wrappers import with_fault

FOUND_BY = {
    "pages-repeat-a-row": "pages-show-each-row-once",
    "pages-lose-their-last-row": "page-size-is-kept",
    "last-page-comes-again": "pages-show-each-row-once",
    "pages-turn-round": "pages-keep-the-order",
    "page-size": "page-size-is-kept",
    "total-is-of-the-page": "totals-fit-the-rows",
    "filter-forgets-a-value": "filters-select",
    "filter-lowers-the-case": "filters-select",
    "leave-out-the-border": "filters-select",
    "is-left-out": "filters-select",
    "filter-is-on-the-first-page-only": "filters-select",
    "rows-of-another-tenant": "tenants-are-apart",
    "forgets-the-administration": "tenants-are-apart",
    "in-small-letters": "filters-select",
    "deleted-is-ignored": "filters-select",
    "items-are-those-of-one": "filters-select",
    "in-xml": "same-in-every-media-type",
}
"""The check that finds a fault, by a part of its name."""


@pytest.mark.few(5)
@pytest.mark.parametrize(
    "fault",
    [one for one in (*PAGING, *FILTERING) if one.id not in FOUND_BY_NAME],
    ids=lambda one: one.id,
)
def test_a_fault_of_pages_or_filters_is_found(fault: PlantedFault) -> None:
    app = with_fault(right_server(fault.vendor), fault.planted)

    ledger = run(fault.vendor, app, *fault.operations)

    (check,) = {check for part, check in FOUND_BY.items() if part in fault.id}
    assert check in {one.check for one in ledger.findings}, message(ledger.findings)


def test_a_row_of_another_tenant_is_told_with_its_key() -> None:
    fault = next(one for one in FILTERING if one.id == "vba-lists-rows-of-another-tenant")

    ledger = run("vba", with_fault(right_server("vba"), fault.planted), *fault.operations)

    (finding,) = (one for one in ledger.findings if one.check == "tenants-are-apart")
    assert finding.message.endswith("in one tenant; it was stored in another")
    assert finding.expected == "nothing of another tenant"


def test_a_page_in_xml_is_told_with_the_row_that_it_lacks() -> None:
    fault = next(one for one in FILTERING if one.id == "pvex-list-loses-its-last-in-xml")

    ledger = run("pvex", with_fault(right_server("pvex"), fault.planted), *fault.operations)

    (finding,) = (one for one in ledger.findings if one.check == "same-in-every-media-type")
    assert " rows in JSON and " in finding.message
    assert finding.received == "no row"
