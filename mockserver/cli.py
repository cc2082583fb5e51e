"""The command line; what a command needs is imported when it is called, so that help is quick."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.clock import parse_instant, print_instant
from mockserver.codec import json
from mockserver.exits import PORT_TAKEN, USAGE

_CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MOCKSERVER"}


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return print_instant(parse_instant(text)) if text else None
    except ValueError:
        raise click.BadParameter(f"{text} is no instant; write 2026-01-05T09:00:00Z") from None


def _positions(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    positions: dict[str, str] = {}
    for text in given:
        name, equals, position = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text}: write vendor.switch=position")
        positions[name] = position
    return positions


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__)
def main() -> None:
    """A sandbox of five batch-invoice APIs with true per-item answers."""


def _is_strict(_context: click.Context, _option: click.Parameter, chosen: str) -> bool:
    return chosen == "strict"


_option = partial(click.option, show_default=True, show_envvar=True)


@main.command(context_settings=_CONTEXT)
@_option("--host", default="127.0.0.1", help="Address to listen on.")
@_option("--port", default=8080, type=click.IntRange(0, 65535), help="Port; 0 = any.")
@_option("--vendor", "vendors", multiple=True, help="Serve only these; may be given again.")
@_option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with more specs, each a vendor; may be given again.",
)
@_option("--at-root", default="", help="Vendor that answers at / as well.")
@_option(
    "--auth",
    "strict_auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    callback=_is_strict,
    help="Lenient takes any non-empty credential; strict those of the fixtures only.",
)
@_option("--seed", default=0, help="Seed of the default sandbox.")
@_option("--freeze", callback=_instant, help="Instant at which the default sandbox's clock stands.")
@_option("--empty", is_flag=True, help="Begin without records.")
@_option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=_positions,
    metavar="ID=VALUE",
    help="Position of a switch in every sandbox, see `mockserver assumptions`; may be given again.",
)
@_option("--max-body", "max_body_bytes", default=10 * 1024 * 1024, help="Largest body, in bytes.")
@_option("--max-items", default=10_000, help="Most items of one batch.")
@_option(
    "--max-sandboxes", default=1000, type=click.IntRange(1), help="Most sandboxes, the default one included."
)
@_option(
    "--sandbox-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="End a sandbox that nobody used for so long.  [default: never]",
)
@_option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Name that control plane and pages answer to, beside loopback's and --host; may be given again.",
)
@_option(
    "--allow-replay-to",
    "replay_hosts",
    multiple=True,
    metavar="HOST",
    help="Host that recorded calls may be replayed to, beside loopback; may be given again.",
)
@_option("--control-token", default="", metavar="TOKEN", help="Bearer token that the control plane asks for.")
@_option("--mock-headers/--no-mock-headers", default=True, help="Send headers of ours, or none.")
@_option("--scenarios/--no-scenarios", default=True, help="Let scenarios and magic tokens bend answers.")
@_option(
    "--log", type=click.Choice(["text", "json", "off"]), default="text", help="One line a call on stderr."
)
@_option("--print-url", is_flag=True, help="Print the address once it listens, and nothing else, on stdout.")
def run(
    *, host: str, port: int, log: str, print_url: bool, allow_hosts: tuple[str, ...], **chosen: Any
) -> None:
    """Serve the vendors until Ctrl-C.

    \b
    mockserver run --port 9000 --vendor NAME
    mockserver run --at-root NAME --log json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    # Connexion imports a test client at start-up, which warns about itself.
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
    from mockserver.app import Options  # noqa: PLC0415 - costs 0.2 s, and only this command needs it
    from mockserver.errors import MockServerError  # noqa: PLC0415
    from mockserver.server import PortTakenError, serve  # noqa: PLC0415

    try:
        serve(Options(**chosen, hosts=(host, *allow_hosts)), host, port, log, print_url=print_url)
    except PortTakenError as error:
        _fail(str(error), f"--port {port}", "mockserver run --port 0", PORT_TAKEN)
    except MockServerError as error:
        _fail(str(error), "mockserver run", "mockserver run --help", USAGE)


@main.command(context_settings=_CONTEXT)
@_option("--vendor", "vendors", multiple=True, help="Only these; may be given again.")
@_option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def assumptions(*, vendors: tuple[str, ...], as_json: bool) -> None:
    """List what the vendors' documents leave open: every switch, its positions, its source.

    Turn one with `mockserver run --assume ID=VALUE`, or in one sandbox through /_mock.
    """
    from mockserver.errors import MockServerError  # noqa: PLC0415
    from mockserver.served import discover  # noqa: PLC0415
    from mockserver.switches import listed  # noqa: PLC0415

    try:
        found = listed(discover(only=vendors))
    except MockServerError as error:
        _fail(str(error), "mockserver assumptions", "mockserver assumptions --help", USAGE)
        return
    click.echo(json.encode(found).decode() if as_json else "\n".join(_described(one) for one in found))


def _described(switch: Mapping[str, Any]) -> str:
    others = ", ".join(switch["alternatives"])
    head = f"{switch['id']}  default {switch['default']}  or {others}"
    return f"{head}\n    {switch['meaning']}\n    {switch['source']}"


def _fail(what: str, where: str, cure: str, status: int) -> None:
    click.echo(f"error: {what}\n   at: {where}\n  try: {cure}", err=True)
    raise SystemExit(status)
