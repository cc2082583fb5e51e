"""The application on a store that hands out frozen documents, or on the one that the tests are given."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import count, cycle
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.redis_store.addresses import parse_address
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import Backend, shared_backend
from tests.support.frozen_documents import FixturesFrozenOnce

STORE_VARIABLE = "TEST_STORE"
"""Address of the Redis on which the tests of behaviour run, instead of in memory."""

WORKERS_VARIABLE = "TEST_WORKERS"
"""Number of applications on that Redis which take the calls in turn."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class _InTurn:
    """Applications that take one call each."""

    turns: cycle[ASGIApp]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await next(self.turns)(scope, receive, send)


def create_frozen_app(options: Options | None = None, **others: Any) -> Application:
    """Return the application; whoever alters a document of its store fails at once."""
    if address := os.environ.get(STORE_VARIABLE):
        return _on_shared_store(address, options, others)
    keep = FixturesFrozenOnce()
    made = create_app(options, backend=Backend(MemoryStore(keep=keep)), **others)
    keep.add(made.sandboxes.fixtures)
    return made


def _on_shared_store(address: str, options: Options | None, others: dict[str, Any]) -> Application:
    """Return the first of the applications, whose calls all of them take in turn."""
    prefix = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}-{next(_numbers)}"
    store = parse_address(f"{address}?prefix={prefix}")
    made = [
        create_app(options, backend=shared_backend(store), **others)
        for _ in range(int(os.environ.get(WORKERS_VARIABLE, "1")))
    ]
    return replace(made[0], entry=_InTurn(cycle([one.entry for one in made])))
