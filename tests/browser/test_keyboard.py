from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from mockserver.console.pages import NAVIGATION
from tests.browser.axe import complaints
from tests.browser.sending import Sender
from tests.browser.visitor import Visitor


@pytest.fixture
def page(visitor: Visitor, sender: Sender) -> Page:
    """The list of three calls."""
    for _ in range(3):
        sender.batch(2, bad=1)
    return visitor.open(f"/_console/?sandbox={sender.name}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent")
    return text


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page) -> None:
    press(page, "Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()

    press(page, "Enter")

    expect(page.locator("main")).to_be_focused()


def test_j_and_k_go_from_row_to_row(page: Page) -> None:
    seen = []
    for key in "jjjjkkkk":
        press(page, key)
        seen.append(focused(page))

    assert seen == ["#3", "#2", "#1", "#1", "#2", "#3", "#3", "#3"]


def test_enter_opens_a_row(page: Page, sender: Sender) -> None:
    page.set_viewport_size({"width": 1279, "height": 900})
    press(page, "j", "j", "Enter")

    page.wait_for_url(f"**/_console/x/2?sandbox={sender.name}")
    expect(page.locator("h1")).to_contain_text("#2")


def test_the_way_back_is_a_key_too(page: Page, sender: Sender) -> None:
    page.set_viewport_size({"width": 1279, "height": 900})
    press(page, "j", "Enter")
    page.wait_for_url("**/_console/x/3?*")

    press(page, "Escape")

    page.wait_for_url(f"**/_console/?sandbox={sender.name}")
    assert page.locator("h1").inner_text() == "Calls"


def test_a_stroke_leads_to_the_search_where_keys_are_letters(page: Page) -> None:
    press(page, "/")
    expect(page.locator("#search")).to_be_focused()

    page.keyboard.type("jk?/p")

    expect(page.locator("#search")).to_have_value("jk?/p")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")


def test_p_pauses_and_goes_on(page: Page) -> None:
    pressed = []
    for _ in range(2):
        press(page, "p")
        pressed.append(page.locator("#pause").get_attribute("aria-pressed"))

    assert pressed == ["true", "false"]


@pytest.mark.parametrize(("name", "path", "key"), NAVIGATION)
def test_g_and_a_letter_lead_to_a_screen(page: Page, sender: Sender, name: str, path: str, key: str) -> None:
    press(page, "g", key)

    page.wait_for_url(f"**/_console{path}?sandbox={sender.name}")
    expect(page.locator('nav a[aria-current="page"]').first).to_have_text(name)


def test_g_and_a_letter_lead_to_a_screen_that_is_not_in_the_head(page: Page, sender: Sender) -> None:
    press(page, "g", "l")

    page.wait_for_url(f"**/_console/timeline?sandbox={sender.name}")
    expect(page.locator("h1")).to_have_text("Timeline")


def chosen(page: Page) -> Locator:
    """The option of the palette that Enter would follow."""
    return page.locator('#palette [aria-selected="true"]')


@pytest.mark.parametrize("held", ["Control", "Meta"])
def test_the_palette_opens_from_a_field_too(page: Page, held: str) -> None:
    press(page, "/", f"{held}+k")

    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()


@pytest.mark.parametrize(
    ("option", "path"),
    [
        ("Screen Overview", "/overview?sandbox={}"),
        ("Screen Timeline", "/timeline?sandbox={}"),
        ("Sandbox default", "/?sandbox=default"),
        ("Vendor vba", "/vendors/vba?sandbox={}"),
        ("Call #2", "/x/2?sandbox={}"),
        ("Item R-17", "/item?sandbox={}&item=R-17"),
        ("Documentation Retry libraries", "/docs/retries?sandbox={}"),
    ],
)
def test_the_palette_leads_anywhere(
    page: Page, visitor: Visitor, sender: Sender, option: str, path: str
) -> None:
    visitor.may_say.append("404")  # no call has the item
    press(page, "Control+k")
    page.keyboard.type(option.partition(" ")[2])
    expect(chosen(page)).to_have_text(option)

    with page.expect_navigation(url=f"**/_console{path.format(sender.name)}", wait_until="commit"):
        press(page, "Enter")


def test_the_palette_offers_no_item_with_the_name_of_a_screen(page: Page) -> None:
    press(page, "Control+k")
    page.keyboard.type("timeline")

    expect(page.locator("#palette")).not_to_contain_text("Item timeline")


def test_the_arrows_choose_in_the_palette(page: Page) -> None:
    press(page, "Control+k", "ArrowDown", "ArrowDown", "ArrowUp")

    expect(chosen(page)).to_have_text("Screen Overview")
    expect(page.get_by_role("combobox", name="Go to")).to_have_attribute("aria-activedescendant", "place-1")


def test_the_open_palette_is_for_everybody(page: Page) -> None:
    press(page, "Control+k")
    expect(chosen(page)).to_be_visible()

    assert complaints(page) == []


def test_the_actions_of_a_call_have_keys(page: Page) -> None:
    press(page, "j", "Enter")
    expect(page.locator("#beside h1")).to_contain_text("#3")

    with page.expect_download() as file:
        press(page, "h")
    press(page, "a")

    page.wait_for_url("**/_console/scenarios/new?*")
    assert file.value.suggested_filename == "call-3.sh"


def test_a_letter_without_g_leads_nowhere(page: Page) -> None:
    before = page.url

    press(page, "g", "z", "s", "t")

    assert page.url == before


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(page: Page) -> None:
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "j")
    press(page, "Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not focused(page).startswith("#")


def test_the_keys_can_be_switched_off_for_good(page: Page) -> None:
    press(page, "?")
    page.get_by_label("Use these keys").uncheck()
    press(page, "Escape", "j")
    assert not focused(page).startswith("#")

    page.reload()
    press(page, "j")
    assert not focused(page).startswith("#")
    page.get_by_role("button", name="Keys: ?").click()
    expect(page.get_by_label("Use these keys")).not_to_be_checked()


@pytest.mark.parametrize("held", ["Control", "Alt", "Meta"])
def test_keys_with_another_one_held_belong_to_the_browser(page: Page, held: str) -> None:
    page.evaluate("document.addEventListener('keydown', event => event.preventDefault(), {capture: true})")

    press(page, f"{held}+p")

    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")


def test_a_call_that_arrives_leaves_the_focus_where_it_is(page: Page, sender: Sender) -> None:
    press(page, "j", "j")

    sender.batch()
    page.locator('tr[data-number="4"]').wait_for()

    assert focused(page) == "#2"
    press(page, "k", "k")
    assert focused(page) == "#4"
