"""Options of the commands that talk to a server; none of them has a variable in the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.cli.options import option

F = TypeVar("F", bound=Callable[..., Any])


def own_option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option of one command: what is exported for `mockserver run` does not change it."""
    return option(*declarations, **{"envvar": None, "show_envvar": False, "show_default": False, **settings})


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
