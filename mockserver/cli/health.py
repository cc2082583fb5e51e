"""The command `mockserver health`: print whether a server answers."""

from __future__ import annotations

from time import monotonic, sleep  # noqa: TID251 - waits in the machine's time
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from mockserver.cli.options import CONTEXT_SETTINGS, own_option
from mockserver.cli.output import counted
from mockserver.cli.server import (
    ControlPlane,
    RefusedError,
    ServerOptions,
    connected,
    server_options,
    write_result,
)
from mockserver.testing.http_call import NoResponseError

if TYPE_CHECKING:
    from mockserver.model import Document

_NOT_READY = "store-unavailable"
"""Code of the refusal if the server answers, but its store does not."""

_PAUSE_S = 0.2
_TIMEOUT_S = 5.0


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("address", metavar="[URL]", default="")
@own_option("--wait", default=0.0, type=click.FloatRange(0), metavar="SECONDS", help="Wait up to this time.")
@server_options
def health(*, server: ServerOptions, address: str, wait: float) -> None:
    """Print whether a server answers, for health checks.

    Exit 0: the server answers, 3: no answer, 4: not ready.

    \b
    mockserver health
    mockserver health http://127.0.0.1:9000 --wait 30
    """
    with connected(replace(server, url=address.rstrip("/") or server.url), _TIMEOUT_S) as control:
        found = _wait_for_health(control, wait)
    line = f"{found['status']} {found['version']} {counted(len(found['vendors']), 'vendor')}"
    write_result(server, found, [line])


def _wait_for_health(control: ControlPlane, wait_s: float) -> Document:
    """Return the server's health; retry for at most `wait_s` s. Raises NoResponseError, RefusedError."""
    ends = monotonic() + wait_s
    while True:
        try:
            return control.call("GET", "/health")  # type: ignore[no-any-return]
        except (NoResponseError, RefusedError) as error:
            is_refused = isinstance(error, RefusedError) and error.code != _NOT_READY
            if is_refused or monotonic() >= ends:
                raise
            sleep(_PAUSE_S)
