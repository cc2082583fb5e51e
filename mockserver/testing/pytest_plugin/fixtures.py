"""Fixtures for server, sandbox, vendor, catalogue case and drill; the report of a failed test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import _pytest
import pluggy
import pytest

from mockserver.testing.pytest_plugin import options
from mockserver.testing.pytest_plugin.options import SEED, artifacts_folder
from mockserver.testing.pytest_plugin.servers import fail_without_traceback, start_server

if TYPE_CHECKING:
    from mockserver.testing.pytest_plugin.drill import MockDrill
    from mockserver.testing.sandbox import CatalogueTest, Sandbox
    from mockserver.testing.server import MockServer
    from mockserver.testing.vendor import SandboxVendor

SECTION = "mock journal"
_MAX_ITEMS = 10

_OWN_FRAMES = str(Path(__file__).parents[1])
_PYTEST_FRAMES = tuple(str(Path(str(module.__file__)).parent) for module in (_pytest, pluggy))


@dataclass(slots=True)
class FailureReporter:
    """Reporter of one test. For a failed test it shows the sandbox's journal and saves the artifacts."""

    sandbox: Sandbox
    artifacts: Path | None
    """Folder for the files of failed tests; None means that no files are saved."""
    server_ends: bool
    """Whether the server stops at the end of the run; the report then has no link to the journal."""
    failed: bool = False
    passed: bool = False
    journal: str = ""
    """Text of the report section, stored because the server may be gone at the teardown."""
    saved: bool = False

    def handle_report(self, report: pytest.TestReport) -> None:
        """Handle pytest's report of one phase of the test: setup, call or teardown."""
        self.passed = self.passed or (report.when == "call" and report.passed)
        if report.failed:
            self.failed = True
            self.save()
            report.sections.append((SECTION, self.journal))
        if report.when == "teardown" and not self.failed:
            with suppress(*_server_errors()):
                self.sandbox.drop()

    def save(self) -> None:
        """Read the journal; save the artifacts, unless they are already saved or no folder is given."""
        self.read_journal()
        if self.artifacts is None or self.saved:
            return
        try:
            self.sandbox.save(self.artifacts)
            self.saved = True
            self.journal += f"\nkept in {self.artifacts / self.sandbox.name}"
        except _server_errors():
            pass
        except OSError as error:
            self.journal += f"\nnothing is kept in {self.artifacts}: {error}"

    def read_journal(self) -> None:
        """Read the journal into `self.journal`; if the server is gone, keep the previous text."""
        try:
            ledger = list(_describe_ledger(self.sandbox)) if self.failed else []
            calls = self.sandbox.journal()
        except _server_errors() as error:
            self.journal = self.journal or f"the journal cannot be read: {error}"
            return
        lines = [str(call) for call in calls] or ["no calls"]
        self.journal = "\n".join((*ledger, *lines, self._location()))

    def _location(self) -> str:
        if self.server_ends:
            cure = "" if self.artifacts else "; --mockserver-artifacts=DIR keeps what it saw"
            return f"sandbox {self.sandbox.name} ends with this run{cure}"
        return f"sandbox kept: {self.sandbox.link}"


def _describe_ledger(sandbox: Sandbox) -> Iterator[str]:
    """Yield the ledger's headline and the first lost, phantom and doubled items; nothing without items."""
    from mockserver.testing.ledger import BAD, item_cells  # noqa: PLC0415 - slow import

    ledger = sandbox.ledger
    if ledger.sent:
        yield ledger.says
    if ledger.lost or ledger.phantom or ledger.doubled:
        items = sandbox.items(",".join(BAD))
        yield from (f"  {'  '.join(filter(None, item_cells(one)))}" for one in items[:_MAX_ITEMS])
        yield from [f"  and {len(items) - _MAX_ITEMS:,} more"] if len(items) > _MAX_ITEMS else []


REPORTER_KEY = pytest.StashKey[FailureReporter]()


def hide_own_frames(call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Cut this library's frames off the end of a failure's traceback, unless --full-trace is given."""
    if call.excinfo is None or config.getoption("fulltrace"):
        return
    frames = list(_frames(call.excinfo.tb))
    last = len(frames)
    while last and _file(frames[last - 1]).startswith(_OWN_FRAMES):
        last -= 1
    if 0 < last < len(frames) and not _file(frames[last - 1]).startswith(_PYTEST_FRAMES):
        frames[last - 1].tb_next = None


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _file(frame: TracebackType) -> str:
    return frame.tb_frame.f_code.co_filename


def _server_errors() -> tuple[type[Exception], ...]:
    from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError  # noqa: PLC0415 - slow import

    return (ServerUnreachableError, ControlPlaneError)


@pytest.fixture(scope="session")
def mockserver(request: pytest.FixtureRequest) -> MockServer:
    """Provide the server for this worker's tests: `.url`, `.vendors`, `.health()`."""
    with fail_without_traceback():
        return start_server(request.config)


@pytest.fixture(scope="session")
def mockserver_strict(request: pytest.FixtureRequest) -> MockServer:
    """Provide a server that accepts only the fixtures' credentials, for tests with `mock_auth("strict")`."""
    with fail_without_traceback():
        server = start_server(request.config, strict=True)
    if server.health()["auth"] != options.STRICT:
        pytest.fail(f"{server.url} accepts any credential; start it with --auth strict", pytrace=False)
    return server


@pytest.fixture
def mock_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Provide a new sandbox for this test: `.vendor(name)`, `.scenario(…)`, `.clock`, `.journal()`, …."""
    from mockserver.testing.control_client import sandbox_name  # noqa: PLC0415
    from mockserver.testing.sandbox import ALLOWABLE, Sandbox  # noqa: PLC0415

    node: pytest.Item = request.node
    strict = (
        options.text_argument(node, options.AUTH, choices=(options.STRICT, options.LENIENT)) == options.STRICT
    )
    server: MockServer = request.getfixturevalue("mockserver_strict" if strict else "mockserver")
    config = request.config
    sandbox = Sandbox(
        server,
        name=sandbox_name(getattr(config, "workerinput", {}).get("workerid", ""), node.nodeid),
        seed=config.getoption(SEED),
        freeze=options.text_argument(node, options.CLOCK) or None,
        empty=options.begins_empty(node),
        allow=options.allowed_violations(node, ALLOWABLE),
        folder=node.path.parent,
    )
    with fail_without_traceback():
        sandbox.open()
    reporter = FailureReporter(sandbox, artifacts_folder(config), server_ends=server.is_own)
    node.stash[REPORTER_KEY] = reporter
    with fail_without_traceback():
        for scenario in options.all_arguments(node, options.SCENARIO):
            sandbox.scenario(scenario)  # type: ignore[arg-type]
    yield sandbox
    _check_passed_test(reporter)


@pytest.fixture
def mock_vendor(mock_sandbox: Sandbox) -> Callable[[str], SandboxVendor]:
    """Provide a function that returns a vendor of the sandbox: `mock_vendor("shop").url`, `.calls`, …."""

    def vendor(name: str) -> SandboxVendor:
        with fail_without_traceback():
            return mock_sandbox.vendor(name)

    return vendor


@pytest.fixture
def mock_case(request: pytest.FixtureRequest, mock_sandbox: Sandbox) -> CatalogueTest:
    """Provide a case selected by the marker `mock_cases`: `.arrange()`, `.run()`, `.expected`, …."""
    if not hasattr(request, "param"):
        pytest.fail('mock_case needs the marker mock_cases("<vendor>")', pytrace=False)
    vendor, case = request.param
    with fail_without_traceback():
        return mock_sandbox.case(vendor, case)


@pytest.fixture
def mock_drill(request: pytest.FixtureRequest, mockserver: MockServer) -> MockDrill:
    """Provide a case selected by the marker `mock_drill`: `.run(function)` runs a client against the case."""
    from mockserver.testing.pytest_plugin.drill import MockDrill  # noqa: PLC0415 - slow import

    if not hasattr(request, "param"):
        pytest.fail('mock_drill needs the marker mock_drill("<vendor>")', pytrace=False)
    vendor, case = request.param
    test = request.node.nodeid.replace(f"{vendor}-{case}", vendor)
    return MockDrill(mockserver.control, vendor, case, test, request.config.stash)


def _check_passed_test(reporter: FailureReporter) -> None:
    """Fail a passed test if its sandbox has violations."""
    reporter.read_journal()
    if reporter.passed and (violations := reporter.sandbox.find_violations()):
        reporter.failed = True
        reporter.save()
        pytest.fail("\n".join(violations), pytrace=False)
