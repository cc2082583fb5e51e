"""Calls over time: lanes, retries, buckets and bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemHistory
from mockserver.journal.timeline import MOST_CALLS, chart_calls, count_calls, find_lanes
from mockserver.journal.view import View
from mockserver.model import Delivery
from tests.support.engine_samples import NOW
from tests.support.journal_entries import attempt, entry


def call(number: int, start: float, end: float, delay: float = 0, fault: str = "", **changes: Any) -> Entry:
    """A call from one millisecond to another, with a delay in the end."""
    took = end - start - delay
    at = NOW + timedelta(milliseconds=end - delay)
    return entry(
        number=number, at=at, duration_ms=took, delivery=Delivery(delay_ms=delay, fault=fault), **changes
    )


def chart(
    *entries: Entry,
    histories: tuple[ItemHistory, ...] = (),
    start: datetime | None = None,
    end: datetime | None = None,
) -> Any:
    return chart_calls(entries, (start, end), histories, View())


def after(millis: float) -> datetime:
    return NOW + timedelta(milliseconds=millis)


@pytest.mark.parametrize(
    ("spans", "lanes"),
    [
        ([], []),
        ([(0, 1), (1, 2), (5, 6)], [0, 0, 0]),
        ([(0, 9), (1, 3), (2, 4), (3, 5), (9, 10)], [0, 1, 2, 1, 0]),
        ([(0, 0), (0, 0)], [0, 0]),
    ],
)
def test_calls_that_overlap_lie_in_different_lanes(
    spans: list[tuple[float, float]], lanes: list[int]
) -> None:
    assert find_lanes(spans) == lanes


def test_a_call_lasts_from_its_arrival_to_the_end_of_its_delay() -> None:
    (bar,) = chart(call(1, 0, 30, delay=20))["bars"]

    assert (bar["startMillis"], bar["endMillis"], bar["delayMillis"]) == (0, 30, 20)


def test_bars_are_in_the_order_of_arrival() -> None:
    found = chart(call(1, 5, 6), call(2, 0, 9))

    assert [(bar["number"], bar["lane"]) for bar in found["bars"]] == [(2, 0), (1, 1)]


def test_without_bounds_the_time_is_that_of_all_calls() -> None:
    found = chart(call(1, 10, 20), call(2, 5, 500, delay=400))

    assert (found["from"], found["spanMillis"]) == ("2026-01-05T09:00:00.005000Z", 495)


def test_a_run_without_calls_is_empty() -> None:
    found = chart()

    assert (found["calls"], found["lanes"], found["bars"], found["buckets"]) == (0, 0, [], [])


def test_bounds_leave_calls_that_were_open_between_them() -> None:
    entries = [call(1, 0, 9), call(2, 0, 10), call(3, 15, 16), call(4, 20, 30), call(5, 21, 30)]

    found = chart(*entries, start=after(10), end=after(20))

    assert [bar["number"] for bar in found["bars"]] == [2, 3, 4]


@pytest.mark.parametrize(("start", "end", "span"), [(-9, 99, 30), (10, 99, 20), (-9, 5, 5), (50, 60, 1)])
def test_bounds_outside_the_run_are_those_of_the_run(start: float, end: float, span: float) -> None:
    assert chart(call(1, 0, 30), start=after(start), end=after(end))["spanMillis"] == span


def test_a_time_of_one_instant_is_a_millisecond() -> None:
    assert chart(call(1, 0, 0))["spanMillis"] == 1


def test_calls_that_carried_items_again_are_joined_with_the_wait() -> None:
    entries = call(1, 0, 10), call(2, 110, 120), call(3, 200, 300), call(4, 250, 400)
    histories = (
        ItemHistory("acme", "putOrders", "A", (attempt(1), attempt(2), attempt(3))),
        ItemHistory("acme", "putOrders", "B", (attempt(1), attempt(2))),
        ItemHistory("acme", "putOrders", "C", (attempt(3), attempt(4))),
        ItemHistory("acme", "putOrders", "D", (attempt(4), attempt(4))),
    )

    found = chart(*entries, histories=histories)["retries"]

    assert [tuple(one.values()) for one in found] == [(1, 2, 2, 100), (2, 3, 1, 80), (3, 4, 1, -50)]


@pytest.mark.parametrize(("start", "end"), [(50, 200), (0, 50)])
def test_a_retry_tells_of_the_call_outside_the_time(start: float, end: float) -> None:
    history = ItemHistory("acme", "putOrders", "A", (attempt(1), attempt(2)))

    found = chart(call(1, 0, 10), call(2, 110, 120), histories=(history,), start=after(start), end=after(end))

    assert found["calls"] == 1
    assert [tuple(one.values()) for one in found["retries"]] == [(1, 2, 1, 100)]


def test_a_retry_between_two_calls_outside_the_time_is_left_out() -> None:
    history = ItemHistory("acme", "putOrders", "A", (attempt(1), attempt(2)))
    entries = call(1, 0, 10), call(2, 20, 30), call(3, 100, 120)

    assert chart(*entries, histories=(history,), start=after(50))["retries"] == []


def test_many_calls_are_counted_in_parts_of_the_time() -> None:
    entries = [call(number, number, number + 1) for number in range(MOST_CALLS)]
    bad = call(MOST_CALLS, MOST_CALLS, MOST_CALLS + 1, reply_status=500)

    found = chart(*entries, bad)

    assert (found["bars"], found["lanes"], sum(one["calls"] for one in found["buckets"])) == ([], 0, 301)
    assert found["buckets"][-1]["tones"] == {"good": 1, "bad": 1}


def test_a_part_of_the_time_counts_faults_and_calls_with_items_again() -> None:
    entries = [call(number, 0, 1) for number in range(MOST_CALLS)]
    cut = call(MOST_CALLS, 0, 1, fault="TRUNCATED_BODY")
    history = ItemHistory("acme", "putOrders", "A", (attempt(1), attempt(1), attempt(2)))

    (found,) = chart(*entries, cut, histories=(history,))["buckets"]

    assert (found["calls"], found["faults"], found["again"]) == (301, 1, 1)


def test_calls_in_too_many_lanes_are_counted() -> None:
    assert chart(*(call(number, 0, 1) for number in range(100)))["bars"] == []


def test_a_call_counts_where_it_arrived() -> None:
    words = [("good",), ("mixed",), ("bad",), ("neutral",)]
    found = count_calls([(-5, 70), (0, 1), (119, 500), (120, 121)], words, 120)

    assert [(one["startMillis"], one["endMillis"], one["tones"]) for one in found] == [
        (0, 1, {"good": 1, "mixed": 1}),
        (119, 120, {"neutral": 1, "bad": 1}),
    ]
