"""The commands `mockserver journal …`: the calls that a sandbox recorded."""

from __future__ import annotations

from typing import Any

import click

from mockserver.cli.journal_export import export, replay
from mockserver.cli.options import CONTEXT_SETTINGS
from mockserver.cli.remote.journal_filters import Filters, filter_options
from mockserver.cli.server import (
    ServerOptions,
    complete_numbers,
    own_option,
    secrets_option,
    server_options,
    sure_option,
)

_MAX_LAST = 10_000


@click.group(context_settings=CONTEXT_SETTINGS)
def journal() -> None:
    """See, repeat, export and check the calls of a sandbox.

    \b
    mockserver journal tail --outcome rejected
    mockserver journal show 18 --body
    """  # noqa: D301 - the character, which tells click to leave the lines alone


journal.add_command(replay)
journal.add_command(export)


@journal.command("list", context_settings=CONTEXT_SETTINGS)
@filter_options
@own_option(
    "--last", default=100, type=click.IntRange(1, _MAX_LAST), show_default=True, help="So many, the newest."
)
@secrets_option
@server_options
def list_calls(*, server: ServerOptions, filters: Filters, last: int, secrets: bool) -> None:
    """Print a line for each call with its local time, oldest first.

    \b
    mockserver journal list --status 4xx --since 10m
    mockserver send payt --first 1
    mockserver journal list --item MS-1 --outcome created --json
    """  # noqa: D301
    from mockserver.cli.remote import journal_run  # noqa: PLC0415 - slow for help

    journal_run.list_calls(server=server, filters=filters, last=last, secrets=secrets)


@journal.command(context_settings=CONTEXT_SETTINGS)
@filter_options
@own_option(
    "--last", default=10, type=click.IntRange(0, _MAX_LAST), show_default=True, help="Begin with so many."
)
@own_option("--max", "most", type=click.IntRange(1), help="End after so many lines.")
@own_option(
    "--interval", default=0.5, type=click.FloatRange(0), metavar="SECONDS", help="Time between two looks."
)
@server_options
def tail(*, server: ServerOptions, filters: Filters, last: int, most: int | None, interval: float) -> None:
    """Print a line for each call with its local time as it comes, until Ctrl-C.

    \b
    mockserver journal tail --vendor VENDOR --status 4xx
    mockserver journal tail --json | jq .outcomes
    """  # noqa: D301
    from mockserver.cli.remote import journal_run  # noqa: PLC0415 - slow for help

    journal_run.tail(server=server, filters=filters, last=last, most=most, interval=interval)


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", required=False, type=click.IntRange(1), shell_complete=complete_numbers)
@own_option("--headers", is_flag=True, help="Print the headers of request and reply.")
@own_option("--body", "bodies", is_flag=True, help="Print the bodies of request and reply.")
@secrets_option
@server_options
def show(*, server: ServerOptions, number: int | None, headers: bool, bodies: bool, secrets: bool) -> None:
    """Print one call with its items, by default the newest.

    Request, envelope, items with pointers, rules, reply. NUMBER is the one of the log line and of the header
    Mock-Journal.

    \b
    mockserver journal show 18
    mockserver journal show --headers --body
    """  # noqa: D301
    from mockserver.cli.remote import journal_run  # noqa: PLC0415 - slow for help

    journal_run.show(server=server, number=number, headers=headers, bodies=bodies, secrets=secrets)


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@server_options
def verify(*, server: ServerOptions, file: Any) -> None:
    """Check how many calls and items there were. Exit 1: not so.

    FILE (or -) has what is expected, in YAML or JSON, for example
    {"match": {"operation": "createBatch"}, "calls": 2, "items": {"created": {"min": 1}}}

    \b
    mockserver journal verify expected.yaml
    echo '{"calls": {"max": 3}}' | mockserver journal verify -
    """  # noqa: D301
    from mockserver.cli.remote import journal_run  # noqa: PLC0415 - slow for help

    journal_run.verify(server=server, file=file)


@journal.command(context_settings=CONTEXT_SETTINGS)
@sure_option
@server_options
def clear(*, server: ServerOptions, sure: bool) -> None:
    """Delete all calls of the sandbox; numbers continue.

    \b
    mockserver journal clear
    mockserver journal clear -s acme --yes
    """  # noqa: D301
    from mockserver.cli.remote import journal_run  # noqa: PLC0415 - slow for help

    journal_run.clear(server=server, sure=sure)
