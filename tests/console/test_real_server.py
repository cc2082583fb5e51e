"""What the console shows of a real server behind the mock, and of calls back to the client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import pytest

from tests.server.test_sending import Orders, document
from tests.server.test_shadow import BAD, GOOD, claims
from tests.support import claims_server
from tests.support.client import Client
from tests.support.console import page, twin
from tests.support.receiver import receiving

DIFFERENCES = "/x/1?tab=differences"
COMMAND = "mockserver assumptions set vba.ci_keys on"


@pytest.fixture(scope="module")
def front() -> Iterator[Client]:
    """A server with a call that was passed on and differs, and a call that the mock answered."""
    with claims_server.serve("key case", "message") as url:
        client = claims(url)
        lower = {"invoice_Key": 3, "payee_ID": "p100"}
        for headers in ({}, {"mock-forward": "off"}):
            client.put("/claim-invoice-batch", json=[GOOD, BAD, lower], headers=headers)
        other = {**lower, "invoice_Key": 4}
        client.put("/claim-invoice-batch", json=[other], headers={"mock-sandbox": "qa"})
        yield Client(client.app, {"host": "127.0.0.1", "accept": "text/html,*/*;q=0.8"})


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    """A server with one call that caused a webhook for each of its two items."""
    with receiving(503) as receiver:
        made: Path = tmp_path_factory.mktemp("orders")
        server = Orders(made, receiver, document({"backoff": [0]}))
        server.register(f"{receiver.url}/hook?token=planted-1", secret="planted-2")
        server.send("A", "B")
        server.ended()
        yield server


def rows(text: str) -> list[str]:
    return re.findall("<tr[ >].*?</tr>", text, re.DOTALL)


def words(text: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def test_a_row_of_the_list_says_which_server_answered_and_how_much_differs(front: Client) -> None:
    mocked, real = rows(page(front, "/"))[1:]

    assert words(mocked).startswith("#2 207 mock 3 items")
    assert words(real).startswith("#1 207 → real ≠ 2 3 items")
    assert f'href="/_console{escape(DIFFERENCES.replace("?", "?sandbox=default&"))}"' in real


def test_where_nothing_is_passed_on_no_row_names_a_server(orders: Orders) -> None:
    assert words(rows(page(orders.client, "/"))[1]).startswith("#1 200 2 items")


@pytest.mark.parametrize(("differs", "expected"), [("true", ["1"]), ("false", ["2"])])
def test_the_list_shows_only_calls_that_differ_or_do_not(
    front: Client, differs: str, expected: list[str]
) -> None:
    assert re.findall('data-number="([0-9]+)"', page(front, f"/?differs={differs}")) == expected


def test_the_page_of_a_call_names_the_server_that_answered(front: Client) -> None:
    address = twin(front, "/x/1.json")["call"]["forwardedTo"]

    assert f"answered by the real server <code>{address}</code>" in page(front, "/x/1")
    assert "<span>answered by the mock</span>" in page(front, "/x/2")


def test_the_page_of_a_call_shows_both_answers_about_each_item_with_the_cure(front: Client) -> None:
    message, outcome = rows(page(front, DIFFERENCES))[1:]

    assert words(message).startswith("1 2 Payee is odd. The INSERT statement conflicted")
    assert words(message).endswith("message the real server has a rule that the mock lacks")
    assert re.match("2 3 created: .* rejected: ", words(outcome))
    assert words(outcome).endswith(f"outcome {COMMAND} Copy")


def test_a_call_has_only_the_parts_that_it_has_something_for(front: Client, orders: Orders) -> None:
    found = [
        [tab["name"] for tab in twin(client, f"/x/{number}.json")["tabs"]][:3]
        for client, number in ((front, 1), (front, 2), (orders.client, 1))
    ]

    assert found == [
        ["items", "differences", "bodies"],
        ["items", "bodies", "headers"],
        ["items", "bodies", "headers"],
    ]


def test_the_story_of_an_item_says_which_server_answered_each_call(front: Client) -> None:
    first, second = rows(page(front, "/item?item=3"))[1:]

    assert "told stored → real" in words(first)
    assert "told rejected mock" in words(second)


def test_the_differences_are_grouped_with_examples_that_lead_to_call_and_item(front: Client) -> None:
    text = page(front, "/differences")

    assert [words(found) for found in re.findall("<h2[^>]*>1 .(.*?)</h2>", text)] == [
        "message putClaimInvoiceBatch",
        "outcome putClaimInvoiceBatch",
    ]
    assert 'href="/_console/x/1?sandbox=default&amp;item=2#item-title">#1</a>' in text
    assert 'href="/_console/item?sandbox=default&amp;item=3">3</a>' in text


@pytest.mark.parametrize(("sandbox", "command"), [("default", COMMAND), ("qa", f"{COMMAND} -s qa")])
def test_the_cure_is_a_command_for_the_sandbox(front: Client, sandbox: str, command: str) -> None:
    assert f"<code>{command}</code>" in page(front, f"/differences?sandbox={sandbox}")


def test_without_a_difference_the_page_says_how_to_start(browser: Client) -> None:
    assert "<code>mockserver run VENDOR --forward URL --shadow</code>" in page(browser, "/differences")


def test_the_page_of_a_call_has_its_callbacks_with_each_attempt(orders: Orders) -> None:
    first = rows(page(orders.client, "/x/1?tab=callbacks"))[1]

    found = re.fullmatch(
        r"orderMade \S+ A http://127.0.0.1:[0-9]+/hook\?token=pl… sent "
        r"503 09:00:00 , [0-9]+ ms 200 09:00:00 , [0-9]+ ms Body (.*)",
        words(first),
    )

    assert found, words(first)
    assert unescape(found[1]) == '{"event":"orderMade","data":{"number":"A","qty":1}}'


def test_the_page_of_an_item_has_its_callbacks_with_their_call(orders: Orders) -> None:
    text = page(orders.client, "/item?item=B")

    (told,) = [row for row in rows(text) if "orderMade" in row]
    assert '<a href="/_console/x/1?sandbox=default&amp;tab=callbacks">#1</a>' in told


def test_the_webhooks_of_a_sandbox_are_listed_without_secrets(orders: Orders) -> None:
    text = page(orders.client, "/sandboxes")

    assert re.search(r"/hook\?token=pl… orders all pl…", words(text)), words(text)
    assert "planted" not in text + str(twin(orders.client, "/sandboxes.json"))
