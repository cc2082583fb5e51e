from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options
from mockserver.testing.threaded_server import run_in_thread
from tests.browser.screens import write_reports
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor, find_browser, start_browser, visiting
from tests.support.frozen_app import create_frozen_app

TRACES = Path("report") / "browser"
_HAS_FAILED = pytest.StashKey[bool]()
_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; BROWSER_REQUIRED=1 lets the tests fail where there is none."""
    path = find_browser()
    if path is None:
        said = "no chromium, chromium-browser or google-chrome on this machine"
        if os.environ.get("BROWSER_REQUIRED") == "1":
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        started = start_browser(playwright, path)
        yield started
        started.close()


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that also shows reports."""
    folder = tmp_path_factory.mktemp("reports")
    write_reports(folder)
    with run_in_thread(create_frozen_app(Options(examples=ProfileExamples, reports=folder))) as address:
        yield address


@pytest.fixture
def sender(url: str) -> Iterator[Sender]:
    """Whoever sends calls, into a sandbox that no other test has."""
    with Sender.into(url, f"browser-{next(_numbers)}") as made:
        yield made
        made.leave()


@pytest.fixture
def window(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Visiting]:
    """Opens windows. A page that does what none may do fails the test; a failed test leaves a trace."""
    # A page that is still open when its sandbox is deleted may ask for calls of it, and says that it failed.
    if "sender" in request.fixturenames:
        request.getfixturevalue("sender")
    opened: list[Visitor] = []
    traces: list[Visitor] = []
    with ExitStack() as stack:

        def open_window(*, at: str = url, traced: bool = True, **settings: object) -> Visitor:
            visitor = stack.enter_context(visiting(browser, at, **settings))
            if traced:
                visitor.context.tracing.start(snapshots=True)
                traces.append(visitor)
            opened.append(visitor)
            return visitor

        yield open_window
        for number, visitor in enumerate(traces, 1):
            if request.node.stash.get(_HAS_FAILED, False) or visitor.problems:
                name = re.sub(r"\W+", "-", request.node.name).strip("-")
                visitor.context.tracing.stop(path=TRACES / f"{name}-{number}.zip")
    assert [problem for visitor in opened for problem in visitor.problems] == []


@pytest.fixture
def visitor(window: Visiting) -> Visitor:
    """A visitor with a usual window."""
    return window(viewport={"width": 1280, "height": 900})
