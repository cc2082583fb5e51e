from __future__ import annotations

import re

import pytest

from mockserver.console.journal_screen import ROWS
from tests.console.test_overview_screen import arm
from tests.control.operators import NEW, order
from tests.support.client import Client

FORM = {"content-type": "application/x-www-form-urlencoded"}
CALLS = "/_console/?sandbox=new"


def shown(browser: Client, query: str = "") -> list[int]:
    return [int(found) for found in re.findall('data-number="([0-9]+)"', browser.get(CALLS + query).text)]


def test_calls_are_shown_newest_first(browser: Client) -> None:
    for key in "ABC":
        order(browser, key)

    assert shown(browser) == [3, 2, 1]


def test_a_row_says_what_became_of_the_items(browser: Client) -> None:
    order(browser, "A", "B", "")

    text = browser.get(CALLS).text

    assert 'aria-label="3 items: 2 created, 1 rejected"' in text
    assert re.findall('<use href="#o-([a-z]+)"', text) == ["created", "created", "rejected"]
    assert "<small>3 items: 2 created, 1 rejected</small>" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&text=APPLE", [3, 1]),
        ("&outcome=rejected", [2]),
        ("&method=get", [3]),
        ("&since=1", [3, 2]),
        ("&status=2xx", [3, 2, 1]),
        ("&status=4xx", []),
        ("&item=Apple", [1]),
        ("&vendor=acme&outcome=created", [1]),
        ("&operation=listOrders", [3]),
    ],
)
def test_the_form_filters(browser: Client, query: str, expected: list[int]) -> None:
    order(browser, "Apple")
    order(browser, "")
    browser.get("/acme/orders", headers={"mock-sandbox": "new"})

    assert shown(browser, query) == expected


def test_many_items_are_drawn_by_share_with_a_mark_at_each_bad_one(browser: Client) -> None:
    order(browser, *("" if at == 150 else f"K{at}" for at in range(300)))

    text = browser.get(CALLS).text

    assert '<rect class="share-created" x="0.0" width="239.2" height="6"/>' in text
    assert '<rect class="share-rejected" x="239.2" width="1' in text
    assert re.findall('<path class="mark-rejected" d="([^"]*)"', text) == ["M120.5 7v3"]


def test_a_filter_stays_in_the_form(browser: Client) -> None:
    order(browser, "A")

    text = browser.get(f"{CALLS}&text=%22a%22&outcome=created&vendor=acme").text

    assert 'value="&#34;a&#34;"' in text
    assert re.findall("<option selected>([a-z]+)", text) == ["created", "acme"]
    assert re.findall('class="chip" href="([^"]*)"', text) == [
        f"{CALLS}&amp;{rest}"
        for rest in (
            "outcome=created&amp;vendor=acme",
            "text=%22a%22&amp;vendor=acme",
            "text=%22a%22&amp;outcome=created",
        )
    ]


def test_a_filter_that_the_control_plane_refuses_is_explained(browser: Client) -> None:
    order(browser, "A")

    page = browser.get(f"{CALLS}&status=many")

    assert (page.status, "<h1>Bad Request</h1>" in page.text) == (400, True)


def test_a_page_has_so_many_calls_and_leads_to_the_older_ones(browser: Client) -> None:
    for _ in range(ROWS + 2):
        order(browser, "A")

    first = browser.get(CALLS).text

    assert "before=3" in first
    assert shown(browser) == list(range(ROWS + 2, 2, -1))
    assert shown(browser, "&before=3") == [2, 1]
    assert "data-fixed" in browser.get(f"{CALLS}&before=3").text
    assert "data-fixed" not in first


def test_nothing_is_older_than_the_first_call(browser: Client) -> None:
    order(browser, "A")

    assert "Older calls" not in browser.get(CALLS).text


def test_an_open_page_gets_the_rows_after_the_newest_it_has(browser: Client) -> None:
    for key in "ABC":
        order(browser, key)

    response = browser.get("/_console/journal/rows?sandbox=new&after=1")

    assert re.findall('data-number="([0-9]+)"', response.text) == ["3", "2"]
    assert "<html" not in response.text


def test_no_new_rows_are_no_text(browser: Client) -> None:
    order(browser, "A")

    assert browser.get("/_console/journal/rows?sandbox=new&after=1").text.strip() == ""


def test_an_empty_journal_shows_where_to_send_a_call(browser: Client) -> None:
    text = browser.get("/_console/").text

    assert "No call yet" in text
    assert '<code id="base-acme">http://testserver/acme</code>' in text


def test_an_empty_sandbox_shows_its_own_addresses(browser: Client) -> None:
    browser.post("/_mock/sandboxes", json={"name": "new"})

    assert '<code id="base-acme">http://testserver/sandboxes/new/acme</code>' in browser.get(CALLS).text


def test_a_filter_without_a_match_is_not_taken_for_an_empty_journal(browser: Client) -> None:
    order(browser, "A")

    assert "No call matches" in browser.get(f"{CALLS}&text=nowhere").text


def test_an_example_is_sent_and_its_call_shown(browser: Client) -> None:
    browser.post("/_mock/sandboxes", json={"name": "new"})

    response = browser.post("/_console/journal/example?sandbox=new", content=b"vendor=acme", headers=FORM)

    assert (response.status, response.headers["location"]) == (303, "/_console/x/1?sandbox=new")
    assert browser.get(f"{NEW}/journal/1").json["outcomes"] == {"created": 2, "rejected": 1}


def test_an_example_of_nobody_is_refused(browser: Client) -> None:
    response = browser.post("/_console/journal/example", content=b"vendor=nobody", headers=FORM)

    assert (400 <= response.status < 500, response.media_type) == (True, "text/html")


def test_all_calls_are_deleted(browser: Client) -> None:
    order(browser, "A")

    response = browser.post("/_console/journal/clear?sandbox=new", content=b"", headers=FORM)

    assert (response.status, response.headers["location"]) == (303, "/_console/?sandbox=new")
    assert shown(browser) == []


def test_the_document_has_what_the_page_shows(browser: Client) -> None:
    order(browser, "A", "")

    found = browser.get("/_console/journal.json?sandbox=new&outcome=created").json

    assert [call["strip"] for call in found["calls"]] == [["created", "rejected"]]
    assert (found["newest"], found["older"], found["filters"]["outcome"]) == (1, None, "created")


def test_what_a_call_says_is_shown_as_text(browser: Client) -> None:
    browser.get("/acme/%3Cscript%3Ealert(1)%3C/script%3E?q=%22%3E", headers={"mock-sandbox": "new"})

    text = browser.get(CALLS).text

    assert ("<script>alert" in text, "&lt;script&gt;alert(1)" in text) == (False, True)


def test_a_search_that_finds_nothing_says_where_it_looked(browser: Client) -> None:
    order(browser, "A", "")

    text = browser.get(f"{CALLS}&text=rejected").text

    assert ("No call matches" in text, "Outcomes, statuses and methods" in text) == (True, True)
    assert "Send an example" not in text


def test_a_sandbox_without_calls_leads_to_sandboxes_with_calls(browser: Client) -> None:
    order(browser, "A")

    text = browser.get("/_console/").text

    assert 'No call in default; calls are in: <a href="/_console/?sandbox=new">new (1)</a>.' in text


def test_the_time_that_a_call_took_includes_its_delay(browser: Client) -> None:
    arm(browser, response={"delay": {"type": "fixed", "value": 1}})
    order(browser, "A")

    assert re.search(r'>\d+ ms <small class="below">delay 1 ms</small></td>', browser.get(CALLS).text)
