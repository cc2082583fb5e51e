"""The application on a store that hands out frozen documents, or on the one that the tests are given."""

from __future__ import annotations

import os
from itertools import count
from typing import Any

from mockserver.redis_store.addresses import parse_address
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import Backend, shared_backend
from tests.support.frozen_documents import FixturesFrozenOnce

STORE_VARIABLE = "TEST_STORE"
"""Address of the Redis on which the tests of behaviour run, instead of in memory."""

_numbers = count(1)


def create_frozen_app(options: Options | None = None, **others: Any) -> Application:
    """Return the application; whoever alters a document of its store fails at once."""
    if address := os.environ.get(STORE_VARIABLE):
        prefix = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}-{next(_numbers)}"
        return create_app(
            options, backend=shared_backend(parse_address(f"{address}?prefix={prefix}")), **others
        )
    keep = FixturesFrozenOnce()
    made = create_app(options, backend=Backend(MemoryStore(keep=keep)), **others)
    keep.add(made.sandboxes.fixtures)
    return made
