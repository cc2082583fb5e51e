"""Findings about clients that receive webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.drill.oracle import judge
from mockserver.drill.run import Run
from mockserver.sandbox.deliveries import DeliveryAttempt, OwedDelivery
from tests.drill.runs import CLEAN, READABLE, look, run_of
from tests.support.engine_samples import NOW

LOST = (
    "DROPPED: the webhook order_created of R-1 (lost) was answered nothing; "
    "the client neither looked nor told of it"
)


def delivery(*statuses: int | None, **members: Any) -> OwedDelivery:
    usual: dict[str, Any] = {
        "key": "1",
        "id": "d-1",
        "cause": "1",
        "event": "order_created",
        "items": ("R-1",),
        "method": "POST",
        "url": "http://127.0.0.1:9000/hook",
        "headers": {},
        "body": "{}",
        "due": NOW,
        "attempts_left": 4,
        "timeout": 10,
        "backoff": (),
        "ordered": True,
        "attempts": tuple(DeliveryAttempt(one, None if one else "refused", 1) for one in statuses),
    }
    return OwedDelivery(**{**usual, **members})


def said(*deliveries: OwedDelivery, run: Run | None = None, usual: str = "3 webhooks") -> list[str]:
    clean = run_of(CLEAN, output=usual)
    judged = judge(
        clean,
        run or run_of(CLEAN, output=usual),
        READABLE,
        harmless=False,
        is_met=True,
        deliveries={1: deliveries},
    )
    return [f"{one.kind.name}: {one.message}" for one in judged.findings]


def test_an_accepted_delivery_is_right() -> None:
    assert said(delivery(500, 200)) == []


def test_a_lost_delivery_that_nobody_noticed_is_named() -> None:
    assert said(delivery(effects=("lost",))) == [LOST]


@pytest.mark.parametrize(
    "run",
    [
        run_of(CLEAN, status=1),
        run_of(CLEAN, output="no webhook for R-1\n3 webhooks"),
        run_of(CLEAN, calls=[look(2)]),
    ],
)
def test_a_client_notices_a_lost_delivery(run: Run) -> None:
    assert said(delivery(effects=("lost",)), run=run) == []


def test_the_line_of_every_run_notices_nothing() -> None:
    run = run_of(CLEAN, output="R-1 stored in 12 ms")

    assert said(delivery(effects=("lost",)), run=run, usual="R-1 stored in 9 ms") == [LOST]


def test_an_early_delivery_that_the_client_refused_is_named() -> None:
    assert "(early) was answered 500" in said(delivery(500, effects=("early",)))[0]


def test_a_wrong_signature_that_was_accepted_is_named() -> None:
    found = said(delivery(200, effects=("wrong-signature",)))

    assert found == ["WRONG: the webhook order_created of R-1 with a wrong signature was accepted"]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("4 webhooks", ["TWICE: 1 doubled webhook was counted twice: 4 webhooks"]),
        ("3 webhooks", []),
        ("9 webhooks", []),
        ("all webhooks", []),
    ],
)
def test_a_count_that_is_higher_by_the_doubled_deliveries_is_named(now: str, found: list[str]) -> None:
    doubled = [delivery(200), delivery(200, key="2")]

    assert said(*doubled, run=run_of(CLEAN, output=now)) == found
