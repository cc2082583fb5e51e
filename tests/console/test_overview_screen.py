"""The calls at a glance, and two side by side, asked for like a browser does."""

from __future__ import annotations

import re

import pytest

from tests.control.operators import NEW, create, order
from tests.support.client import Client
from tests.support.console import CONSOLE, page, twin

HERE = "/overview?sandbox=new"
HOSTILE = "</title><script>alert(1)</script>\"'"


def test_the_result_comes_first(browser: Client) -> None:
    order(browser, "A", "B", "")
    order(browser, "B")

    text = page(browser, HERE)

    before_charts = text[text.index("<h1>Overview</h1>") : text.index("<h2")]
    assert ("2 calls" in before_charts, "4 outcomes of items" in before_charts) == (True, True)
    assert "1 item with more than one attempt" in before_charts


def test_charts_have_bars_words_and_a_table(browser: Client) -> None:
    order(browser, "A", "B", "")

    text = page(browser, HERE)

    assert (
        'aria-label="Items by outcome: created 2, rejected 1; the numbers over time are in the table"' in text
    )
    assert re.findall('<rect class="f-([a-z0-9]+)" x=', text) == ["2xx", "created", "rejected"]
    assert text.count('<td class="amount">2</td><td class="amount">1</td>') == 1


def test_bars_of_outcomes_stand_on_each_other(browser: Client) -> None:
    order(browser, "A", "B", "")

    bars = re.findall(
        '<rect class="f-(?:created|rejected)" x="[0-9.]+" y="([0-9.]+)" [^>]*height="([0-9.]+)"',
        page(browser, HERE),
    )

    (created, created_height), (rejected, rejected_height) = [(float(y), float(height)) for y, height in bars]
    assert (created + created_height, rejected + rejected_height) == pytest.approx((3.3, created))


def test_the_page_leads_to_calls_items_and_comparisons(browser: Client) -> None:
    create(browser)
    rule = {"id": "r1", "response": {"delay": {"type": "fixed", "value": 1}}}
    browser.put(f"{NEW}/scenarios/slow", json={"version": 1, "name": "slow", "rules": [rule]})
    order(browser, "A/#1")
    order(browser, "A/#1")

    text = page(browser, HERE)

    for link in (
        "/_console/?sandbox=new&amp;scenario=slow%2Fr1",
        "/_console/?sandbox=new&amp;status=2xx",
        "/_console/?sandbox=new&amp;outcome=created",
        "/_console/item?sandbox=new&amp;item=A%2F%231&amp;vendor=acme",
        "/_console/compare?sandbox=new&amp;a=1&amp;b=2",
    ):
        assert f'href="{link}"' in text


def test_a_sandbox_without_calls_says_so(browser: Client) -> None:
    create(browser)

    text = page(browser, HERE)

    assert (">0 calls<" in text, "<section" in text) == (True, False)


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


def test_items_that_no_call_stored_are_listed_first(browser: Client) -> None:
    order(browser, "A", "B")
    assert "never stored" not in page(browser, HERE)

    bad = {"orders": [{"id": "C", "amount": -1}]}
    browser.put("/acme/orders", json=bad, headers={"mock-sandbox": "new"})
    text = page(browser, HERE)

    assert '<h2 id="lost">1 item was never stored</h2>' in text
    assert text.index("item=C") < text.index("Calls by status")


def test_a_lost_item_stands_before_those_that_were_refused(browser: Client) -> None:
    create(browser)
    lose_b = {"select": {"key": "B"}, "effect": {"omit": True, "commit": False}}
    document = {"version": 1, "name": "nightly", "rules": [{"id": "lose", "items": [lose_b]}]}
    browser.put(f"{NEW}/scenarios/nightly", json=document)
    order(browser, "", "B")

    text = page(browser, HERE)

    assert "2 items were never stored" in text
    assert '<td class="said">left out of the answer and not stored by rule nightly/lose</td>' in text
    assert re.findall('<td class="said">(.{8})', text)[0] == "left out"
    assert 'aria-label="Items by outcome: rejected 1, lost 1;' in text


def test_a_quota_is_shown_with_what_is_left_of_its_window(browser: Client) -> None:
    create(browser, freeze="2026-01-05T09:00:30Z")
    quotas = {"q": {"window": 29460060, "used": 1, "limit": 4, "seconds": 60}}
    browser.patch(f"{NEW}/state", json={"acme/": {"quotas": quotas}})

    text = page(browser, HERE)

    assert '<a href="/_console/state/acme/quotas/q?sandbox=new&amp;scope=acme%2F">q</a>' in text
    assert '<td class="amount">1</td><td class="amount">3</td>' in text
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


def test_more_differences_than_are_shown_are_counted(browser: Client) -> None:
    order(browser, *(str(number) for number in range(207)))
    order(browser, "0")

    assert "<p>7 more differ.</p>" in page(browser, "/compare?sandbox=new&a=1&b=2")


@pytest.mark.parametrize(("pair", "status"), [("a=1&b=9", 404), ("a=x&b=1", 400), ("a=../../x&b=1", 400)])
def test_calls_that_are_not_there_are_refused(browser: Client, pair: str, status: int) -> None:
    order(browser, "A")

    answered = browser.get(f"{CONSOLE}/compare?sandbox=new&{pair}")

    assert (answered.status, "<h1>" in answered.text) == (status, True)


def test_what_both_calls_have_comes_before_what_is_folded(browser: Client) -> None:
    order(browser, "A", *(f"k{number}" for number in range(9)))
    order(browser, "A")

    text = page(browser, "/compare?sandbox=new&a=1&b=2").partition('<h2 id="request">')[0]

    shown, folded = text.split("<summary>9 items that only one of the calls has</summary>")
    assert ('item=A">A</a>' in shown, "not there" in shown, folded.count("not there")) == (True, False, 9)
