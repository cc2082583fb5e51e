"""Fixtures for server, sandbox and catalogue case, and one fixture per vendor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from mockserver.testing.pytest_plugin import markers
from mockserver.testing.pytest_plugin.artifacts_option import artifacts_folder
from mockserver.testing.pytest_plugin.failure_report import REPORTER_KEY, FailureReporter

if TYPE_CHECKING:
    from mockserver.testing import CatalogueTest, MockServer, Sandbox, SandboxVendor


@pytest.fixture(scope="session")
def mockserver(request: pytest.FixtureRequest) -> MockServer:
    """Provide the server for this worker's tests: `.url`, `.vendors`, `.health()`."""
    return _start_server(request.config, strict=False)


@pytest.fixture(scope="session")
def mockserver_strict(request: pytest.FixtureRequest) -> MockServer:
    """Provide a server for tests with `mock_auth("strict")`, which accepts only the fixtures' credentials."""
    server = _start_server(request.config, strict=True)
    if server.health()["auth"] != markers.STRICT:
        pytest.fail(f"{server.url} accepts any credential; start it with --auth strict", pytrace=False)
    return server


@pytest.fixture
def mock_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Provide a new sandbox for this test: `.vendor(name)`, `.scenario(…)`, `.clock`, `.journal()`, …."""
    from mockserver.testing import Sandbox  # noqa: PLC0415 - slow import
    from mockserver.testing.control_client import sandbox_name  # noqa: PLC0415
    from mockserver.testing.teardown import ALLOWABLE  # noqa: PLC0415

    node: pytest.Item = request.node
    strict = (
        markers.text_argument(node, markers.AUTH, choices=(markers.STRICT, markers.LENIENT)) == markers.STRICT
    )
    server: MockServer = request.getfixturevalue("mockserver_strict" if strict else "mockserver")
    config = request.config
    sandbox = Sandbox(
        server,
        name=sandbox_name(getattr(config, "workerinput", {}).get("workerid", ""), node.nodeid),
        seed=config.getoption("mockserver_seed"),
        freeze=markers.text_argument(node, markers.CLOCK) or None,
        empty=markers.begins_empty(node),
        allow=markers.allowed_violations(node, ALLOWABLE),
        folder=node.path.parent,
    )
    with _fail_without_traceback():
        sandbox.open()
    reporter = FailureReporter(sandbox, artifacts_folder(config), server_ends=server.is_own)
    node.stash[REPORTER_KEY] = reporter
    with _fail_without_traceback():
        for scenario in markers.all_arguments(node, markers.SCENARIO):
            sandbox.scenario(scenario)  # type: ignore[arg-type]
    yield sandbox
    _check_passed_test(reporter)


@pytest.fixture
def mock_case(request: pytest.FixtureRequest, mock_sandbox: Sandbox) -> CatalogueTest:
    """Provide a case selected by the marker `mock_cases`: `.arrange()`, `.run()`, `.expected`, …."""
    if not hasattr(request, "param"):
        pytest.fail('mock_case needs the marker mock_cases("<vendor>")', pytrace=False)
    vendor, case = request.param
    with _fail_without_traceback():
        return mock_sandbox.case(vendor, case)


def _start_server(config: pytest.Config, *, strict: bool) -> MockServer:
    from mockserver.testing import MockServer  # noqa: PLC0415 - slow import

    url, specs = config.getoption("mockserver_url"), config.getini("mockserver_specs")
    running = ExitStack()
    # The last test's report is made after all fixtures are torn down, and still needs the server.
    config.add_cleanup(running.close)
    with _fail_without_traceback():
        return running.enter_context(MockServer(url, strict=strict, specs=specs))


@contextmanager
def _fail_without_traceback() -> Iterator[None]:
    """Turn errors of the mock server into test failures with their message only."""
    from mockserver.testing import ControlPlaneError, ServerUnreachableError  # noqa: PLC0415 - slow import

    try:
        yield
    except (ServerUnreachableError, ControlPlaneError, LookupError, OSError) as error:
        pytest.fail(str(error), pytrace=False)


def _check_passed_test(reporter: FailureReporter) -> None:
    """Fail a passed test if its sandbox has violations."""
    reporter.read_journal()
    if reporter.passed and (violations := reporter.sandbox.find_violations()):
        reporter.save()
        pytest.fail("\n".join(violations), pytrace=False)


_NOT_IDENTIFIER = re.compile(r"\W")


def vendor_fixtures(config: pytest.Config) -> ModuleType:
    """Return a plugin with the fixtures `mock_<vendor>`; other characters become underscores."""
    module = ModuleType("mockserver.testing.pytest_plugin.of_vendors", "A fixture for each vendor.")
    for name in sorted(set(_vendor_names(config))):
        setattr(module, f"mock_{_NOT_IDENTIFIER.sub('_', name)}", _vendor_fixture(name))
    return module


def _vendor_names(config: pytest.Config) -> Iterator[str]:
    package = Path(__file__).parents[2]
    installed = package / "specs"
    specs = installed if installed.is_dir() else package.parent / "specs"
    for folder in (specs, *config.getini("mockserver_specs")):
        yield from (file.stem for file in folder.glob("*.yaml") if not file.name.startswith("_"))
    if url := config.getoption("mockserver_url"):
        yield from _remote_vendors(url)


def _remote_vendors(url: str) -> Iterator[str]:
    """Yield the vendors of a running server; none if it does not respond, which the fixtures will report."""
    from mockserver.testing import (  # noqa: PLC0415 - slow import
        ControlPlaneError,
        MockServer,
        ServerUnreachableError,
    )

    try:
        with MockServer(url) as server:
            yield from server.vendors
    except (ServerUnreachableError, ControlPlaneError):
        return


def _vendor_fixture(vendor: str) -> Callable[..., object]:
    def fixture(mock_sandbox: Sandbox) -> SandboxVendor:
        return mock_sandbox.vendor(vendor)

    fixture.__doc__ = f"The vendor {vendor} in this test's sandbox: `.url`, `.token`, `.calls`, `.arm(…)`, …."
    return pytest.fixture(name=f"mock_{_NOT_IDENTIFIER.sub('_', vendor)}")(fixture)
