from __future__ import annotations

from collections.abc import Iterator

import httpcore  # noqa: F401 - httpx loads it late: a run of pytester would load it, and forget it again
import pytest

from mockserver.server.application import Application
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer
from mockserver.testing.threaded_server import run_in_thread


@pytest.fixture(scope="session")
def server(app: Application) -> Iterator[MockServer]:
    """The application of all tests, on a socket."""
    with run_in_thread(app) as url, MockServer(url) as server:
        yield server


@pytest.fixture
def box(server: MockServer) -> Iterator[Sandbox]:
    """A sandbox that is held to nothing at its end."""
    with Sandbox(server, allow=("off-contract", "never-hit")) as box:
        yield box
