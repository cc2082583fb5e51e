"""pytest plugin: options, markers, hooks. Heavy imports are deferred until a fixture is used."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.testing.pytest_plugin.markers import MARKERS

if TYPE_CHECKING:
    from mockserver.testing import ItemCount

URL, ARTIFACTS, SEED, SPECS = "mockserver_url", "mockserver_artifacts", "mockserver_seed", "mockserver_specs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Three options and one setting."""
    group = parser.getgroup("mockserver", "mock of batch APIs")
    group.addoption(
        "--mockserver-url",
        metavar="URL",
        help="Use the mockserver that runs there; else each worker has its own.",
    )
    group.addoption(
        "--mockserver-artifacts",
        metavar="DIR",
        help="Keep traffic (HAR), calls (curl) and state of failed tests in folders below DIR.",
    )
    group.addoption(
        "--mockserver-seed",
        metavar="N",
        type=int,
        default=0,
        help="Seed of every test's sandbox; 0 if left out.",
    )
    parser.addini(
        SPECS,
        "Folders with more specs, each a vendor of the mockserver that is started.",
        "paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest the markers, and give it a fixture for each vendor."""
    from mockserver.testing.pytest_plugin import fixtures  # noqa: PLC0415 - after the options are known

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(fixtures, "mockserver-fixtures")
    config.pluginmanager.register(fixtures.vendor_fixtures(config), "mockserver-vendors")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test with the cases that a marker names."""
    if metafunc.definition.get_closest_marker("mock_cases"):
        from mockserver.testing.pytest_plugin.parametrization import parametrize  # noqa: PLC0415 - reads the catalogue

        parametrize(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the mock saw to the report of a failed test; let the sandbox of one that passed go."""
    report = yield
    from mockserver.testing.pytest_plugin.failure_report import REPORTER_KEY  # noqa: PLC0415 - light, and only where tests run

    watch = item.stash.get(REPORTER_KEY, None)
    if watch is not None:
        watch.handle_report(report)
        if report.when == "teardown":
            del item.stash[REPORTER_KEY]
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say in a sentence what was resent, where numbers of sent items are not as expected."""
    if op != "==" or not (isinstance(left, list | tuple) and isinstance(right, list | tuple)):
        return None
    sent = _item_counts(left) or _item_counts(right)
    if not sent:
        return None
    from mockserver.testing.calls import describe_resent  # noqa: PLC0415 - loaded by whoever made them

    return [describe_resent(one.call for one in sent), f"{list(left)} == {list(right)}"]


def _item_counts(values: list[Any] | tuple[Any, ...]) -> list[ItemCount]:
    """Return the values, if they are what calls sent; none otherwise, and where nobody made such."""
    made = sys.modules.get("mockserver.testing.calls")
    return list(values) if made and values and all(isinstance(one, made.ItemCount) for one in values) else []
