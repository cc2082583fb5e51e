from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.use_times import RedisUseTimes
from mockserver.sandbox.idle import MemoryUseTimes, UseTimes
from tests.support.engine_samples import NOW

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def worker(connect: Callable[[], RedisConnection]) -> Callable[[], RedisUseTimes]:
    """A function that returns the times as one more worker has them."""
    return lambda: RedisUseTimes(connect())


def test_a_sandbox_that_another_worker_ended_begins_anew(worker: Callable[[], RedisUseTimes]) -> None:
    one, other = worker(), worker()
    one.add("a", NOW)
    other.remove("a")

    assert one.add("a", LATER)
    assert (other.has("a"), other.find("a")) == (True, LATER)


def test_a_worker_does_not_bring_back_what_another_ended(worker: Callable[[], RedisUseTimes]) -> None:
    one, other = worker(), worker()
    one.add("a", NOW)
    other.remove("a")

    one.touch("a", LATER)

    assert (one.names(), one.has("a")) == ([], False)


def test_the_use_of_one_worker_counts_at_all(worker: Callable[[], RedisUseTimes]) -> None:
    one, other = worker(), worker()
    one.add("a", NOW)

    other.touch("a", LATER)

    assert one.find("a") == LATER


def test_both_keep_the_same(worker: Callable[[], RedisUseTimes]) -> None:
    seen = []
    for times in (worker(), MemoryUseTimes()):
        first: UseTimes = times
        first.touch("a", NOW)
        now: list[object] = [first.has("a"), first.add("a", NOW), first.add("a", LATER), first.find("a")]
        first.touch("a", LATER)
        now += [first.find("a"), first.find("b"), first.names(), first.has("a")]
        first.remove("a")
        first.remove("a")
        seen.append([*now, first.has("a"), first.names()])

    assert seen[0] == seen[1]
