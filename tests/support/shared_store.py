"""The Redis on which the tests of behaviour run, if they are given one."""

from __future__ import annotations

import os
from itertools import count

STORE_VARIABLE = "TEST_STORE"
"""Address of the Redis on which the tests of behaviour run, instead of in memory."""

WORKERS_VARIABLE = "TEST_WORKERS"
"""Number of workers on that Redis which take the calls."""

_numbers = count(1)


def new_store() -> str | None:
    """Return the address of a store in that Redis which nobody else has used; None without a Redis."""
    address = os.environ.get(STORE_VARIABLE)
    if not address:
        return None
    return f"{address}?prefix={os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}-{next(_numbers)}"


def worker_count() -> int:
    """Return how many workers take the calls."""
    return int(os.environ.get(WORKERS_VARIABLE, "1"))
