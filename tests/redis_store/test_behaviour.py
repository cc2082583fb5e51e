"""The tests that `make test-redis` runs on a real Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.redis_store.behaviour import QUICK_SUITES, SUITES

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("suite", [*SUITES, *QUICK_SUITES])
def test_a_suite_that_runs_on_redis_is_there(suite: str) -> None:
    assert (TESTS / suite).exists()
