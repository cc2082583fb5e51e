"""The application on a store that hands out frozen documents, or on the one that the tests are given."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any

from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.redis_store.addresses import parse_address
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import Backend, shared_backend
from tests.support.frozen_documents import FixturesFrozenOnce
from tests.support.shared_store import new_store, worker_count


@dataclass(frozen=True, slots=True)
class _InTurn:
    """Applications that take one call each."""

    turns: cycle[ASGIApp]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await next(self.turns)(scope, receive, send)


def create_frozen_app(options: Options | None = None, **others: Any) -> Application:
    """Return the application; whoever alters a document of its store fails at once."""
    if address := new_store():
        return _on_shared_store(address, options, others)
    keep = FixturesFrozenOnce()
    made = create_app(options, backend=Backend(MemoryStore(keep=keep)), **others)
    keep.add(made.sandboxes.fixtures)
    return made


def _on_shared_store(address: str, options: Options | None, others: dict[str, Any]) -> Application:
    """Return the first of the applications, whose calls all of them take in turn."""
    store = parse_address(address)
    made = [create_app(options, backend=shared_backend(store), **others) for _ in range(worker_count())]
    return replace(made[0], entry=_InTurn(cycle([one.entry for one in made])))
