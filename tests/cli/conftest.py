from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.server.application import Application
from mockserver.testing.threaded_server import run_in_thread
from tests.support.commands import Commands


@pytest.fixture(scope="session")
def server_url(app: Application) -> Iterator[str]:
    """The application of all tests, on a socket."""
    with run_in_thread(app) as url:
        yield url


@pytest.fixture
def commands(server_url: str, sandbox: str) -> Commands:
    """Commands that talk to a fresh sandbox of that server."""
    return Commands(server_url, sandbox)
