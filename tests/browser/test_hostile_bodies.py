from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.browser.sending import Sender
from tests.browser.visitor import Visitor, overflow

HOOK = "window.hacked = true"
TEXTS = [
    f"<script>{HOOK}</script>",
    f"<img src=x onerror='{HOOK}'>",
    f"</script><svg onload='{HOOK}'>",
    f'"><iframe srcdoc="<script>parent.{HOOK}</script>">',
    f"javascript:{HOOK}",
    f"';{HOOK};//",
    "{{ 7 * 191 }}${7 * 191}",
    "\u202eright to left\u202c \u2066isolated",
    "<!--<script>",
    "]]>&lt;b&gt;",
    "x" * 20_000,
]
WAYS = ("description", "invoice_Number", "javascript:window.hacked=true", "__proto__")


def is_hacked(page: Page) -> bool:
    found: bool = page.evaluate("'hacked' in window || 'hacked' in {}")
    return found


@pytest.mark.few(4)
@pytest.mark.parametrize("text", TEXTS, ids=[text[:24] for text in TEXTS])
def test_a_hostile_text_does_nothing(visitor: Visitor, sender: Sender, text: str) -> None:
    sender.batch(2, bad=1, **dict.fromkeys(WAYS, text))
    sender.send("PUT", "/vba/claim-invoice-batch", json=[{"invoice_Key": text, text[:200]: text}])
    sender.send("PUT", "/vba/nowhere", content=text.encode())
    visitor.may_say.append("404")  # the page of a call that is no vendor's

    for path in ("/", "/x/1", "/x/2", "/x/3"):
        page = visitor.open(f"/_console{path}?sandbox={sender.name}")

        assert (page.locator("h1").count(), is_hacked(page)) == (1, False)
        assert "1337" not in page.locator("main").inner_text()


@pytest.mark.few(2)
@pytest.mark.parametrize("text", TEXTS[:6], ids=[text[:24] for text in TEXTS[:6]])
def test_a_hostile_text_does_nothing_in_an_open_page(visitor: Visitor, sender: Sender, text: str) -> None:
    page = visitor.open(f"/_console/?sandbox={sender.name}")

    sender.send("GET", "/vba/claim-invoices", params={"q": text, text: "1"})
    sender.batch(1, bad=1, description=text)

    page.locator('tr[data-number="2"]').wait_for()
    assert not is_hacked(page)


@pytest.mark.few(2)
@pytest.mark.parametrize("text", TEXTS[:6], ids=[text[:24] for text in TEXTS[:6]])
def test_a_hostile_address_does_nothing(visitor: Visitor, sender: Sender, text: str) -> None:
    query = "&".join(
        f"{name}={text}" for name in ("text", "item", "scenario", "operation", "before", "after")
    )
    visitor.may_say.append("400")

    page = visitor.open(f"/_console/?sandbox={sender.name}&{query}")

    assert (page.locator("h1").count(), is_hacked(page)) == (1, False)


def test_a_long_text_without_a_break_does_not_widen_the_page(visitor: Visitor, sender: Sender) -> None:
    sender.send("GET", f"/vba/{'x' * 3000}")
    page = visitor.open(f"/_console/?sandbox={sender.name}")
    page.set_viewport_size({"width": 320, "height": 800})

    assert overflow(page) == 0


def test_a_body_with_many_members_opens(visitor: Visitor, sender: Sender) -> None:
    body = json.dumps([{"invoice_Key": at, **{f"member {n}": "x" for n in range(200)}} for at in range(50)])
    sender.send("PUT", "/vba/claim-invoice-batch", content=body.encode())

    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", ["hostile.html", "junit.xml"])
def test_a_hostile_report_does_nothing(visitor: Visitor, name: str) -> None:
    page = visitor.open(f"/_console/reports/view?path={name}")

    assert (page.locator("h1").count(), is_hacked(page)) == (1, False)
    assert [frame.evaluate("'hacked' in window") for frame in page.frames] == [False] * len(page.frames)
