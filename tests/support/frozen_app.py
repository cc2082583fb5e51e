"""The application on a store that hands out frozen documents."""

from __future__ import annotations

from typing import Any

from mockserver.sandbox.memory_store import MemoryStore
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import Backend
from tests.support.frozen_documents import FixturesFrozenOnce


def create_frozen_app(options: Options | None = None, **others: Any) -> Application:
    """Return the application; whoever alters a document of its store fails at once."""
    keep = FixturesFrozenOnce()
    made = create_app(options, backend=Backend(MemoryStore(keep=keep)), **others)
    keep.add(made.sandboxes.fixtures)
    return made
