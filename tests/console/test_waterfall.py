"""The picture of the calls over time."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from mockserver.console.waterfall import draw_timeline
from tests.control.operators import create, order
from tests.support.client import Client
from tests.support.console import CONSOLE, page

HERE = "/timeline?sandbox=new"
START = "2026-01-05T09:00:00Z"


def bar(number: int, start: float, end: float, **members: Any) -> dict[str, Any]:
    """A call as the control plane tells of it."""
    known = {"tone": "good", "status": 207, "lane": 0, "fault": None, "delayMillis": 0, "line": "PUT /orders"}
    return {"number": number, "startMillis": start, "endMillis": end, **known, **members}


def draw(*bars: dict[str, Any], span: int = 1000, **members: Any) -> Any:
    lanes = 1 + max((one["lane"] for one in bars), default=-1)
    empty = {"retries": [], "buckets": [], "from": START, "spanMillis": span, "lanes": lanes}
    return draw_timeline({**empty, "bars": list(bars), **members}, lambda _, **asked: urlencode(asked))


def retry(first: int, again: int, waited: int, items: int = 1) -> dict[str, Any]:
    return {"first": first, "again": again, "waitedMillis": waited, "items": items}


def test_a_bar_has_its_place_in_percent_of_the_time() -> None:
    (found,) = draw(bar(1, 250, 500, delayMillis=100))["bars"]

    assert (found["x"], found["end"], found["delayed"]) == (25, 50, 10)


def test_a_bar_ends_where_the_time_ends() -> None:
    (found,) = draw(bar(1, -500, 5000, delayMillis=9000))["bars"]

    assert (found["x"], found["end"], found["delayed"]) == (0, 100, 100)


def test_a_short_call_is_seen() -> None:
    (found,) = draw(bar(1, 500, 500.01))["bars"]

    assert found["end"] - found["x"] == pytest.approx(0.3)


def test_a_tone_is_told_by_the_height_of_a_bar() -> None:
    found = draw(*(bar(at, at, at + 1, tone=tone) for at, tone in enumerate(("good", "mixed", "bad"))))

    assert [one["tall"] for one in found["bars"]] == [8, 12, 16]


@pytest.mark.parametrize(
    ("following", "label"),
    [(999, "#1 503 EMPTY_RESPONSE"), (100, "#1 503"), (40, "#1"), (5, "")],
)
def test_a_label_says_as_much_as_there_is_room_for(following: int, label: str) -> None:
    first = bar(1, 0, 4, tone="bad", status=503, fault="EMPTY_RESPONSE")

    assert draw(first, bar(2, following, 1000))["bars"][0]["words"] == label


def test_a_label_may_pass_over_a_bar_in_another_lane() -> None:
    assert draw(bar(1, 0, 900), bar(2, 5, 10, lane=1))["bars"][0]["words"] == "#1"


@pytest.mark.parametrize(
    ("at", "waited", "words", "is_before"),
    [
        (800, 790, "#2: 1,200 again after 790 ms", True),
        (50, 40, "#2: 1,200 again after 40 ms", False),
        (500, -5, "#2: 1,200 again before the answer", False),
    ],
)
def test_the_wait_stands_where_there_is_more_room(
    at: int, waited: int, words: str, *, is_before: bool
) -> None:
    found = draw(bar(1, 0, 10), bar(2, at, at + 20), retries=[retry(1, 2, waited, 1200)])["bars"]

    assert (found[1]["words"], found[1]["isBefore"]) == (words, is_before)


def test_the_number_of_the_last_call_stands_before_it() -> None:
    (found,) = draw(bar(1, 990, 1000))["bars"]

    assert (found["words"], found["isBefore"], found["wordsX"]) == ("#1", True, 99)


def test_a_retry_is_joined_to_its_call() -> None:
    found = draw(bar(1, 0, 100), bar(2, 90, 200, lane=1), retries=[retry(1, 2, -10)])

    (line,) = found["lines"]
    assert (line["from"], line["to"]) == ((10, 84), (9, 120))


def test_a_retry_outside_the_time_is_told_at_the_edge() -> None:
    (stub,) = draw(bar(8, 0, 100), retries=[retry(8, 1004, 2500, 2)])["stubs"]

    assert (stub["number"], stub["words"]) == (1004, "2 again after 2.5 s → #1004")
    assert (stub["edge"], stub["bar"]["end"]) == (100, 10)


def test_a_call_outside_the_time_is_told_at_its_edge() -> None:
    (stub,) = draw(bar(9, 200, 300), retries=[retry(8, 9, -5)])["stubs"]

    assert (stub["number"], stub["words"]) == (8, "#8 → 1 again before the answer")
    assert (stub["edge"], stub["bar"]["x"]) == (0, 20)


def test_only_one_retry_is_told_at_an_edge_of_a_lane() -> None:
    found = draw(bar(8, 0, 100), retries=[retry(8, 20, 1, 1), retry(8, 21, 1, 5)])["stubs"]

    assert [one["words"] for one in found] == ["5 again after 1 ms → #21", ""]


def test_the_words_of_a_bar_leave_room_at_the_edges() -> None:
    (found,) = draw(bar(9, 0, 1000), retries=[retry(8, 9, 2500), retry(9, 10, 2500)])["bars"]

    assert (found["words"], found["wordsX"]) == ("#9", 18.75)


def test_ticks_lead_to_their_part_of_the_time() -> None:
    found = draw(bar(1, 0, 1))["ticks"]

    assert [one["words"] for one in found] == ["+0 ms", "+200 ms", "+400 ms", "+600 ms", "+800 ms"]
    assert found[1]["address"] == urlencode(
        {"from": "2026-01-05T09:00:00.200000Z", "to": "2026-01-05T09:00:00.400000Z"}
    )


def test_a_part_of_the_time_is_at_least_a_millisecond() -> None:
    bucket = {"startMillis": 0.1, "endMillis": 0.2}

    (found,) = draw(span=1, buckets=[bucket])["buckets"]

    assert found["address"].endswith("00.001100Z")


def test_each_call_is_a_link_that_tells_all_of_it(browser: Client) -> None:
    order(browser, "A", "")

    link = re.findall(r'href="/_console/x/1\?sandbox=new" aria-label="([^"]*)"', page(browser, HERE))

    assert (
        re.sub(r"  \d+ ms", "", *link)
        == "#1 +0 ms  acme PUT /orders 207  2 items: 1 created 1 rejected  [new]  #1"
    )


def test_many_calls_are_bars_that_lead_to_their_part_of_the_time(browser: Client) -> None:
    for _ in range(301):
        browser.get("/acme/orders", headers={"mock-sandbox": "new"})

    text = page(browser, HERE)

    assert "<h1>Timeline</h1>" in text
    assert re.search(
        r'href="/_console/timeline\?sandbox=new&amp;from=[^"]+&amp;to=[^"]+" aria-label="\+\d+ m?s: ', text
    )


def test_a_part_of_the_time_leads_back_to_the_whole(browser: Client) -> None:
    order(browser, "A")

    text = page(browser, f"{HERE}&from=1970-01-01T00:00:00Z&to=9998-01-02T00:00:00Z")

    assert ('href="/_console/timeline?sandbox=new">Whole run</a>' in text, ">Zoom out</a>" in text) == (
        True,
        True,
    )


def test_a_run_without_calls_has_no_picture(browser: Client) -> None:
    create(browser)

    assert ("No call yet" in page(browser, HERE), "<svg" in page(browser, HERE)) == (True, False)


def test_an_item_that_no_call_carried_is_named(browser: Client) -> None:
    order(browser, "A")

    assert "No call carried the item M-1000." in page(browser, f"{HERE}&item=M-1000")


def test_a_call_tells_what_it_sent_again(browser: Client) -> None:
    order(browser, "A", "B")
    order(browser, "A", "B")

    link = re.findall(r'href="/_console/x/2\?sandbox=new" aria-label="([^"]*)"', page(browser, HERE))

    assert re.search(r"#2: 2 again after \d+ m?s$", *link)


def test_a_time_that_is_none_is_refused(browser: Client) -> None:
    order(browser, "A")

    assert browser.get(f"{CONSOLE}{HERE}&from=yesterday").status == 400
