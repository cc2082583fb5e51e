"""The command group and its small commands; heavy imports are deferred so that help is fast."""

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
from mockserver.errors import MockServerError
from mockserver.server import ignore_connexion_warnings

_LAZY_COMMANDS = ("contract", "verify")
"""Commands with a module of their own in `mockserver.cli`."""


def _parse_instant(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return print_instant(parse_instant(text)) if text else None
    except ValueError:
        raise click.BadParameter(f"{text} is not an instant; write 2026-01-05T09:00:00Z") from None


class _LazyGroup(click.Group):
    """A group that imports its larger commands on first use."""

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
    """Mock server of batch-invoice APIs that answers each item of a batch on its own."""


def _is_strict(_context: click.Context, _option: click.Parameter, chosen: str) -> bool:
    return chosen == "strict"


@main.command(context_settings=CONTEXT_SETTINGS)
@option("--host", default="127.0.0.1", help="Address to listen on.")
@option("--port", default=8080, type=click.IntRange(0, 65535), help="Port; 0 = any.")
@option("--vendor", "vendors", multiple=True, help="Serve only this vendor; repeatable.")
@option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with additional specs, one vendor each; repeatable.",
)
@option("--at-root", default="", help="Vendor that is also served at /.")
@option(
    "--auth",
    "strict_auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    callback=_is_strict,
    help="lenient accepts any non-empty credential; strict only those of the fixtures.",
)
@option("--seed", default=0, help="Seed of the default sandbox.")
@option("--freeze", callback=_parse_instant, help="Freeze the default sandbox's clock at this instant.")
@option("--empty", is_flag=True, help="Start without records.")
@option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    help="Value of an assumption in every sandbox, see `mockserver assumptions`; repeatable.",
)
@option("--max-body", "max_body_bytes", default=10 * 1024 * 1024, help="Maximum size of a body, in bytes.")
@option("--max-items", default=10_000, help="Maximum number of items in a batch.")
@option(
    "--max-sandboxes",
    default=1000,
    type=click.IntRange(1),
    help="Maximum number of sandboxes, including the default one.",
)
@option(
    "--sandbox-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Delete sandboxes that are unused for so long.  [default: never]",
)
@option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Host name accepted by control plane and pages, besides loopback and --host; repeatable.",
)
@option(
    "--allow-replay-to",
    "replay_hosts",
    multiple=True,
    metavar="HOST",
    help="Host that recorded calls may be replayed to, besides loopback; repeatable.",
)
@option("--control-token", default="", metavar="TOKEN", help="Bearer token required by the control plane.")
@option("--mock-headers/--no-mock-headers", default=True, help="Send Mock-* response headers.")
@option("--scenarios/--no-scenarios", default=True, help="Enable scenarios and magic tokens.")
@option(
    "--log",
    type=click.Choice(["text", "json", "off"]),
    default="text",
    help="Format of the log on stderr, one line per call.",
)
@option("--print-url", is_flag=True, help="Print only the URL on stdout, once the server listens.")
def run(
    *, host: str, port: int, log: str, print_url: bool, allow_hosts: tuple[str, ...], **chosen: Any
) -> None:
    """Serve the vendors until Ctrl-C.

    \b
    mockserver run --port 9000 --vendor NAME
    mockserver run --at-root NAME --log json
    """  # noqa: D301 - the character tells click not to wrap the lines
    ignore_connexion_warnings()
    from mockserver.server.application import Options  # noqa: PLC0415 - 0.2 s that other commands do not need
    from mockserver.server.uvicorn_server import PortTakenError, serve  # noqa: PLC0415 - as above

    try:
        serve(Options(**chosen, hosts=(host, *allow_hosts)), host, port, log, print_url=print_url)
    except PortTakenError as error:
        fail(str(error), f"--port {port}", "mockserver run --port 0", EXIT_PORT_TAKEN)
    except MockServerError as error:
        fail(str(error), "mockserver run", "mockserver run --help", EXIT_USAGE)


@main.command(context_settings=CONTEXT_SETTINGS)
@option("--vendor", "vendors", multiple=True, help="List only this vendor; repeatable.")
@option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def assumptions(*, vendors: tuple[str, ...], as_json: bool) -> None:
    """List assumptions about behaviour that the vendors' documents leave open.

    Each has a default, alternative values and a source. Set one with `mockserver run --assume ID=VALUE`, or
    for one sandbox with /_mock/sandboxes/NAME/assumptions.
    """
    from mockserver.engine.registry import discover_vendors, list_assumptions  # noqa: PLC0415 - slow import

    try:
        found = list_assumptions(discover_vendors(only=vendors))
    except MockServerError as error:
        fail(str(error), "mockserver assumptions", "mockserver assumptions --help", EXIT_USAGE)
    click.echo(json.encode(found).decode() if as_json else "\n".join(map(_describe, found)))


def _describe(assumption: Mapping[str, Any]) -> str:
    others = ", ".join(assumption["alternatives"])
    head = f"{assumption['id']}  default {assumption['default']}  or {others}"
    return f"{head}\n    {assumption['meaning']}\n    {assumption['source']}"
