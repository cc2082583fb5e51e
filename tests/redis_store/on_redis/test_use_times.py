from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.sandbox_use import RedisUseTimes
from mockserver.redis_store.store import RedisStore
from tests.support.engine_samples import NOW

LATER = NOW + timedelta(minutes=1)


class Worker(NamedTuple):
    """One worker's store, and the times as it has them."""

    store: RedisStore
    times: RedisUseTimes

    def create(self, name: str) -> None:
        self.store.create(name, lambda _whole: None)


@pytest.fixture
def two(connect: Callable[[], RedisConnection]) -> tuple[Worker, Worker]:
    """Two workers; the first has made the sandbox `a`."""
    first, second = (
        Worker(
            store := RedisStore(connection := connect(), lambda: NOW), RedisUseTimes(connection, store.names)
        )
        for _ in range(2)
    )
    first.create("a")
    return first, second


def test_a_sandbox_is_here_from_its_making_to_its_end(two: tuple[Worker, Worker]) -> None:
    times = two[1].times
    assert (times.has("a"), times.find("a"), times.names()) == (True, NOW, ["a"])

    two[0].store.delete("a")

    assert (times.has("a"), times.find("a"), times.names()) == (False, None, [])


def test_a_worker_does_not_bring_back_what_another_ended(two: tuple[Worker, Worker]) -> None:
    two[0].times.add("a", NOW)
    two[1].store.delete("a")

    two[0].times.touch("a", LATER)

    assert (two[0].times.names(), two[0].times.has("a")) == ([], False)


def test_the_use_of_one_worker_counts_at_all(two: tuple[Worker, Worker]) -> None:
    two[1].times.touch("a", LATER)

    assert two[0].times.find("a") == LATER


def test_a_use_is_told_once_a_second(two: tuple[Worker, Worker]) -> None:
    for at in (0.0, 0.9, 1.0):
        two[1].times.touch("a", LATER + timedelta(seconds=at))
        seen = two[0].times.find("a")

        assert seen == (LATER if at < 1 else LATER + timedelta(seconds=1))
