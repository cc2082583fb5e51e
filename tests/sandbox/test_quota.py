from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.quota import (
    QuotaUse,
    QuotaWindow,
    count_in_fixed_window,
    count_in_token_bucket,
    peek_fixed_window,
    rate_limit_headers,
)
from tests.support.engine_samples import transact

START = datetime(2026, 1, 5, 9, 0, 10, tzinfo=UTC)


class Hands:
    """The hands of a clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def counting(hands: Hands) -> MemoryStore:
    made = MemoryStore(clock=hands)
    made.create("default", lambda _whole: None)
    return made


def minute(made: MemoryStore, key: str = "k") -> QuotaUse:
    return transact(made, lambda state: count_in_fixed_window(state, key, 3, 60))


def bucket(made: MemoryStore) -> QuotaUse:
    return transact(made, lambda state: count_in_token_bucket(state, "k", 2, 3))


def test_a_window_lets_in_so_many_and_says_how_long_the_next_has_to_wait(counting: MemoryStore) -> None:
    assert [minute(counting) for _ in range(4)] == [
        QuotaUse(2),
        QuotaUse(1),
        QuotaUse(0),
        QuotaUse(0, wait=50),
    ]


def test_the_next_window_begins_anew(counting: MemoryStore, hands: Hands) -> None:
    for _ in range(4):
        minute(counting)
    hands.move(50)

    assert minute(counting) == QuotaUse(2)


def test_keys_are_counted_apart(counting: MemoryStore) -> None:
    minute(counting)

    assert minute(counting, "other") == QuotaUse(2)


def test_to_look_counts_nothing(counting: MemoryStore) -> None:
    minute(counting)
    left = [transact(counting, lambda state: peek_fixed_window(state, "k", 3, 60)).left for _ in range(2)]

    assert left == [2, 2]


def test_a_bucket_lets_in_a_burst_and_then_what_it_gains(counting: MemoryStore, hands: Hands) -> None:
    burst = [bucket(counting) for _ in range(4)]
    hands.move(0.5)

    assert (burst, bucket(counting).allowed, bucket(counting)) == (
        [QuotaUse(2), QuotaUse(1), QuotaUse(0), QuotaUse(0, wait=1)],
        True,
        QuotaUse(0, wait=1),
    )


def test_a_bucket_holds_no_more_than_its_burst(counting: MemoryStore, hands: Hands) -> None:
    bucket(counting)
    hands.move(3600)

    assert bucket(counting) == QuotaUse(2)


def test_a_quota_is_told_as_the_draft_has_it() -> None:
    windows = (QuotaWindow("minute", 60, 60, 59, 15), QuotaWindow("day", 5000, 86400, 4999, 54015))

    assert rate_limit_headers(*windows) == (
        ("RateLimit-Policy", '"minute";q=60;w=60, "day";q=5000;w=86400'),
        ("RateLimit", '"minute";r=59;t=15, "day";r=4999;t=54015'),
    )
