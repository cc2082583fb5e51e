"""Optional parts of the installation: say which one a command needs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from mockserver.cli.options import EXIT_USAGE, fail

_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "contract": ("schemathesis", "hypothesis", "openapi_schema_validator", "requests"),
}
"""Packages that an extra brings, by the extra's name."""


def check_extra(extra: str, command: str) -> None:
    """End the command with a message unless all packages of the extra are installed.

    Raises:
        SystemExit: one is missing; the exit status is that of wrong usage.
    """
    missing = [name for name in _PACKAGES[extra] if find_spec(name) is None]
    if missing:
        fail(
            f'{command} needs the extra "{extra}": {missing[0]} is not installed',
            sys.prefix,
            f"pip install 'mockserver[{extra}]'",
            EXIT_USAGE,
        )
