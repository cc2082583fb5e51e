from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.console.data_views import MAX_RECORDS
from tests.control.operators import NEW, create, order
from tests.support.client import Client
from tests.support.console import CONSOLE, page

DIFF = "/state/diff?sandbox=new"


def shown(browser: Client, query: str = "") -> list[tuple[str, str]]:
    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new{query}").json["difference"]
    return [(one["sign"], one["key"]) for group in found["groups"] for one in group["records"]]


def change_amount(browser: Client, key: str, amount: Any) -> None:
    body = {"orders": [{"id": key, "amount": amount}]}
    browser.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})


def test_what_one_call_changed_is_shown(browser: Client) -> None:
    order(browser, "A")
    order(browser, "B")
    order(browser, "C")

    assert shown(browser, "&call=2") == [("+", "B")]
    assert "<h1>What call #2 changed</h1>" in page(browser, f"{DIFF}&call=2")


def test_a_partly_refused_batch_changes_only_the_accepted_items(browser: Client) -> None:
    order(browser, "A", "", "C")

    assert shown(browser, "&call=1") == [("+", "A"), ("+", "C")]


def test_a_member_is_shown_before_and_after(browser: Client) -> None:
    order(browser, "A")
    change_amount(browser, "A", 2.50)

    text = page(browser, f"{DIFF}&call=2")

    assert re.search(
        r"<code>/amount</code></th>\s*<td><code>1</code></td>\s*<td><code>2\.5\d*</code></td>", text
    )


def test_a_record_that_is_gone_is_shown_whole(browser: Client) -> None:
    order(browser, "A", "B")
    browser.post(f"{NEW}/snapshots", json={})
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": None}}})

    assert shown(browser, "&from=s1") == [("-", "A")]
    assert "&#34;id&#34;: &#34;A&#34;" in page(browser, f"{DIFF}&from=s1")


def test_without_a_choice_the_fixtures_are_compared(browser: Client) -> None:
    order(browser, "A")

    assert shown(browser) == [("+", "A")]
    assert "<h1>From the fixtures to now</h1>" in page(browser, DIFF)


def test_signs_and_words_say_what_colours_say(browser: Client) -> None:
    order(browser, "A")

    text = page(browser, DIFF)

    assert '<span class="sign" aria-hidden="true">+</span> <span class="kind">added</span>' in text


def test_what_the_server_keeps_for_itself_is_apart(browser: Client) -> None:
    create(browser)
    browser.patch(f"{NEW}/assumptions", json={"acme.duplicate_members": "refused"})

    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new").json["difference"]

    assert ([one["collection"] for one in found["own"]], found["groups"]) == (["assumptions"], [])
    assert "No record differs." in page(browser, DIFF)


def test_the_form_offers_what_can_be_compared(browser: Client) -> None:
    order(browser, "A")
    browser.post(f"{NEW}/snapshots", json={"label": "first"})

    text = page(browser, DIFF)

    offered = re.findall('<option value="([^"]+)"', text[text.index("<label>From") :])
    assert offered == ["fixtures", "now", "s1", "before:1", "after:1", "sandbox:default"] * 2
    assert ">snapshot s1 (first)</option>" in text


def test_a_choice_that_is_not_offered_stays_chosen(browser: Client) -> None:
    for key in "ABCDEFGHIJKLM":
        order(browser, key)

    assert '<option value="before:1" selected>before call #1</option>' in page(browser, f"{DIFF}&call=1")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("&call=9", 404, "the states before and after call 9 are no longer kept"),
        ("&call=<b>", 400, "&#34;before:&lt;b&gt;&#34;"),
        ("&from=s7", 404, "the sandbox has no snapshot s7"),
    ],
)
def test_what_cannot_be_compared_says_so_beside_the_form(
    browser: Client, query: str, status: int, says: str
) -> None:
    order(browser, "A")

    response = browser.get(f"{CONSOLE}{DIFF}{query}")

    assert (response.status, "<h1>" in response.text) == (status, True)
    assert says in response.text


def test_of_many_records_the_first_are_drawn(browser: Client) -> None:
    order(browser, *(str(number) for number in range(MAX_RECORDS + 7)))

    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new").json["difference"]

    assert (len(found["groups"][0]["records"]), found["more"], found["counts"]["added"]) == (
        MAX_RECORDS,
        7,
        MAX_RECORDS + 7,
    )
    assert "7 more entries differ" in page(browser, DIFF)


def test_what_is_no_addition_is_drawn_even_of_many(browser: Client) -> None:
    order(browser, "A", "B")
    browser.post(f"{NEW}/snapshots", json={})
    order(browser, *(f"x{number}" for number in range(MAX_RECORDS)))
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": None}}})
    change_amount(browser, "B", 9)

    assert shown(browser, "&from=s1")[:2] == [("-", "A"), ("~", "B")]


def test_a_record_is_named_beside_its_key(browser: Client) -> None:
    create(browser)
    document = {"id": "A", "code": "A", "InvoiceNumber": "INV-7"}
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": document}}})

    assert '<strong>A</strong> <span class="muted">INV-7</span>' in page(browser, DIFF)
