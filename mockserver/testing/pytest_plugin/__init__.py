"""pytest plugin: options, markers, hooks. Heavy imports are deferred until a fixture is used."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.testing.pytest_plugin.artifacts_option import describe_root
from mockserver.testing.pytest_plugin.markers import MARKERS

if TYPE_CHECKING:
    from mockserver.testing import ItemCount

URL, ARTIFACTS, SEED, SPECS = "mockserver_url", "mockserver_artifacts", "mockserver_seed", "mockserver_specs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add three options and one setting."""
    group = parser.getgroup("mockserver", "mock of batch APIs")
    group.addoption(
        "--mockserver-url",
        metavar="URL",
        help="URL of a running mockserver; by default each worker starts its own.",
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
    parser.addini(
        SPECS,
        "Folders with additional specs, one vendor each, for the mockserver that is started.",
        "paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register markers, fixtures, and one fixture per vendor."""
    from mockserver.testing.pytest_plugin import fixtures  # noqa: PLC0415 - after the options are known

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(fixtures, "mockserver-fixtures")
    config.pluginmanager.register(fixtures.vendor_fixtures(config), "mockserver-vendors")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say if the folder of artifacts has moved pytest's root."""
    return [line] if (line := describe_root(config)) else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests that have the marker `mock_cases`."""
    if metafunc.definition.get_closest_marker("mock_cases"):
        from mockserver.testing.pytest_plugin.parametrization import parametrize  # noqa: PLC0415 - reads the catalogue

        parametrize(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journal to the report of a failed test; delete the sandbox of a passed one."""
    report = yield
    from mockserver.testing.pytest_plugin.failure_report import REPORTER_KEY  # noqa: PLC0415 - only if tests run

    reporter = item.stash.get(REPORTER_KEY, None)
    if reporter is not None:
        reporter.handle_report(report)
        if report.when == "teardown":
            del item.stash[REPORTER_KEY]
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain which items were resent if the numbers of sent items differ."""
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
        list(values) if module and values and all(isinstance(one, module.ItemCount) for one in values) else []
    )
