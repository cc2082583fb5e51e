"""The commands `mockserver clock …`: show and set the time of a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mockserver.cli.options import CONTEXT_SETTINGS, instant_text
from mockserver.cli.output import shorten
from mockserver.cli.server import (
    ServerOptions,
    connected,
    create_missing_sandbox,
    end_usage,
    server_options,
    write_result,
)

if TYPE_CHECKING:
    from mockserver.model import Json


@click.group(context_settings=CONTEXT_SETTINGS)
def clock() -> None:
    """Show and set the time of a sandbox, by which tokens, idempotency keys and quotas expire.

    \b
    mockserver clock freeze 2026-01-05T09:00:00Z
    mockserver clock advance 6m -s acme
    """


@clock.command(context_settings=CONTEXT_SETTINGS)
@server_options
def show(*, server: ServerOptions) -> None:
    """Print the time of the sandbox.

    \b
    mockserver clock show
    mockserver clock show -s acme --json
    """
    _print_clock(server, "GET", "/clock")


@clock.command(context_settings=CONTEXT_SETTINGS)
@click.argument("instant", metavar="[TIME]", default="", callback=instant_text)
@server_options
def freeze(*, server: ServerOptions, instant: str) -> None:
    """Stop the clock at TIME; without TIME, at the clock's current time.

    \b
    mockserver clock freeze
    mockserver clock freeze 2026-01-05T09:00:00Z
    """
    _print_clock(server, "POST", "/clock/freeze", {"at": instant} if instant else {})


@clock.command(context_settings=CONTEXT_SETTINGS)
@click.argument("duration")
@server_options
def advance(*, server: ServerOptions, duration: str) -> None:
    """Move the clock forward by a DURATION such as 90s, 6m, 1h30m or 2d.

    This works on a frozen and on a running clock.

    \b
    mockserver clock advance 6m
    mockserver clock advance 1h30m -s acme
    """
    from mockserver.codec.instants import parse_duration

    try:
        seconds = int(parse_duration(duration).total_seconds())
    except ValueError:
        detail = f"{shorten(duration)} is not a duration"
        end_usage(server, "no-duration", detail, "DURATION", "write 90s, 6m, 1h30m or 2d")
    _print_clock(server, "POST", "/clock/advance", {"seconds": seconds})


@clock.command(context_settings=CONTEXT_SETTINGS)
@server_options
def thaw(*, server: ServerOptions) -> None:
    """Set the clock to the machine's time, and let it run.

    \b
    mockserver clock thaw
    mockserver clock thaw -s acme
    """
    _print_clock(server, "POST", "/clock/thaw")


def _print_clock(server: ServerOptions, method: str, below: str, body: Json = None) -> None:
    with connected(server) as control:
        if method != "GET":
            create_missing_sandbox(control)
        time = control.here(method, below, body)
    ahead = f"  ({time['aheadSeconds']:+,} s)" if time["aheadSeconds"] and time["mode"] != "frozen" else ""
    write_result(server, time, [f"{server.sandbox}  {time['mode']}  {time['now']}{ahead}"])
