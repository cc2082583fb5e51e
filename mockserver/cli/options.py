"""Option declarations, error output and exit codes shared by all commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import click

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_SERVER = 3
EXIT_PORT_TAKEN = 5
EXIT_INTERRUPTED = 130

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}


def option(*flags: str, from_environment: bool = True, **settings: Any) -> Callable[[Any], Any]:
    """Declare an option that shows its default, and can be set by a variable named after its first flag.

    The variable of `--report-dir` is MOCKSERVER_REPORT_DIR.
    """
    name = next(flag for flag in flags if flag.startswith("--")).partition("/")[0].removeprefix("--")
    variable = f"MOCKSERVER_{name.replace('-', '_').upper()}" if from_environment else None
    return click.option(*flags, envvar=variable, show_default=True, show_envvar=True, **settings)


def fail(what: str, where: str, cure: str, status: int) -> NoReturn:
    """Print what happened, where, and what to do, then exit with `status`."""
    click.echo(f"error: {what}\n   at: {where}\n  try: {cure}", err=True)
    raise SystemExit(status)


def assumption_values(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Parse values of assumptions, `vendor.name=value` each.

    Raises:
        BadParameter: a text has another form.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text}: write vendor.name=value")
        values[name] = value
    return values
