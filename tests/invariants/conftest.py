from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.contract.failure_search import without_module_literals
from mockserver.server.application import Application, Options
from tests.support import sixth_vendor
from tests.support.frozen_app import create_frozen_app


@pytest.fixture(autouse=True)
def _no_literals_of_modules() -> Iterator[None]:
    with without_module_literals():
        yield


@pytest.fixture(scope="session")
def bare() -> Application:
    """All vendors without the engine that bends answers."""
    return create_frozen_app(Options(specs=(sixth_vendor.FOLDER,), scenarios=False))
