"""The call beside the list of calls, on a wide screen."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import complaints
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor, overflow


@pytest.fixture
def page(visitor: Visitor, sender: Sender) -> Page:
    """The list of three calls."""
    for _ in range(3):
        sender.batch(2, bad=1)
    return visitor.open(f"/_console/?sandbox={sender.name}")


def click_row(page: Page, number: int) -> None:
    page.locator(f'tr[data-number="{number}"] .call').click()


def expect_beside(page: Page, number: int | None) -> None:
    """Expect the call beside the list and in the address; None: no call is chosen."""
    panel = page.get_by_role("region", name="The chosen call")
    if number is None:
        expect(panel).to_be_hidden()
    else:
        expect(panel.locator("h1")).to_contain_text(f"Call #{number}")
    assert ("call=" in page.url, page.url.endswith(f"call={number}")) == (number is not None,) * 2


def test_a_click_anywhere_in_a_row_shows_the_call_beside_the_list(page: Page) -> None:
    click_row(page, 2)

    expect_beside(page, 2)
    expect(page.locator("#calls tr.chosen")).to_have_attribute("data-number", "2")
    expect(page.locator("h1").first).to_have_text("Calls")
    assert (overflow(page), complaints(page)) == (0, [])


def test_back_and_forward_go_through_the_chosen_calls(page: Page) -> None:
    click_row(page, 2)
    expect_beside(page, 2)
    click_row(page, 1)
    expect_beside(page, 1)

    page.go_back()
    expect_beside(page, 2)
    page.go_back()
    expect_beside(page, None)
    page.go_forward()
    expect_beside(page, 2)


def test_keys_walk_through_the_open_view_and_close_it(page: Page) -> None:
    keys = (("j", None), ("Enter", 3), ("j", 2), ("j", 1), ("j", 1), ("k", 2), ("Escape", None))
    for key, number in keys:
        page.keyboard.press(key)
        expect_beside(page, number)
    expect(page.locator('tr[data-number="2"] a').first).to_be_focused()


def test_enter_on_the_chosen_row_leads_into_the_call(page: Page) -> None:
    click_row(page, 2)
    expect_beside(page, 2)

    page.keyboard.press("Enter")

    expect(page.locator("#beside")).to_be_focused()


def test_the_steps_of_the_call_stay_in_the_view(page: Page) -> None:
    click_row(page, 2)
    page.locator("#beside [rel=prev]").click()

    expect_beside(page, 1)


def test_a_part_of_the_call_leaves_the_address_to_the_list(page: Page) -> None:
    click_row(page, 2)
    page.locator("#beside").get_by_role("link", name="Headers").click()

    expect(page.locator("#beside [aria-current=page]")).to_have_text("Headers")
    expect_beside(page, 2)


def test_the_address_opens_the_view_again(page: Page) -> None:
    click_row(page, 2)
    page.reload()

    expect_beside(page, 2)


def test_the_address_leads_to_the_page_of_the_call_on_a_narrow_screen(page: Page, sender: Sender) -> None:
    page.set_viewport_size({"width": 1279, "height": 900})
    page.goto(f"{page.url}&call=2")

    page.wait_for_url(f"**/_console/x/2?sandbox={sender.name}")
    expect(page.locator("h1")).to_contain_text("Call #2")


def test_a_marked_text_opens_nothing(page: Page) -> None:
    page.locator('tr[data-number="2"] .call code').dblclick()

    assert page.evaluate("String(getSelection())")


def test_without_scripts_the_link_leads_to_the_page(window: Visiting, sender: Sender) -> None:
    sender.batch()
    page = window(java_script_enabled=False).open(f"/_console/?sandbox={sender.name}")

    page.get_by_role("link", name="#1").click()

    page.wait_for_url(f"**/_console/x/1?sandbox={sender.name}")
    expect(page.locator("h1")).to_contain_text("Call #1")


@pytest.mark.parametrize("call", ["../reports/page?path=hostile.html#", "<b>"])
def test_only_a_number_is_shown_beside_the_list(page: Page, call: str) -> None:
    page.goto(f"{page.url}&call={quote(call, safe='')}")
    page.keyboard.press("j")

    expect(page.locator("#beside")).to_be_hidden()
