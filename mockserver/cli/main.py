"""The command group and its small commands; heavy imports are deferred to keep help fast."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_PORT_TAKEN,
    EXIT_USAGE,
    assumption_values,
    fail,
    option,
)
from mockserver.codec import json
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.server import ignore_connexion_warnings

_LAZY_COMMANDS = ("cases", "contract", "verify")
"""Commands that are modules of `mockserver.cli`, under their own names."""


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return print_instant(parse_instant(text)) if text else None
    except ValueError:
        raise click.BadParameter(f"{text} is not an instant; write 2026-01-05T09:00:00Z") from None


class _LazyGroup(click.Group):
    """A group whose larger commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LAZY_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LAZY_COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"mockserver.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_LazyGroup, context_settings=CONTEXT_SETTINGS)
@click.version_option(__version__)
def main() -> None:
    """Serve a sandbox of five batch-invoice APIs with true per-item answers."""


def _is_strict(_context: click.Context, _option: click.Parameter, chosen: str) -> bool:
    return chosen == "strict"


@main.command(context_settings=CONTEXT_SETTINGS)
@option("--host", default="127.0.0.1", help="Address to listen on.")
@option("--port", default=8080, type=click.IntRange(0, 65535), help="Port; 0 = any.")
@option("--vendor", "vendors", multiple=True, help="Serve only these; may be given again.")
@option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with more specs, each a vendor; may be given again.",
)
@option("--at-root", default="", help="Vendor that answers at / as well.")
@option(
    "--auth",
    "strict_auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    callback=_is_strict,
    help="Lenient: any non-empty credential. Strict: those of the fixtures only.",
)
@option("--seed", default=0, help="Seed of the default sandbox.")
@option("--freeze", callback=_instant, help="Freeze the default sandbox's clock at this instant.")
@option("--empty", is_flag=True, help="Start without records.")
@option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    help="Value of an assumption in every sandbox, see `mockserver assumptions`; may be given again.",
)
@option("--max-body", "max_body_bytes", default=10 * 1024 * 1024, help="Largest body, in bytes.")
@option("--max-items", default=10_000, help="Most items of one batch.")
@option(
    "--max-sandboxes", default=1000, type=click.IntRange(1), help="Most sandboxes, the default one included."
)
@option(
    "--sandbox-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Delete a sandbox that was idle for so long.  [default: never]",
)
@option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Host name of the control plane and pages, beside loopback and --host; may be given again.",
)
@option(
    "--allow-replay-to",
    "replay_hosts",
    multiple=True,
    metavar="HOST",
    help="Host that recorded calls may be replayed to, beside loopback; may be given again.",
)
@option("--control-token", default="", metavar="TOKEN", help="Bearer token that the control plane requires.")
@option("--mock-headers/--no-mock-headers", default=True, help="Send the Mock-… headers.")
@option("--scenarios/--no-scenarios", default=True, help="Let scenarios and magic tokens change answers.")
@option(
    "--log", type=click.Choice(["text", "json", "off"]), default="text", help="One line a call on stderr."
)
@option("--print-url", is_flag=True, help="Print only the address on stdout, once the server listens.")
def run(
    *, host: str, port: int, log: str, print_url: bool, allow_hosts: tuple[str, ...], **chosen: Any
) -> None:
    """Serve the vendors until Ctrl-C.

    \b
    mockserver run --port 9000 --vendor NAME
    mockserver run --at-root NAME --log json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    ignore_connexion_warnings()
    from mockserver.errors import MockServerError  # noqa: PLC0415
    from mockserver.server.application import Options  # noqa: PLC0415 - costs 0.2 s, and only this command needs it
    from mockserver.server.uvicorn_server import PortTakenError, serve  # noqa: PLC0415 - slow

    try:
        serve(Options(**chosen, hosts=(host, *allow_hosts)), host, port, log, print_url=print_url)
    except PortTakenError as error:
        fail(str(error), f"--port {port}", "mockserver run --port 0", EXIT_PORT_TAKEN)
    except MockServerError as error:
        fail(str(error), "mockserver run", "mockserver run --help", EXIT_USAGE)


@main.command(context_settings=CONTEXT_SETTINGS)
@option("--vendor", "vendors", multiple=True, help="Only these; may be given again.")
@option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def assumptions(*, vendors: tuple[str, ...], as_json: bool) -> None:
    """List what the vendors' documents leave open: every assumption, its values, its source.

    Set one with `mockserver run --assume ID=VALUE`, or in one sandbox through /_mock.
    """
    from mockserver.engine.registry import discover_vendors, list_assumptions  # noqa: PLC0415 - slow
    from mockserver.errors import MockServerError  # noqa: PLC0415

    try:
        found = list_assumptions(discover_vendors(only=vendors))
    except MockServerError as error:
        fail(str(error), "mockserver assumptions", "mockserver assumptions --help", EXIT_USAGE)
    click.echo(json.encode(found).decode() if as_json else "\n".join(_describe(one) for one in found))


def _describe(assumption: Mapping[str, Any]) -> str:
    others = ", ".join(assumption["alternatives"])
    head = f"{assumption['id']}  default {assumption['default']}  or {others}"
    return f"{head}\n    {assumption['meaning']}\n    {assumption['source']}"
