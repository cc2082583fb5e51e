"""Execute `mockserver journal replay` and `mockserver journal export`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from mockserver.cli.journal_export import FORMATS
from mockserver.cli.options import EXIT_FINDINGS
from mockserver.cli.output import replay_lines, write_json, write_lines
from mockserver.cli.remote.journal_filters import Filters
from mockserver.cli.server import ControlPlane, HttpReply, RefusedError, ServerOptions, connected, end

_UNEXPORTABLE = ("not-reproducible", "not-kept")
_ASK_FOR_SECRETS = "secrets=shown"
"""What refusals of the control plane name; on the command line it is an option."""


def replay(  # noqa: PLR0913 - click hands over one argument an option
    *, server: ServerOptions, number: int, into: str, to: str, whole: bool, headers: Mapping[str, str]
) -> None:
    """Send a recorded call again and print which items end otherwise."""
    if into and to:
        raise click.UsageError("a call is replayed --into a sandbox or --to an address")
    body = {"into": into, "to": to, "headers": dict(headers)}
    with connected(server) as control:
        wanted = {name: value for name, value in body.items() if value}
        found = control.here("POST", f"/journal/{number}/replay", wanted)
    if server.json:
        write_json(found)
    else:
        write_lines(replay_lines(found, whole=whole))
    if found["withheld"]:
        names = ", ".join(found["withheld"])
        write_lines([f"not sent to another address: {names}; give them with --header"], err=True)
    if whole and not found["difference"]["same"]:
        raise SystemExit(EXIT_FINDINGS)


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
    """Write a call, or a story of calls, so that somebody else can repeat it."""
    if form is None:
        raise click.UsageError(f"choose a format: --{', --'.join(FORMATS)}")
    if number is not None and (first or last or filters):
        raise click.UsageError("a story has no NUMBER; write --from and --to, or filters")
    shown = "shown" if secrets else None
    query = {**filters, "from": first, "to": last, "format": form, "secrets": shown}
    with connected(server) as control:
        reply = _exported(control, number, query)
    if output is None:
        click.echo(reply.body.decode(), nl=not reply.body.endswith(b"\n"))
    else:
        output.write_bytes(reply.body)
        write_lines([f"written: {output}"], err=True)


def _exported(control: ControlPlane, number: int | None, query: Mapping[str, Any]) -> HttpReply:
    below = "/journal/export" if number is None else f"/journal/{number}/export"
    try:
        return control.fetch("GET", f"{control.path}{below}", **query)
    except RefusedError as error:
        if error.code not in _UNEXPORTABLE:
            raise
        _end_unexportable(control.server, error)


def _end_unexportable(server: ServerOptions, error: RefusedError) -> NoReturn:
    detail = str(error)
    cure = "mockserver journal export … --har, which repeats nothing"
    if _ASK_FOR_SECRETS in detail:
        cure = "mockserver journal export … --show-secrets"
    if not server.json:
        detail = detail.replace(_ASK_FOR_SECRETS, "--show-secrets")
    cure = str(error.first_error.get("try") or cure)
    end(server, {**error.problem, "detail": detail}, error.operation, cure, EXIT_FINDINGS)
