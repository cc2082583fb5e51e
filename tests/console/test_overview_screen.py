"""The calls at a glance, and two side by side, asked for like a browser does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.control.operators import NEW, create, order
from tests.support.client import Client
from tests.support.console import CONSOLE, page, twin

HERE = "/overview?sandbox=new"
HOSTILE = "</title><script>alert(1)</script>\"'"


LOSE_B = {"items": [{"select": {"key": "B"}, "effect": {"omit": True, "commit": False}}]}


def arm(browser: Client, **rule: Any) -> None:
    """Create the sandbox with a scenario `nightly` of one rule."""
    create(browser)
    document = {"version": 1, "name": "nightly", "rules": [{"id": "r1", **rule}]}
    browser.put(f"{NEW}/scenarios/nightly", json=document)


def figures(text: str) -> dict[str, str]:
    """Return number and money of each figure of a ledger, by the figure's name."""
    found = re.findall(r"figure=(\w+)[^>]*><strong>(\S+)</strong> [a-z ]+(.*?)</a>", text)
    return {name: f"{number} {re.sub('<.*?>', '', money)}".strip() for name, number, money in found}


def test_the_ledger_comes_first(browser: Client) -> None:
    arm(browser, **LOSE_B)
    order(browser, "A", "B", "")

    text = page(browser, HERE)

    assert figures(text[text.index("<h1>") : text.index("<h2")]) == {
        "sent": "3 3",
        "stored": "1 1",
        "refused": "1 1",
        "lost": "1 1",
        "doubled": "0",
        "unanswered": "0",
    }


def test_the_page_leads_to_calls_items_and_comparisons(browser: Client) -> None:
    arm(browser, response={"delay": {"type": "fixed", "value": 1}})
    order(browser, "A/#1")
    order(browser, "A/#1")

    text = page(browser, HERE)

    for link in (
        "/_console/?sandbox=new&amp;scenario=nightly%2Fr1",
        "/_console/items?sandbox=new&amp;figure=stored",
        "/_console/timeline?sandbox=new",
        "/_console/?sandbox=new&amp;status=2xx",
        "/_console/?sandbox=new&amp;outcome=created",
        "/_console/item?sandbox=new&amp;item=A%2F%231&amp;vendor=acme",
        "/_console/compare?sandbox=new&amp;a=1&amp;b=2",
    ):
        assert f'href="{link}"' in text


def test_a_sandbox_without_calls_says_so(browser: Client) -> None:
    create(browser)

    text = page(browser, HERE)

    assert (figures(text)["sent"], "<section" in text) == ("0", False)


def test_a_vendor_can_be_chosen_and_stays_so(browser: Client) -> None:
    order(browser, "A")
    browser.get("/nowhere", headers={"mock-sandbox": "new"})

    found = twin(browser, "/overview.json?sandbox=new&vendor=acme")

    assert ([one["vendor"] for one in found["durations"]], found["vendor"]) == (["acme"], "acme")
    assert "<option selected>acme</option>" in page(browser, f"{HERE}&vendor=acme")
    assert browser.get(f"{CONSOLE}{HERE}&vendor=acmee").status == 422


@pytest.mark.parametrize("path", [HERE, "/compare?sandbox=new&a=1&b=2"])
def test_a_hostile_key_is_text(browser: Client, path: str) -> None:
    order(browser, HOSTILE)
    order(browser, HOSTILE, "B")

    assert "<script>alert" not in page(browser, path)


def test_lost_items_are_listed_with_the_reason(browser: Client) -> None:
    arm(browser, **LOSE_B)
    order(browser, "A", "B")

    text = page(browser, HERE)

    assert '<h2 id="lost">1 lost: not stored, and no answer said so</h2>' in text
    assert '<td class="said">left out of the answer and not stored by rule nightly/r1</td>' in text


def test_of_many_lost_items_the_page_leads_to_all(browser: Client) -> None:
    arm(browser, items=[{"select": {"all": True}, "effect": {"omit": True, "commit": False}}])
    order(browser, *(f"R-{number}" for number in range(30)))

    text = page(browser, HERE)

    assert text.count(">lost</td>") == 20
    assert 'figure=lost">All 30 items</a>' in text


def test_refused_items_are_grouped_by_reason(browser: Client) -> None:
    bad = {"orders": [{"id": "C", "amount": -1}, {"id": "D", "amount": -1}, {"id": "", "amount": 1}]}
    browser.put("/acme/orders", json=bad, headers={"mock-sandbox": "new"})

    text = page(browser, HERE)

    assert '<h2 id="refused">3 refused</h2>' in text
    assert re.findall(r'why=[^"]+">(\d+) ', text) == ["2", "1"]


def test_items_of_a_figure_have_a_page(browser: Client) -> None:
    order(browser, "A", "")

    found = twin(browser, "/items.json?sandbox=new&figure=stored")

    assert [one["key"] for one in found["items"]] == ["A"]
    assert "item=A" in page(browser, "/items?sandbox=new&figure=stored")


def test_items_of_several_figures_have_a_page(browser: Client) -> None:
    order(browser, "A", "")

    text = page(browser, "/items?sandbox=new&figure=stored,refused")
    assert "<h1>Items: stored, refused</h1>" in text


def test_many_items_are_shown_in_pages(browser: Client) -> None:
    order(browser, *(f"R-{number}" for number in range(101)))

    first, second = (page(browser, f"/items?sandbox=new&skip={skip}") for skip in ("", "100"))

    assert ("skip=100" in first, first.count(' scope="row">')) == (True, 100)
    assert ("Items before" in second, second.count(' scope="row">')) == (True, 1)


@pytest.mark.parametrize("path", ["/items", "/timeline"])
def test_items_and_timeline_belong_to_the_overview(browser: Client, path: str) -> None:
    order(browser, "A")

    assert re.search(
        'overview[?]sandbox=new"[^>]* aria-current="page">Overview</a>', page(browser, f"{path}?sandbox=new")
    )


@pytest.mark.parametrize("query", ["figure=lots", "skip=x", "skip=-1"])
def test_items_that_cannot_be_listed_are_refused(browser: Client, query: str) -> None:
    order(browser, "A")

    assert browser.get(f"{CONSOLE}/items?sandbox=new&{query}").status == 400


def test_a_quota_is_shown_with_what_is_left_of_its_window(browser: Client) -> None:
    create(browser, freeze="2026-01-05T09:00:30Z")
    quotas = {"q": {"window": 29460060, "used": 1, "limit": 4, "seconds": 60}}
    browser.patch(f"{NEW}/state", json={"acme/": {"quotas": quotas}})

    text = page(browser, HERE)

    assert '<a href="/_console/state/acme/quotas/q?sandbox=new&amp;scope=acme%2F">q</a>' in text
    assert (
        '<td class="amount" data-head="Calls used">1</td><td class="amount" data-head="Left">3</td>' in text
    )
    assert '<time datetime="2026-01-05T09:01:00Z">2026-01-05 09:01:00</time>' in text


def test_two_calls_are_shown_side_by_side(browser: Client) -> None:
    order(browser, "A")
    order(browser, "B", "A")

    text = page(browser, "/compare?sandbox=new&a=1&b=%232")

    assert "<h1>Call #1 and call #2</h1>" in text
    assert "<strong>Same status, 2 of 2 outcomes differ</strong>" in text
    assert '<td class="outcome created">created</td><td class="outcome updated">updated</td>' in text
    assert "<code>/body/orders/0/id</code>" in text
    assert "<code>&#34;A&#34;</code></td><td><code>&#34;B&#34;</code></td>" in text


def test_without_two_calls_there_is_a_form(browser: Client) -> None:
    create(browser)

    text = page(browser, "/compare?sandbox=new&a=3")

    assert ("<h1>Compare two calls</h1>" in text, 'name="a"' in text, 'value="3"' in text) == (
        True,
        True,
        True,
    )


def test_items_with_the_same_two_outcomes_are_one_row(browser: Client) -> None:
    order(browser, *(str(number) for number in range(207)))
    order(browser, "0")

    assert " and 186 more</th>" in page(browser, "/compare?sandbox=new&a=1&b=2")


@pytest.mark.parametrize(("pair", "status"), [("a=1&b=9", 404), ("a=x&b=1", 400), ("a=../../x&b=1", 400)])
def test_calls_that_are_not_there_are_refused(browser: Client, pair: str, status: int) -> None:
    order(browser, "A")

    answered = browser.get(f"{CONSOLE}/compare?sandbox=new&{pair}")

    assert (answered.status, "<h1>" in answered.text) == (status, True)


def test_items_that_both_calls_have_come_before_the_others(browser: Client) -> None:
    order(browser, "A", *(f"k{number}" for number in range(9)))
    order(browser, "A")

    shown, others = page(browser, "/compare?sandbox=new&a=1&b=2").split("item=k0", 1)

    assert ('item=A">A</a>' in shown, "not there" in shown, "not there" in others) == (True, False, True)
