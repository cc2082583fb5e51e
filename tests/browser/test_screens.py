from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from tests.browser import screens
from tests.browser.axe import complaints, complaints_everywhere
from tests.browser.screens import PATHS
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor, overflow

MOST_BYTES = 150_000
SMALL = {"width": 320, "height": 640}
ZOOMED = {"width": 320, "height": 225}
"""What a window of 1280 by 900 has left at 400 %."""


@pytest.fixture(scope="module")
def filled(url: str) -> Iterator[Sender]:
    with Sender.into(url, "screens") as sender:
        screens.prepare(sender)
        yield sender
        sender.leave()


@pytest.fixture(scope="module")
def addresses(filled: Sender) -> dict[str, str]:
    return screens.find_addresses(filled)


@pytest.fixture
def address(addresses: dict[str, str], filled: Sender, path: str) -> str:
    """An address of the screen in the sandbox that has something to show."""
    assert path in addresses, f"no link leads to {path}; if it is no page, NO_PAGES names it"
    found = addresses[path]
    return f"/_console{found}{'&' if '?' in found else '?'}sandbox={filled.name}"


def check_everywhere(window: Visiting, address: str) -> None:
    """Check a page in both themes and at two widths."""
    visitor = window(traced=False, viewport={"width": 1280, "height": 800})
    visitor.may_say.append("404")
    page = visitor.open(address)

    assert complaints_everywhere(page) == []
    assert page.locator("h1").count() == 1


@pytest.mark.few(6)
@pytest.mark.parametrize("path", PATHS)
def test_a_screen_is_for_everybody(window: Visiting, address: str) -> None:
    check_everywhere(window, address)


@pytest.mark.few(2)
@pytest.mark.parametrize("path", ["/", "/vba/ui/", "/_console/api/", "/nowhere", "/_console/nowhere"])
def test_a_page_beside_the_screens_is_for_everybody(window: Visiting, path: str) -> None:
    check_everywhere(window, path)


@pytest.mark.few(3)
@pytest.mark.parametrize("path", PATHS)
def test_a_screen_can_be_used_at_four_hundred_percent(window: Visiting, address: str) -> None:
    page = window(viewport=ZOOMED, device_scale_factor=4).open(address)

    assert overflow(page) == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_head_of_a_page_is_whole_beside_a_long_name(url: str, window: Visiting, width: int) -> None:
    with Sender.into(url, f"{width}-".ljust(64, "x")) as sender:
        sender.control("POST", "/clock/advance", json={"seconds": 360_000})
        page = window(viewport={"width": width, "height": 800}).open(f"/_console/?sandbox={sender.name}")

    covered = page.evaluate(
        "[...document.querySelectorAll('header a, header select, header button')].filter(one => {"
        " const {left, right, top, bottom} = one.getBoundingClientRect(); return one.checkVisibility() &&"
        " !(right <= innerWidth && one.contains(document.elementFromPoint((left + right) / 2,"
        " (top + bottom) / 2))); }).map(one => one.textContent)"
    )
    assert (covered, overflow(page)) == ([], 0)


@pytest.mark.parametrize("path", ["/overview", "/item"])
def test_tables_of_items_fit_a_telephone(window: Visiting, address: str) -> None:
    page = window(viewport={"width": 390, "height": 844}).open(address)

    widths = page.evaluate(
        "[...document.querySelectorAll('.scroll:has(> table)')].map(one => one.scrollWidth - one.clientWidth)"
    )
    assert widths
    assert set(widths) == {0}


@pytest.mark.few(3)
@pytest.mark.parametrize("path", PATHS)
def test_a_screen_has_everything_with_scripts_off(window: Visiting, address: str) -> None:
    page = window(java_script_enabled=False, viewport=SMALL).open(address)

    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()


@pytest.mark.few(3)
@pytest.mark.parametrize("path", PATHS)
def test_focus_reaches_every_control_and_is_seen(visitor: Visitor, address: str) -> None:
    page = visitor.open(address)
    count: int = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex], summary')]"
        ".filter(one => one.checkVisibility({visibilityProperty: true}) && one.tabIndex >= 0"
        " && !one.disabled && one.type !== 'hidden' && !(one.type === 'radio' && !one.checked)).length"
    )
    unseen = []
    for _ in range(min(count, 60)):
        page.keyboard.press("Tab")
        style: str | None = page.evaluate(
            "() => { const one = document.activeElement; return one === document.body ? null :"
            " getComputedStyle(one).outlineStyle === 'none' ? one.outerHTML.slice(0, 120) : ''; }"
        )
        assert style is not None, "the focus was lost"
        unseen += [style] if style else []

    assert unseen == []


@pytest.mark.few(3)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_small(filled: Sender, visitor: Visitor, address: str) -> None:
    loaded: list[str] = visitor.open(address).evaluate(
        "performance.getEntriesByType('resource').map(one => one.name)"
    )
    sent = [
        filled.client.get(one).content for one in (address, *(one for one in loaded if "/events" not in one))
    ]

    assert sum(len(gzip.compress(content, 6)) for content in sent) <= MOST_BYTES


@pytest.mark.few(3)
@pytest.mark.parametrize("path", PATHS)
def test_a_screen_has_a_document(filled: Sender, visitor: Visitor, address: str) -> None:
    link = visitor.open(address).get_by_role("link", name="This page as JSON").get_attribute("href")

    answer = filled.client.get(str(link))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_what_is_wrong_with_a_page_is_found(visitor: Visitor, filled: Sender) -> None:
    page = visitor.open(f"/_console/?sandbox={filled.name}")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert [found.partition(":")[0] for found in complaints(page)] == ["button-name"]
