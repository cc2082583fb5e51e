"""Optional parts of the installation, and which command needs one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from mockserver.cli.options import EXIT_USAGE, fail

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "contract": (
        "hypothesis",
        "openapi_schema_validator",
        "openapi_spec_validator",
        "requests",
        "schemathesis",
    ),
    "pytest": ("pytest",),
    "tls": ("trustme",),
}
"""Packages that each extra brings, by the names under which they are imported."""


def missing_packages(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed."""
    return [name for name in EXTRAS[extra] if find_spec(name) is None]


def install_line(extra: str) -> str:
    """Return the line that installs an extra beside the server."""
    return f"pip install 'mockserver[{extra}]'"


def check_extra(extra: str, command: str) -> None:
    """End the command with a message unless all packages of the extra are installed.

    Raises:
        SystemExit: one is missing; the exit status is that of wrong usage.
    """
    if missing := missing_packages(extra):
        what = f'{command} needs the extra "{extra}": {missing[0]} is not installed'
        fail(what, sys.prefix, install_line(extra), EXIT_USAGE)
