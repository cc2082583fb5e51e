"""Options of the commands that talk to a server; none of them has a variable in the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.cli.failure.suggestions import shown
from mockserver.cli.options import InvalidValueError, option

F = TypeVar("F", bound=Callable[..., Any])


def own_option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option of one command: what is exported for `mockserver run` does not change it."""
    return option(*declarations, **{"envvar": None, "show_envvar": False, "show_default": False, **settings})


def header_values(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return headers by name, given as `Name: text` each.

    Raises:
        InvalidValueError: one is not written like that.
    """
    headers = {}
    for line in given:
        name, colon, text = line.partition(":")
        if not colon or not name.strip():
            raise InvalidValueError(f"expected 'Name: text', found {shown(line)}", line, "'Name: text'")
        headers[name.strip()] = text.strip()
    return headers


header_option = own_option(
    "--header",
    "headers",
    multiple=True,
    callback=header_values,
    metavar="'NAME: TEXT'",
    help="Header to add or replace; may be repeated.",
)
"""Headers of a call."""

secrets_option = own_option("--show-secrets", "secrets", is_flag=True, help="Print credentials whole.")
"""Whether credentials are shown."""

output_option = own_option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file instead of standard output.",
)
"""Where a command writes its result."""

sure_option = own_option("--yes", "sure", is_flag=True, help="Needed where standard input is not a terminal.")
"""That the user means it."""
