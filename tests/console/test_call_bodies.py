"""Both bodies of one call, with problems marked and the picked item in both."""

from __future__ import annotations

import json
from typing import Any

from mockserver.console.call_screen import MOST_MARKED, bodies

FAULT = {"code": "too-short", "pointer": "/orders/1/id", "detail": "too short", "rule": "minLength"}


def decided(*problems: list[dict[str, str]]) -> list[dict[str, Any]]:
    """One item for each list of problems."""
    return [
        {
            "index": at,
            "key": f"k{at}",
            "action": "rejected" if found else "created",
            "problems": found,
            "warnings": [],
            "sent": f"/orders/{at}",
            "reported": f"/results/{at}",
        }
        for at, found in enumerate(problems)
    ]


def call(items: int, request: str | None = None) -> dict[str, Any]:
    """A call of that many items."""
    sent = json.dumps({"orders": [{"id": f"k{at}"} for at in range(items)]})
    told = json.dumps({"results": [{"status": 200} for _ in range(items)]})
    return {
        "reason": None,
        "request": {"headers": {"content-type": "application/json"}, "body": request or sent},
        "reply": {"mediaType": "application/json", "body": told},
    }


def marked(side: Any) -> list[tuple[str | None, list[str]]]:
    """Pointers of the lines with problems, and what these say."""
    return [
        (row["pointer"], [one["detail"] for one in row["problems"]])
        for row in side["rows"]
        if row.get("problems")
    ]


def lit(side: Any) -> list[str]:
    return [row["text"].strip() for row in side["rows"] if row.get("lit")]


def test_a_problem_is_marked_in_the_request_where_it_is() -> None:
    items = decided([], [FAULT])

    shown = bodies(call(2), items, items, None)

    assert marked(shown["request"]) == [("/orders/1/id", ["too short"])]
    assert marked(shown["reply"]) == []


def test_a_problem_of_a_member_that_is_not_there_is_marked_at_its_item() -> None:
    items = decided([], [{**FAULT, "pointer": "/orders/1/amount"}])

    assert marked(bodies(call(2), items, items, None)["request"]) == [("/orders/1", ["too short"])]


def test_the_places_that_a_reason_names_are_marked() -> None:
    refused = {**call(2), "reason": "/orders/0/id is missing; /orders/1/id expected a text; and 3 more"}

    assert marked(bodies(refused, [], [], None)["request"]) == [
        ("/orders/0/id", ["is missing"]),
        ("/orders/1/id", ["expected a text"]),
    ]


def test_a_reason_without_a_place_marks_nothing() -> None:
    refused = {**call(1), "reason": 'no credentials; any "Authorization: Bearer ..." will do'}

    assert marked(bodies(refused, [], [], None)["request"]) == []


def test_a_picked_item_is_lit_in_both() -> None:
    items = decided([], [FAULT])

    shown = bodies(call(2), items, items, 1)

    assert lit(shown["request"]) == ["{", '"id": "k1"', "}"]
    assert lit(shown["reply"]) == ["{", '"status": 200', "}"]


def test_the_first_line_of_an_item_names_it() -> None:
    items = decided([], [FAULT])

    rows = bodies(call(2), items, items, None)["request"]["rows"]

    assert {row["pointer"]: row["item"] for row in rows if row["item"] is not None} == {
        "/orders/0": 0,
        "/orders/1": 1,
    }


def test_a_body_without_pointers_has_nothing_marked_or_lit() -> None:
    items = decided([], [FAULT])

    shown = bodies(call(2, "<a/>"), items, items, 1)

    assert (marked(shown["request"]), lit(shown["request"])) == ([], [])


def test_no_body_has_no_lines() -> None:
    empty = {
        "reason": None,
        "request": {"headers": {}, "body": ""},
        "reply": {"mediaType": None, "body": ""},
    }

    assert bodies(empty, [], [], None)["reply"] == {
        "mediaType": "",
        "characters": 0,
        "lines": 0,
        "rows": [],
    }


def test_what_is_left_out_is_counted() -> None:
    items = decided(*([] for _ in range(3_000)))

    rows = bodies(call(3_000), items, items[:200], 2_000)["request"]["rows"]

    left_out = [row["leftOut"] for row in rows if "leftOut" in row]
    shown = [row for row in rows if "leftOut" not in row]
    assert len(left_out) == 2
    assert sum(left_out) + len(shown) == 9_004


def test_of_a_long_batch_the_problems_of_the_page_are_marked_and_those_of_the_picked_item() -> None:
    count = MOST_MARKED + 1
    items = decided(*([{**FAULT, "pointer": f"/orders/{at}/id"}] for at in range(count)))

    shown = bodies(call(count), items, items[:2], 900)

    assert [pointer for pointer, _ in marked(shown["request"])] == [
        "/orders/0/id",
        "/orders/1/id",
        "/orders/900/id",
    ]
