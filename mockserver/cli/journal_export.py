"""The commands `mockserver journal replay` and `mockserver journal export`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.cli.options import CONTEXT_SETTINGS
from mockserver.cli.remote.journal_filters import Filters, filter_options
from mockserver.cli.server import (
    ServerOptions,
    complete_numbers,
    complete_sandboxes,
    header_option,
    output_option,
    own_option,
    secrets_option,
    server_options,
)
from mockserver.journal.export import formats

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = tuple(name for name, form in formats.FORMATS.items() if not form.of_one_call)


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", type=click.IntRange(1), shell_complete=complete_numbers)
@own_option(
    "--into",
    default="",
    metavar="SANDBOX",
    shell_complete=complete_sandboxes,
    help="Send it into this sandbox, or into a fresh one (fresh).  [default: its own]",
)
@own_option("--to", default="", metavar="URL", help="Send it to this address of the vendor instead.")
@own_option(
    "--diff",
    "whole",
    is_flag=True,
    help="Print each difference; exit 1 if the status or an outcome differs, whatever else the body says.",
)
@header_option
@server_options
def replay(  # noqa: PLR0913 - click hands over one argument an option
    *, server: ServerOptions, number: int, into: str, to: str, whole: bool, headers: Mapping[str, str]
) -> None:
    """Send a recorded call again and print which items end otherwise.

    With --diff, exit 1: the status or the outcome of an item differs. Ids, times and other values in the
    body are printed, but not counted.

    \b
    mockserver journal replay 17 --diff
    mockserver journal replay 17 --into fresh
    """  # noqa: D301
    from mockserver.cli.remote import journal_export_run  # noqa: PLC0415 - slow for help

    journal_export_run.replay(server=server, number=number, into=into, to=to, whole=whole, headers=headers)


def _format_flags(command: F) -> F:
    for name in reversed(FORMATS):
        command = own_option(f"--{name}", "form", flag_value=name, help=f"The same as --format {name}.")(
            command
        )
    return command


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", required=False, type=click.IntRange(1), shell_complete=complete_numbers)
@own_option("--from", "first", type=click.IntRange(1), metavar="NUMBER", help="First call of a story.")
@own_option("--to", "last", type=click.IntRange(1), metavar="NUMBER", help="Last call of a story.")
@own_option("--format", "form", type=click.Choice(list(formats.FORMATS)), help="What to write.")
@_format_flags
@filter_options
@secrets_option
@output_option
@server_options
def export(  # noqa: PLR0913 - click hands over one argument an option
    *,
    server: ServerOptions,
    number: int | None,
    first: int | None,
    last: int | None,
    form: str | None,
    filters: Filters,
    secrets: bool,
    output: Path | None,
) -> None:
    """Write a call, or a story of calls, as a file that repeats it.

    The file is a case file (`mockserver cases run FILE`), a pytest file, a script with curl, an HTTP archive
    or a Postman collection. command is one call alone as a curl command, without its state.
    A story is --from and --to, what an --item met, or what other filters find.
    Exit 1: they cannot be repeated; the reason is printed.

    \b
    mockserver journal export 18 --case -o case.yaml
    mockserver journal export --from 3 --to 7 --pytest -o test_story.py
    """  # noqa: D301
    from mockserver.cli.remote import journal_export_run  # noqa: PLC0415 - slow for help

    journal_export_run.export(
        server=server,
        number=number,
        first=first,
        last=last,
        form=form,
        filters=filters,
        secrets=secrets,
        output=output,
    )
