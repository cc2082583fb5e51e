from __future__ import annotations

import pytest

from mockserver.server.application import Application, Options
from tests.support.frozen_app import create_frozen_app
from tests.support.hypothesis_settings import without_constants


@pytest.fixture(autouse=True)
def _no_constants_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    without_constants(monkeypatch)


@pytest.fixture(scope="session")
def bare() -> Application:
    """All vendors without the engine that bends answers."""
    return create_frozen_app(Options(scenarios=False))
