"""The page of one item, asked for like a browser does."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from mockserver.server.transport_faults import ConnectionLostError
from tests.control.operators import NEW, create, order
from tests.support.client import Client
from tests.support.console import CONSOLE, page, twin
from tests.vendors.payt.samples import invoice
from tests.vendors.xero.documents import TENANT
from tests.vendors.xero.documents import invoice as xero_invoice

HOSTILE = "</title><script>alert(1)</script>\"'"
FAIL = {"select": {"all": True}, "effect": {"fail": {"code": "locked", "message": "try <b>later</b>"}}}


def address(key: str, path: str = "/item", **query: str) -> str:
    return f"{path}?{urlencode({'sandbox': 'new', 'item': key, **query})}"


def arm(browser: Client, **rule: Any) -> None:
    document = {"version": 1, "name": "s", "rules": [{"id": "r", "times": {"count": 1}, **rule}]}
    assert browser.put(f"{NEW}/scenarios/s", json=document).status == 200


def test_an_item_has_its_story_with_a_timeline(browser: Client) -> None:
    create(browser)
    arm(browser, items=[FAIL])
    order(browser, "A/#1")
    order(browser, "B", "A/#1")

    text = page(browser, address("A/#1"))

    assert "<h1>Item A/#1</h1>" in text
    assert 'data-call="1"' in text
    assert 'data-calls="1 2"' in text
    said = 'Created</strong>: stored by attempt 2 of 2; <span class="amount">1</span>.'
    assert f'<strong class="outcome created">{said}' in text
    assert '<a href="/_console/x/1?sandbox=new&amp;item=0#item-0">#1</a>' in text
    assert '<a href="/_console/x/2?sandbox=new&amp;item=1#item-1">#2</a>' in text
    assert "told rejected" in text
    assert '<span class="reason">try &lt;b&gt;later&lt;/b&gt;</span>' in text
    assert "/_console/scenarios?sandbox=new&amp;name=s#rule-s/r" in text


@pytest.mark.parametrize(
    ("calls", "end", "why"),
    [
        (2, "created twice", "created by #1 and #2"),
        (3, "created 3 times", "created 3 times by #1, #2 and #3"),
    ],
)
def test_an_item_that_was_created_again_says_how_often(
    browser: Client, calls: int, end: str, why: str
) -> None:
    for _ in range(calls):
        order(browser, "A")
        browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": None}}})

    said = f"{end.capitalize()}</strong>: {why}; "
    assert f'<strong class="outcome rejected">{said}' in page(browser, address("A"))
    assert f'<td class="end-doubled">{end}</td>' in page(browser, "/items?sandbox=new&figure=doubled")


def test_the_amount_of_an_item_has_the_form_of_the_overview(browser: Client) -> None:
    order(browser, "A")

    assert 'stored by attempt 1 of 1; <span class="amount">1</span>.' in page(browser, address("A"))


def test_a_reason_that_is_a_sentence_has_one_full_stop(browser: Client) -> None:
    create(browser)
    arm(
        browser, items=[{"select": {"all": True}, "effect": {"fail": {"code": "locked", "message": "Wait."}}}]
    )
    order(browser, "A")

    assert "Refused</strong>: Wait; <" in page(browser, address("A"))


def test_the_amounts_of_attempts_have_currency_and_decimals(client: Client, sandbox: str) -> None:
    records = {"administration_id": "81", "invoices": [invoice("A1", book_amount_total="1250")]}
    client.post("/payt/v1/invoices", json=records, headers={"authorization": "Bearer full-token"})

    text = page(client, f"/item?sandbox={sandbox}&item=A1")

    assert '<td class="amount">EUR 1250</td>' in text


def test_an_item_without_a_key_is_found_and_headed_by_the_number_of_its_record(
    client: Client, sandbox: str
) -> None:
    xero = client.within("/xero", authorization="Bearer good-token", xero_tenant_id=TENANT)
    answered = xero.put("/api.xro/2.0/Invoices", json={"Invoices": [xero_invoice()]})
    number = answered.json["Invoices"][0]["InvoiceNumber"]
    (item,) = client.get(f"/_mock/sandboxes/{sandbox}/journal/items").json

    text = page(client, f"/item?sandbox={sandbox}&item={number}")

    assert f"<h1>Item {number} <small>{item['key']}</small></h1>" in text
    assert f"item={quote(item['key'])}&amp;vendor=xero" in text
    assert 'data-call="1"' in text


@pytest.mark.parametrize("form", ["case", "pytest", "curl", "har"])
def test_the_calls_of_an_item_are_exported(browser: Client, form: str) -> None:
    order(browser, "A")
    order(browser, "A")

    file = f"/_mock/sandboxes/new/journal/export?format={form}&item=A&vendor=acme&operation=putOrders"

    assert f'href="{escape(file)}"' in page(browser, address("A"))
    assert browser.get(file).status == 200


def test_the_page_is_json_too(browser: Client) -> None:
    order(browser, "A")

    found = twin(browser, address("A", "/item.json"))

    assert (found["key"], [one["operation"] for one in found["items"]]) == ("A", ["putOrders"])


@pytest.mark.parametrize(
    ("effect", "word", "why"),
    [
        (
            {"omit": True, "commit": False},
            "lost",
            "left out of the answer and not stored by rule s/r",
        ),
        ({"commit": False}, "lost", "not stored, answered as if stored by rule s/r"),
        ({"omit": True}, "created", "left out of the answer by rule s/r"),
    ],
)
def test_an_item_that_a_rule_changed_says_why(browser: Client, effect: Any, word: str, why: str) -> None:
    create(browser)
    arm(browser, items=[{"select": {"key": "A"}, "effect": effect}])
    order(browser, "A", "B")

    text = page(browser, address("A"))

    assert f'<td class="outcome {word}">{word}</td>' in text
    assert f'<td class="said"><span class="reason">{why}</span></td>' in text


@pytest.mark.parametrize(
    ("rule", "word", "why"),
    [
        ({"commit": "none"}, "lost", "not stored, answered as if stored by rule s/r"),
        ({"commit": {"partial": 1}}, "lost", "not stored, answered as if stored by rule s/r"),
        ({"commit": "none", "response": {"status": 503}}, "skipped", "not stored by rule s/r"),
        ({"commit": "none", "response": {"fault": "EMPTY_RESPONSE"}}, "skipped", "not stored by rule s/r"),
    ],
)
def test_an_item_that_a_rule_for_the_whole_call_kept_back_says_why(
    browser: Client, rule: Any, word: str, why: str
) -> None:
    create(browser)
    arm(browser, **rule)
    with suppress(ConnectionLostError):
        order(browser, "A", "B")

    call = twin(browser, "/x/1.json?sandbox=new")
    row = next(one for one in call["items"]["rows"] if one["key"] == "B")
    (problem,) = row["problems"]

    assert (row["outcome"], problem["detail"], problem["source"]["rules"]) == (word, why, ["s/r"])
    assert f'<td class="outcome {word}">{word}</td>' in page(browser, address("B"))
    assert why in page(browser, address("B"))


def test_an_item_that_a_rule_loses_in_a_refused_call_is_skipped_like_the_others(browser: Client) -> None:
    create(browser)
    lose = {"select": {"key": "A"}, "effect": {"omit": True, "commit": False}}
    busy = {"commit": "none", "response": {"status": 503}}
    rules = [{"id": "left-out", "items": [lose]}, {"id": "slow-down", **busy}]
    browser.put(f"{NEW}/scenarios/s", json={"version": 1, "name": "s", "rules": rules})
    order(browser, "A", "B")

    call = browser.get(f"{NEW}/journal/1").json
    ((first,), (second,)) = (one["problems"] for one in call["decided"])

    assert (call["lost"], call["outcomes"]) == (0, {"skipped": 2})
    assert (first["detail"], second["detail"]) == ("not stored by rules s/left-out, s/slow-down",) * 2
    assert '<td class="outcome skipped">skipped</td>' in page(browser, address("A"))


def test_an_item_of_a_refused_batch_is_not_lost(client: Client, sandbox: str) -> None:
    rule = {"id": "r", "items": [{"select": {"index": 0}, "effect": {"omit": True, "commit": False}}]}
    client.put(f"/_mock/sandboxes/{sandbox}/scenarios/s", json={"version": 1, "name": "s", "rules": [rule]})
    good = client.post(
        f"/_mock/sandboxes/{sandbox}/examples", json={"vendor": "pvex", "items": 2, "bad": 1}
    ).json
    client.post(f"/pvex{good['path']}", content=good["body"].encode(), headers=good["headers"])

    (call,) = client.get(f"/_mock/sandboxes/{sandbox}/journal").json

    assert (call["status"], call["lost"], call["outcomes"]) == (400, 0, {"skipped": 1, "rejected": 1})


@pytest.mark.parametrize("path", ["/item", "/item.json"])
def test_a_key_that_no_call_carried_is_not_found(browser: Client, path: str) -> None:
    order(browser, "R-100")

    answered = browser.get(f"{CONSOLE}{address('R-101', path)}")

    assert answered.status == 404
    assert "carried the item R-101" in answered.text


def test_a_page_without_a_key_is_refused(browser: Client) -> None:
    create(browser)

    assert browser.get(f"{CONSOLE}/item?sandbox=new").status == 400


def test_a_hostile_key_is_text(browser: Client) -> None:
    order(browser, HOSTILE)

    assert "<script>alert" not in page(browser, address(HOSTILE))


def test_the_same_key_in_two_vendors_is_shown_twice(client: Client, sandbox: str) -> None:
    record = {"invoice_Key": 1, "payee_ID": "P100"}
    vba = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
    client.put("/vba/claim-invoice-batch", json=[record], headers=vba)
    invoices = {"administration_id": "81", "invoices": [{"invoice_number": "1"}]}
    client.post("/payt/v1/invoices", json=invoices, headers={"authorization": "Bearer full-token"})

    query = {"sandbox": sandbox, "item": "1"}
    both = twin(client, f"/item.json?{urlencode(query)}")
    one = twin(client, f"/item.json?{urlencode({**query, 'vendor': 'vba'})}")

    assert [found["vendor"] for found in both["items"]] == ["vba", "payt"]
    assert [found["vendor"] for found in one["items"]] == ["vba"]


def test_the_call_and_the_list_lead_to_the_item(browser: Client) -> None:
    order(browser, "A/#1", "B" * 300)

    call = page(browser, "/x/1?sandbox=new")
    listed = page(browser, address("A/#1", "/"))

    link = 'href="/_console/item?sandbox=new&amp;item=A%2F%231'
    assert (link in call, link in listed) == (True, True)


def test_a_key_that_is_too_long_for_an_address_has_no_page_of_its_own(browser: Client) -> None:
    order(browser, "B" * 300)

    assert "/_console/item?" not in page(browser, "/x/1?sandbox=new")


def test_the_item_belongs_to_the_calls_in_the_menu(browser: Client) -> None:
    order(browser, "A")

    text = page(browser, address("A"))

    assert 'aria-current="page">Calls</a>' in text
    assert 'action="/_console/"' in text


def test_a_fault_is_armed_for_the_item_of_its_last_call(browser: Client) -> None:
    order(browser, "A")
    order(browser, "B", "A")

    text = browser.get("/_console/item?sandbox=new&item=A").text

    draft = "sandbox=new&amp;vendor=acme&amp;operation=putOrders&amp;item=1&amp;key=A&amp;call=2"
    assert f'<a href="/_console/scenarios/new?{draft}">Arm a fault for it</a>' in text
