"""pytest plugin: options, markers, hooks. Heavy imports are deferred until a fixture is used.

Hook wrappers have the older form (`hookwrapper=True`), because the plugin supports pytest 7.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.testing.pytest_plugin.options import (
    CASES,
    COMMAND,
    DRILL,
    MARKERS,
    OVERLAYS,
    SPECS,
    describe_root,
)

if TYPE_CHECKING:
    from mockserver.testing.calls import ItemCount


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options and settings."""
    group = parser.getgroup("mockserver", "mock of batch APIs")
    group.addoption(
        "--mockserver-url",
        metavar="URL",
        help="URL of a running mockserver, otherwise MOCKSERVER_URL; by default each worker starts its own.",
    )
    group.addoption(
        "--mockserver-command",
        metavar="COMMAND",
        default="",
        help="Command that starts a mockserver of another environment, such as /opt/mock/bin/mockserver.",
    )
    group.addoption(
        "--mockserver-artifacts",
        metavar="DIR",
        help="Save calls (case, pytest, curl, HAR, Postman) and state of failed tests in folders below DIR.",
    )
    group.addoption(
        "--mockserver-seed",
        metavar="N",
        type=int,
        default=0,
        help="Seed of every test's sandbox; default 0.",
    )
    parser.addini(COMMAND, "Command that starts a mockserver of another environment.", default="")
    parser.addini(
        SPECS,
        "Additional OpenAPI files, or folders of them, one vendor each, for the mockserver that is started.",
        "paths",
        default=[],
    )
    parser.addini(OVERLAYS, "OpenAPI Overlays that change those files.", "paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, the fixtures, and a fixture for each installed vendor."""
    from mockserver.testing.pytest_plugin import fixtures, servers  # noqa: PLC0415 - after the options are known

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(fixtures, "mockserver-fixtures")
    servers.register_installed_vendors(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return a warning if pytest took its root directory from the folder of artifacts."""
    return [line] if (line := describe_root(config)) else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests that have the marker `mock_cases` or `mock_drill`."""
    if metafunc.definition.get_closest_marker(CASES) or metafunc.definition.get_closest_marker(DRILL):
        from mockserver.testing.pytest_plugin import parametrization  # noqa: PLC0415 - slow import

        parametrization.parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Register fixtures for the vendors of the server, if the test needs an unknown fixture `mock_…`."""
    from mockserver.testing.pytest_plugin.servers import register_served_vendors  # noqa: PLC0415 - only if tests run

    register_served_vendors(item)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Add the journal to the report of a failed test; delete the sandbox of a passed test."""
    from mockserver.testing.pytest_plugin.fixtures import REPORTER_KEY, hide_own_frames  # noqa: PLC0415 - only if tests run

    hide_own_frames(call, item.config)
    outcome = yield
    report = outcome.get_result()
    reporter = item.stash.get(REPORTER_KEY, None)
    if reporter is not None:
        reporter.handle_report(report)
        if report.when == "teardown":
            del item.stash[REPORTER_KEY]


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """If a comparison of `RecordedCalls.sent` fails, explain which items were resent."""
    if op != "==" or not (isinstance(left, list | tuple) and isinstance(right, list | tuple)):
        return None
    sent = _item_counts(left) or _item_counts(right)
    if not sent:
        return None
    from mockserver.testing.calls import describe_resent  # noqa: PLC0415 - already loaded

    return [describe_resent(one.call for one in sent), f"{list(left)} == {list(right)}"]


def _item_counts(values: list[Any] | tuple[Any, ...]) -> list[ItemCount]:
    """Return the values if all of them are `ItemCount`, otherwise an empty list."""
    module = sys.modules.get("mockserver.testing.calls")
    return (
        list(values)
        if module and values and all(isinstance(value, module.ItemCount) for value in values)
        else []
    )
