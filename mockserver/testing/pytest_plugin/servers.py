"""Servers of a test run, lenient and strict: started on first use, and stopped at the end of the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from mockserver.testing.pytest_plugin.options import COMMAND, OVERLAYS, SPECS, STRICT, URL

if TYPE_CHECKING:
    from mockserver.testing.sandbox import Sandbox
    from mockserver.testing.server import MockServer
    from mockserver.testing.vendor import SandboxVendor

PREFIX = "mock_"
_PACKAGE = Path(__file__).parents[2]
_NOT_IDENTIFIER = re.compile(r"\W")
_SERVERS = pytest.StashKey[dict[bool, "MockServer"]]()
_KNOWN_VENDORS = pytest.StashKey[set[str]]()

_SERVED = pytest.StashKey[bool]()


def start_server(config: pytest.Config, *, strict: bool = False) -> MockServer:
    """Return the run's server. On first use, start it, or connect to the server at the configured URL.

    Raises ServerNotStartedError: the server cannot be started; ServerUnreachableError: no mockserver responds
    at the configured URL.
    """
    from mockserver.testing.server import MockServer  # noqa: PLC0415 - slow import

    servers = config.stash.setdefault(_SERVERS, {})
    if strict not in servers:
        url = config.getoption(URL)
        command = config.getoption(COMMAND) or config.getini(COMMAND)
        specs, overlays = config.getini(SPECS), config.getini(OVERLAYS)
        made = partial(MockServer, strict=strict, specs=specs, overlays=overlays, command=command)
        running = ExitStack()
        # The server must outlive all fixtures: pytest reports the last test after their teardown.
        config.add_cleanup(running.close)
        server = running.enter_context(made(url))
        if strict and not url and not server.is_own and server.health()["auth"] != STRICT:
            # The server of the environment accepts every credential, so a strict server is started.
            server = running.enter_context(made(""))
        servers[strict] = server
    return servers[strict]


@contextmanager
def fail_without_traceback() -> Iterator[None]:
    """Turn each error of this library, LookupError and OSError into a test failure with only the message."""
    from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError  # noqa: PLC0415 - slow import
    from mockserver.testing.server_command import ServerNotStartedError  # noqa: PLC0415 - slow import

    try:
        yield
    except (
        ControlPlaneError,
        ServerNotStartedError,
        ServerUnreachableError,
        LookupError,
        OSError,
    ) as error:
        # `pytest.fail` would keep the error as its context, and pytest would print both.
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def register_installed_vendors(config: pytest.Config) -> None:
    """Register a fixture for each vendor whose spec is installed in this environment; call no server."""
    folders = list(config.getini(SPECS))
    if (_PACKAGE / "server").is_dir():
        inside = _PACKAGE / "specs"
        folders.append(inside if inside.is_dir() else _PACKAGE.parent / "specs")
    files = (file for folder in folders for file in folder.glob("*.yaml"))
    _register(config, {file.stem for file in files if not file.name.startswith("_")})


def register_served_vendors(item: pytest.Item) -> None:
    """Register fixtures for all vendors of the server, if the test needs an undefined fixture `mock_…`.

    If a fixture is unknown at collection, pytest looks it up again when the test begins. Raises
    pytest.fail.Exception: the server does not respond.
    """
    missing = _missing_fixtures(item)
    if not missing or _SERVED in item.config.stash:
        return
    with fail_without_traceback():
        vendors = start_server(item.config).vendors
    item.config.stash[_SERVED] = True
    _register(item.config, vendors)


def _missing_fixtures(item: pytest.Item) -> list[str]:
    """Return the names `mock_…` in the test's arguments that are neither a fixture nor a parameter."""
    found = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    parameters = getattr(item, "callspec", None)
    direct = {**getattr(parameters, "params", {}), **getattr(parameters, "funcargs", {})}
    return [
        name
        for name in getattr(item, "fixturenames", ())
        if name.startswith(PREFIX) and not found.get(name) and name not in direct
    ]


def _register(config: pytest.Config, vendors: Iterable[str]) -> None:
    known = config.stash.setdefault(_KNOWN_VENDORS, set())
    new = sorted(set(vendors) - known)
    if not new:
        return
    known.update(new)
    module = ModuleType("mockserver.testing.pytest_plugin.of_vendors", "A fixture for each vendor.")
    for vendor in new:
        name = PREFIX + _NOT_IDENTIFIER.sub("_", vendor)
        setattr(module, name, _vendor_fixture(name, vendor))
    config.pluginmanager.register(module, f"mockserver-vendors-{len(known)}")


def _vendor_fixture(name: str, vendor: str) -> Callable[..., object]:
    def fixture(mock_sandbox: Sandbox) -> SandboxVendor:
        with fail_without_traceback():
            return mock_sandbox.vendor(vendor)

    fixture.__doc__ = f"The vendor {vendor} in this test's sandbox: `.url`, `.token`, `.calls`, `.arm(…)`, …."
    return pytest.fixture(name=name)(fixture)
