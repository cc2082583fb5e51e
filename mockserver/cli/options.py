"""Option declarations, error output and exit codes shared by all commands."""

from __future__ import annotations

from functools import partial
from typing import NoReturn

import click

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_SERVER = 3
EXIT_PORT_TAKEN = 5
EXIT_INTERRUPTED = 130

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MOCKSERVER"}

option = partial(click.option, show_default=True, show_envvar=True)


def fail(what: str, where: str, cure: str, status: int) -> NoReturn:
    """Say what happened, where, and what to do, and end with that exit status."""
    click.echo(f"error: {what}\n   at: {where}\n  try: {cure}", err=True)
    raise SystemExit(status)


def assumption_values(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Positions of switches, `vendor.switch=position` each.

    Raises:
        BadParameter: one is not written so.
    """
    turned: dict[str, str] = {}
    for text in given:
        name, equals, position = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text}: write vendor.switch=position")
        turned[name] = position
    return turned
