from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.app import Application, create_app
from mockserver.store.memory import MemoryStore
from tests.support.frozen import keep_frozen
from tests.support.generating import without_constants


@pytest.fixture(autouse=True)
def _no_constants_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    without_constants(monkeypatch)


@pytest.fixture(scope="session")
def bare() -> Application:
    """All vendors without the engine that bends answers."""
    app = create_app(store=MemoryStore(keep=keep_frozen))
    vendors = app.door.vendors
    assert isinstance(vendors, dict)
    for name, vendor in vendors.items():
        vendors[name] = replace(vendor, pipeline=replace(vendor.pipeline, director=None))
    return app
