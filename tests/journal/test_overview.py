"""What the calls of a sandbox come to at a glance."""

from __future__ import annotations

from typing import Any

from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemHistory
from mockserver.journal.ledger import End, EndedItem
from mockserver.journal.overview import sum_up
from mockserver.journal.view import View
from mockserver.model import Action, Delivery
from tests.support.journal_entries import attempt, entry, item_results


def summed(*entries: Entry) -> Any:
    return sum_up(entries, (), View())


def ended(end: End, why: str) -> EndedItem:
    return EndedItem(ItemHistory("acme", "putOrders", "A", (attempt(1),)), end, why)


def test_no_calls_come_to_nothing() -> None:
    found = summed()

    assert (found["calls"], found["ledger"]["sent"]["items"]) == (0, 0)
    assert (found["lost"], found["refusals"], found["statuses"], found["durations"]) == ([], [], {}, [])


def test_calls_are_counted_by_class_of_status() -> None:
    lost = Delivery(fault="NO_RESPONSE")

    found = summed(entry(delivery=lost), entry(reply_status=503), entry(), entry(), entry(reply_status=302))

    assert list(found["statuses"].items()) == [("2xx", 2), ("3xx", 1), ("5xx", 1), ("none", 1)]


def test_items_are_counted_by_outcome() -> None:
    mixed = item_results(("A", Action.REJECTED), ("B", Action.CREATED), ("C", Action.CREATED))

    found = summed(entry(decided=mixed), entry(decided=item_results(("A", Action.CREATED))))

    assert list(found["outcomes"].items()) == [("created", 3), ("rejected", 1)]


def test_refusals_are_counted_by_reason() -> None:
    items = [ended(End.REFUSED, "no debtor"), ended(End.REFUSED, "no date"), ended(End.REFUSED, "no debtor")]

    found = sum_up((), items, View())

    assert found["refusals"] == [{"why": "no debtor", "items": 2}, {"why": "no date", "items": 1}]


def test_the_first_items_of_each_end_that_nobody_was_told_of_are_listed() -> None:
    ends = [End.LOST, End.CREATED, End.PHANTOM, End.DOUBLED, *[End.LOST] * 30]

    found = sum_up((), [ended(one, "why") for one in ends], View())

    assert [len(found[name]) for name in ("lost", "phantom", "doubled")] == [20, 1, 1]


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
