from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sending import Sender
from tests.browser.visitor import Visiting


@pytest.fixture
def page(window: Visiting, sender: Sender) -> Page:
    """The list of two calls, in a browser that runs no scripts."""
    sender.batch(2, description="apples")
    sender.batch(2, bad=1, description="pears")
    return window(java_script_enabled=False).open(f"/_console/?sandbox={sender.name}")


def numbers(page: Page) -> list[str]:
    return page.locator("#calls tbody th").all_inner_texts()


def test_calls_are_filtered(page: Page) -> None:
    page.get_by_role("searchbox").fill("PEARS")
    page.get_by_role("button", name="Search").click()

    assert numbers(page) == ["#2"]
    page.get_by_role("searchbox").fill("")
    page.get_by_text("Filters").click()
    page.get_by_label("Outcome").select_option("rejected")
    page.get_by_role("button", name="Search").click()
    assert numbers(page) == ["#2"]
    page.get_by_role("link", name="Without outcome rejected").click()
    assert numbers(page) == ["#2", "#1"]


def test_a_call_is_opened(page: Page) -> None:
    page.get_by_role("link", name="#1").click()

    expect(page.locator("h1")).to_contain_text("#1")


def test_another_sandbox_is_chosen(page: Page) -> None:
    page.get_by_label("Sandbox").select_option("default")
    page.get_by_role("button", name="Go").click()

    assert page.url.endswith("/_console/?sandbox=default")


def test_calls_are_deleted_and_an_example_is_sent(page: Page) -> None:
    page.get_by_role("button", name="Delete all calls of this sandbox").click()
    expect(page.get_by_role("heading", name="No call yet")).to_be_visible()

    page.get_by_role("button", name="Send an example").first.click()

    expect(page.locator("h1")).to_contain_text("#3")


def test_nothing_is_offered_that_scripts_would_do(page: Page) -> None:
    names = [
        name for name in page.get_by_role("button").all_inner_texts() if re.search("Pause|Copy|Keys", name)
    ]

    assert names == []
    expect(page.get_by_role("group", name="Colours")).to_have_count(0)
