"""The command `mockserver health`: whether a server answers."""

from __future__ import annotations

import click

from mockserver.cli.options import CONTEXT_SETTINGS
from mockserver.cli.server import ServerOptions, own_option, server_options


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("address", metavar="[URL]", default="")
@own_option("--wait", default=0.0, type=click.FloatRange(0), metavar="SECONDS", help="Wait for it so long.")
@server_options
def health(*, server: ServerOptions, address: str, wait: float) -> None:
    """Print whether a server answers; for health checks. Exit 0: it does, 3: it does not.

    \b
    mockserver health
    mockserver health http://127.0.0.1:9000 --wait 30
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    from mockserver.cli.remote import health_run  # noqa: PLC0415 - slow for help

    health_run.health(server=server, address=address, wait=wait)
