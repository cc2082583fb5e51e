from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sending import Sender
from tests.browser.visitor import Visiting

DARK = "rgb(15, 18, 22)"
LIGHT = "rgb(246, 247, 249)"


def surface(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


@pytest.mark.parametrize(("system", "expected"), [("dark", DARK), ("light", LIGHT)])
def test_colours_follow_the_system(window: Visiting, sender: Sender, system: str, expected: str) -> None:
    page = window(color_scheme=system).open(f"/_console/?sandbox={sender.name}")

    assert surface(page) == expected


def test_a_choice_of_colours_is_kept(window: Visiting, sender: Sender) -> None:
    page = window(color_scheme="light").open(f"/_console/?sandbox={sender.name}")

    page.get_by_label("dark").check()
    assert surface(page) == DARK
    page.reload()
    assert surface(page) == DARK
    expect(page.get_by_label("dark")).to_be_checked()
    page.get_by_label("system").check()
    assert surface(page) == LIGHT


def test_an_address_is_copied(window: Visiting, sender: Sender) -> None:
    visitor = window(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/_console/?sandbox={sender.name}")

    page.get_by_role("button", name="Copy").first.click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.locator("#announcements")).to_have_text("Copied")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{visitor.url}/")


def test_where_nothing_can_be_copied_it_says_what_to_press(window: Visiting, sender: Sender) -> None:
    visitor = window()
    visitor.context.add_init_script("delete Navigator.prototype.clipboard")
    page = visitor.open(f"/_console/?sandbox={sender.name}")

    page.get_by_role("button", name="Copy").first.click()

    expect(page.get_by_role("button", name="Press Ctrl-C")).to_be_visible()
    selected: str = page.evaluate("getSelection().toString()")
    assert selected.startswith(f"{visitor.url}/")
