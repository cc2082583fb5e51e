from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver.server.application import Application
from mockserver.testing.server import MockServer
from mockserver.testing.threaded_server import run_in_thread

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def server(app: Application) -> Iterator[MockServer]:
    """The application of all tests, on a socket."""
    with run_in_thread(app) as url, MockServer(url) as server:
        yield server


@pytest.fixture
def run(pytester: pytest.Pytester, server: MockServer) -> Run:
    """Runs a suite of one file, in this process, against that server."""

    def ran(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess(
            "-p", "no:randomly", "-p", "no:cacheprovider", "--mockserver-url", server.url, *options
        )

    return ran
