from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.app import Application
from mockserver.testing import Sandbox, Server
from mockserver.testing.threaded import running


@pytest.fixture(scope="session")
def server(app: Application) -> Iterator[Server]:
    """The application of all tests, on a socket."""
    with running(app) as url, Server(url) as server:
        yield server


@pytest.fixture
def box(server: Server) -> Iterator[Sandbox]:
    """A sandbox that is held to nothing at its end."""
    with Sandbox(server, allow=("off-contract", "never-hit")) as box:
        yield box
