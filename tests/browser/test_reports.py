"""Reports as files from a disk: nothing is asked for, and axe has nothing against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mockserver.cli.drill_report.files import html_page as drill_page
from mockserver.contract.exchange import Exchange, Response, json_request
from mockserver.contract.report.drift import page as drift_page
from mockserver.contract.report.files import html_page as contract_page
from mockserver.contract.report.results import report_document
from mockserver.contract.traffic import Drift, DriftedExchange, OutcomeDifference
from tests.browser.axe import complaints_everywhere
from tests.browser.visitor import visiting
from tests.support.contract_sessions import BEGAN, seen
from tests.support.contract_sessions import finding as contract_finding
from tests.support.drill_results import finding, report, result, shown_call


def drifted() -> str:
    call = Exchange(json_request("POST", "/v1/invoices", {}, {}), Response(201, {}, b"{}"))
    other = DriftedExchange(
        1, call, call, (contract_finding(),), (OutcomeDifference(0, "R-1", "done", "rejected"),)
    )
    return drift_page(Drift("payt", (other,), foreign=0, lost=0, transient=0, made={}), "traffic.har")


REPORTS: Mapping[str, Callable[[], str]] = {
    "drill": lambda: drill_page(
        report(result("a", finding("DROPPED", "R-1", calls=(1,)), calls=(shown_call(1),)), result("b"))
    ),
    "contract": lambda: contract_page(report_document([seen(contract_finding())], BEGAN)),
    "drift": drifted,
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_one_file_that_axe_has_nothing_against(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    (tmp_path / "index.html").write_text(REPORTS[name](), encoding="utf-8")

    with visiting(browser, tmp_path.as_uri(), bypass_csp=True) as visitor:
        page = visitor.open("/index.html")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = complaints_everywhere(page)

    assert (found, visitor.problems) == ([], [])
