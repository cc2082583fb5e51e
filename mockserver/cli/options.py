"""Option declarations, error output and exit codes shared by all commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_SERVER = 3
EXIT_REFUSED = 4
EXIT_PORT_TAKEN = 5
EXIT_INTERRUPTED = 130

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}


def option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option; its environment variable follows the flag: `--max-items` is MOCKSERVER_MAX_ITEMS."""
    flag = next(text for text in declarations if text.startswith("--")).partition("/")[0]
    variable = "MOCKSERVER_" + flag[2:].replace("-", "_").upper()
    return click.option(
        *declarations, **{"envvar": variable, "show_default": True, "show_envvar": True, **settings}
    )


def fail(what: str, where: str, cure: str, status: int) -> NoReturn:
    """Say what happened, where, and what to do, and end with that exit status."""
    click.echo(f"error: {what}\n   at: {where}\n  try: {cure}", err=True)
    raise SystemExit(status)


def assumption_values(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return values of assumptions, given as `vendor.assumption=value` each.

    Raises:
        BadParameter: one is not written like that.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text}: write vendor.assumption=value")
        values[name] = value
    return values
