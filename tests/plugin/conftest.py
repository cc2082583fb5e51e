from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver.app import Application
from mockserver.testing import Server
from mockserver.testing.threaded import running

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def server(app: Application) -> Iterator[Server]:
    """The application of all tests, on a socket."""
    with running(app) as url, Server(url) as server:
        yield server


@pytest.fixture
def run(pytester: pytest.Pytester, server: Server) -> Run:
    """Runs a suite of one file, in this process, against that server."""

    def ran(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess(
            "-p", "no:randomly", "-p", "no:cacheprovider", "--mockserver-url", server.url, *options
        )

    return ran
