"""Swagger UI with our server behind it, opened and tried; skipped where its files were not fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from mockserver.console.assets import Assets
from tests.browser.axe import complaints_everywhere
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor

LONG = [{"name": f"vendor-{number}", "title": "x" * 40} for number in range(4000)]
SHORT = LONG[:3]

pytestmark = pytest.mark.skipif(
    not Assets.find().address("swagger-ui-bundle.js"), reason="Swagger UI was not fetched: make assets"
)


def opened(visitor: Visitor, sandbox: str) -> Page:
    """The page of a vendor, at a batch operation that was sent as its example is."""
    page = visitor.open(f"/vba/ui/?sandbox={sandbox}")
    operation = page.locator("#operations-Claim_Invoice-putClaimInvoiceBatch")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status").nth(1).wait_for()
    return page


def test_a_call_that_is_tried_reaches_the_chosen_sandbox(visitor: Visitor, sender: Sender) -> None:
    page = opened(visitor, sender.name)

    expect(page.locator(".request-url")).to_contain_text(f"/sandboxes/{sender.name}/vba/claim-invoice-batch")
    expect(page.locator(".live-responses-table .response-col_status").nth(1)).to_have_text("207")


def test_the_console_leads_to_the_operations_in_its_own_sandbox(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(f"/_console/vendors?sandbox={sender.name}")

    page.get_by_role("link", name="Operations of vba").click()

    expect(page.locator("#base")).to_have_text(f"{visitor.url}/sandboxes/{sender.name}/vba")
    page.get_by_role("link", name="Calls", exact=True).click()
    page.wait_for_url(f"**/_console/?sandbox={sender.name}")


def test_an_operation_that_was_tried_is_for_everybody(window: Visiting, sender: Sender) -> None:
    page = opened(window(traced=False, bypass_csp=True), sender.name)

    assert complaints_everywhere(page) == []


def test_a_plain_list_that_is_open_is_for_everybody(window: Visiting) -> None:
    page = window(traced=False).open("/vba/ui/?plain=1")

    assert complaints_everywhere(page) == []


@pytest.mark.parametrize(("answer", "is_coloured"), [(SHORT, True), (LONG, False)], ids=["short", "long"])
def test_a_long_answer_is_not_coloured(
    visitor: Visitor, answer: list[dict[str, str]], *, is_coloured: bool
) -> None:
    def fulfil(route: Route) -> None:
        route.fulfill(json=answer)

    visitor.context.route("**/_mock/vendors", fulfil)
    page = visitor.open("/_console/api/")
    operation = page.locator("#operations-server-list_vendors")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    body = operation.locator(".live-responses-table .microlight").first

    expect(body).to_contain_text("vendor-2")
    assert (body.locator("span").count() > len(answer)) is is_coloured


def test_a_page_with_scripts_off_leads_to_the_plain_list(window: Visiting) -> None:
    page = window(java_script_enabled=False).open("/vba/ui/")

    page.get_by_role("link", name="plain list", exact=True).click()

    expect(page.locator("#op-putClaimInvoiceBatch")).to_be_visible()
