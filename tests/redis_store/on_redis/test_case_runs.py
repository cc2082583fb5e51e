from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from mockserver.control.cases.runs import MAX_RUNS
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.journal import RedisCaseRuns


@pytest.fixture
def worker(connect: Callable[[], RedisConnection]) -> Callable[[], RedisCaseRuns]:
    """A function that returns the runs as one more worker has them."""
    return lambda: RedisCaseRuns(connect())


def test_a_verdict_is_there_for_every_worker(worker: Callable[[], RedisCaseRuns]) -> None:
    one, other = worker(), worker()
    verdict = {"passed": True, "durationMillis": Decimal("1.250")}

    assert [one.add(verdict)["run"], other.add({})["run"]] == [1, 2]
    assert other.find(1) == {"run": 1, **verdict}
    assert one.find(3) is None


def test_the_oldest_verdicts_are_dropped(worker: Callable[[], RedisCaseRuns]) -> None:
    runs = worker()
    for _ in range(MAX_RUNS + 1):
        runs.add({})

    assert runs.find(1) is None
    assert runs.find(2) == {"run": 2}


def test_one_run_at_a_time_is_in_a_sandbox_whichever_worker_has_it(
    worker: Callable[[], RedisCaseRuns],
) -> None:
    one, other = worker(), worker()

    with one.claim("a") as first, other.claim("a") as second, other.claim("b") as elsewhere:
        assert (first, second, elsewhere) == (True, False, True)
    with other.claim("a") as later:
        assert later


def test_who_has_no_claim_does_not_end_that_of_another(worker: Callable[[], RedisCaseRuns]) -> None:
    one, other = worker(), worker()

    with one.claim("a"):
        with other.claim("a"):
            pass
        with other.claim("a") as again:
            assert not again
