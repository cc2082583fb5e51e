"""Fixtures for server, sandbox and catalogue case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mockserver.testing.pytest_plugin import markers
from mockserver.testing.pytest_plugin.artifacts_option import artifacts_folder
from mockserver.testing.pytest_plugin.failure_report import REPORTER_KEY, FailureReporter
from mockserver.testing.pytest_plugin.servers import fail_without_traceback, start_server
from mockserver.testing.pytest_plugin.settings import SEED

if TYPE_CHECKING:
    from mockserver.testing.cases import CatalogueTest
    from mockserver.testing.sandbox import Sandbox
    from mockserver.testing.server import MockServer


@pytest.fixture(scope="session")
def mockserver(request: pytest.FixtureRequest) -> MockServer:
    """Provide the server for this worker's tests: `.url`, `.vendors`, `.health()`."""
    with fail_without_traceback():
        return start_server(request.config)


@pytest.fixture(scope="session")
def mockserver_strict(request: pytest.FixtureRequest) -> MockServer:
    """Provide a server for tests with `mock_auth("strict")`, which accepts only the fixtures' credentials."""
    with fail_without_traceback():
        server = start_server(request.config, strict=True)
    if server.health()["auth"] != markers.STRICT:
        pytest.fail(f"{server.url} accepts any credential; start it with --auth strict", pytrace=False)
    return server


@pytest.fixture
def mock_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Provide a new sandbox for this test: `.vendor(name)`, `.scenario(…)`, `.clock`, `.journal()`, …."""
    from mockserver.testing.control_client import sandbox_name  # noqa: PLC0415
    from mockserver.testing.sandbox import Sandbox  # noqa: PLC0415 - slow import
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
        seed=config.getoption(SEED),
        freeze=markers.text_argument(node, markers.CLOCK) or None,
        empty=markers.begins_empty(node),
        allow=markers.allowed_violations(node, ALLOWABLE),
        folder=node.path.parent,
    )
    with fail_without_traceback():
        sandbox.open()
    reporter = FailureReporter(sandbox, artifacts_folder(config), server_ends=server.is_own)
    node.stash[REPORTER_KEY] = reporter
    with fail_without_traceback():
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
    with fail_without_traceback():
        return mock_sandbox.case(vendor, case)


def _check_passed_test(reporter: FailureReporter) -> None:
    """Fail a passed test if its sandbox has violations."""
    reporter.read_journal()
    if reporter.passed and (violations := reporter.sandbox.find_violations()):
        reporter.save()
        pytest.fail("\n".join(violations), pytrace=False)
