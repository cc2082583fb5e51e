"""What the calls of a sandbox come to at a glance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.journal.entry import Entry
from mockserver.journal.overview import sum_up
from mockserver.journal.view import View
from mockserver.model import Action, Delivery
from tests.support.engine_samples import NOW
from tests.support.journal_entries import entry, item_results


def summed(*entries: Entry) -> Any:
    return sum_up(entries, (), View())


def after(seconds: int, **changes: Any) -> Entry:
    return entry(at=NOW + timedelta(seconds=seconds), **changes)


def test_no_calls_come_to_nothing() -> None:
    found = summed()

    assert (found["calls"], found["statuses"], found["times"], found["durations"]) == (0, {}, [], [])


def test_calls_are_counted_by_class_of_status() -> None:
    lost = Delivery(fault="NO_RESPONSE")

    found = summed(entry(delivery=lost), entry(reply_status=503), entry(), entry(), entry(reply_status=302))

    assert list(found["statuses"].items()) == [("2xx", 2), ("3xx", 1), ("5xx", 1), ("none", 1)]


def test_items_are_counted_by_outcome() -> None:
    mixed = item_results(("A", Action.REJECTED), ("B", Action.CREATED), ("C", Action.CREATED))

    found = summed(entry(decided=mixed), entry(decided=item_results(("A", Action.CREATED))))

    assert list(found["outcomes"].items()) == [("created", 3), ("rejected", 1)]


def test_calls_stand_in_the_bucket_of_their_time() -> None:
    found = summed(after(0), after(5, reply_status=503), after(5), after(6))

    assert found["bucketSeconds"] == 1
    assert [one["calls"] for one in found["times"][-7:]] == [
        {"2xx": 1},
        *[{}] * 4,
        {"2xx": 1, "5xx": 1},
        {"2xx": 1},
    ]
    assert found["times"][-7]["at"] == "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "step"), [(0, 1), (47, 1), (48, 2), (3600, 120), (86_400, 3600), (10**9, 20_833_334)]
)
def test_a_bucket_is_so_long_that_there_are_few(seconds: int, step: int) -> None:
    found = summed(after(0), after(seconds))

    assert found["bucketSeconds"] == step
    assert 24 <= len(found["times"]) <= 49
    assert sum(sum(one["calls"].values()) for one in found["times"]) == 2


def test_calls_out_of_order_are_counted_too() -> None:
    found = summed(after(9), after(0), after(4))

    assert sum(sum(one["calls"].values()) for one in found["times"]) == 3


def test_durations_are_by_operation_with_delays() -> None:
    quick = [entry(duration_ms=float(millis)) for millis in range(100, 0, -1)]
    slow = entry(operation=None, vendor="", duration_ms=2.0, delivery=Delivery(delay_ms=500))

    found = summed(*quick, slow)["durations"]

    assert found == [
        {"vendor": "acme", "operation": "putOrders", "calls": 100, "p50": 50.0, "p90": 90.0, "p99": 99.0},
        {"vendor": "", "operation": None, "calls": 1, "p50": 502.0, "p90": 502.0, "p99": 502.0},
    ]


def test_rules_that_hit_are_counted_those_with_most_calls_first() -> None:
    found = summed(entry(applied=("s/one", "s/two")), entry(applied=("s/two",)), entry())

    assert found["rules"] == [{"rule": "s/two", "calls": 2}, {"rule": "s/one", "calls": 1}]
