"""Optional parts of the installation: say which one a command needs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from mockserver.cli.options import EXIT_USAGE, fail

_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "contract": ("schemathesis", "hypothesis", "openapi_schema_validator", "requests", "urllib3"),
    "pytest": ("pytest",),
    "redis": ("hiredis", "redis"),
    "tls": ("trustme",),
}
"""Packages that an extra brings, by the extra's name."""

EXTRAS = tuple(_PACKAGES)


INSTALLS_EXTRA = "pip install '.[{extra}]' in the folder of the checkout"
"""What installs an extra: the package is in no index, so its bare name would not find it."""


def missing_packages(extra: str) -> list[str]:
    """Return the packages of the extra that are not installed."""
    return [name for name in _PACKAGES[extra] if find_spec(name) is None]


def check_extra(extra: str, command: str) -> None:
    """End the command with a message unless all packages of the extra are installed.

    Raises:
        SystemExit: one is missing; the exit status is that of wrong usage.
    """
    missing = missing_packages(extra)
    if missing:
        fail(
            f'{command} needs the extra "{extra}": {missing[0]} is not installed',
            sys.prefix,
            INSTALLS_EXTRA.format(extra=extra),
            EXIT_USAGE,
        )
