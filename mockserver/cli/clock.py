"""The commands `mockserver clock …`: the time of a sandbox."""

from __future__ import annotations

import click

from mockserver.cli.options import CONTEXT_SETTINGS, instant_text
from mockserver.cli.server import ServerOptions, server_options


@click.group(context_settings=CONTEXT_SETTINGS)
def clock() -> None:
    """Show and set the time of a sandbox: tokens, idempotency keys and quotas expire by it.

    \b
    mockserver clock freeze 2026-01-05T09:00:00Z
    mockserver clock advance 6m -s acme
    """  # noqa: D301 - the character, which tells click to leave the lines alone


@clock.command(context_settings=CONTEXT_SETTINGS)
@server_options
def show(*, server: ServerOptions) -> None:
    """Print the time.

    \b
    mockserver clock show
    mockserver clock show -s acme --json
    """  # noqa: D301
    from mockserver.cli.remote import clock_run  # noqa: PLC0415 - slow for help

    clock_run.show(server=server)


@clock.command(context_settings=CONTEXT_SETTINGS)
@click.argument("instant", metavar="[TIME]", default="", callback=instant_text)
@server_options
def freeze(*, server: ServerOptions, instant: str) -> None:
    """Stop the clock at TIME, or at its current time.

    \b
    mockserver clock freeze
    mockserver clock freeze 2026-01-05T09:00:00Z
    """  # noqa: D301
    from mockserver.cli.remote import clock_run  # noqa: PLC0415 - slow for help

    clock_run.freeze(server=server, instant=instant)


@clock.command(context_settings=CONTEXT_SETTINGS)
@click.argument("duration")
@server_options
def advance(*, server: ServerOptions, duration: str) -> None:
    """Move the clock on by 90s, 6m, 1h30m or 2d.

    It may be frozen or run.

    \b
    mockserver clock advance 6m
    mockserver clock advance 1h30m -s acme
    """  # noqa: D301
    from mockserver.cli.remote import clock_run  # noqa: PLC0415 - slow for help

    clock_run.advance(server=server, duration=duration)


@clock.command(context_settings=CONTEXT_SETTINGS)
@server_options
def thaw(*, server: ServerOptions) -> None:
    """Let the clock run again with the machine's time.

    \b
    mockserver clock thaw
    mockserver clock thaw -s acme
    """  # noqa: D301
    from mockserver.cli.remote import clock_run  # noqa: PLC0415 - slow for help

    clock_run.thaw(server=server)
