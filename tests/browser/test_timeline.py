from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor


@pytest.fixture
def address(sender: Sender) -> str:
    """The timeline of two calls with the same items."""
    for _ in range(2):
        sender.batch(2, bad=1)
    return f"/_console/timeline?sandbox={sender.name}"


def drag(page: Page, start: float, end: float) -> None:
    """Drag over the axis from one share of its width to another."""
    box = page.locator("svg.waterfall").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + 45, steps=4)
    page.mouse.up()


def span(page: Page) -> float:
    return float(str(page.locator("svg.waterfall").get_attribute("data-span")))


def test_dragging_over_the_axis_shows_a_part_of_the_time(visitor: Visitor, sender: Sender) -> None:
    rule = {"id": "slow", "response": {"delay": {"type": "fixed", "value": 200}}}
    sender.control("PUT", "/scenarios/slow", json={"version": 1, "name": "slow", "rules": [rule]})
    sender.batch()
    page = visitor.open(f"/_console/timeline?sandbox={sender.name}")
    whole = span(page)

    drag(page, 0.75, 0.25)

    page.wait_for_url(re.compile("&from=.*&to="))
    assert span(page) == pytest.approx(whole / 2, abs=3)


def test_a_call_in_focus_tells_its_facts_and_lights_its_lines(visitor: Visitor, address: str) -> None:
    page = visitor.open(address)
    expect(page.locator(".tip").first).to_be_hidden()

    page.locator("[data-call='2']").focus()

    expect(page.locator("[data-call='2'] .tip")).to_contain_text("#2")
    expect(page.locator(".retry")).to_have_class("retry lit")


def test_a_part_of_the_time_is_a_link_without_scripts(window: Visiting, address: str) -> None:
    page = window(java_script_enabled=False).open(address)

    page.locator(".tick rect").first.click()

    assert "from=" in page.url
    expect(page.get_by_role("link", name="Whole run")).to_be_visible()
