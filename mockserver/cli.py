"""The command line; what a command needs is imported when it is called, so that help is quick."""

from __future__ import annotations

import warnings
from pathlib import Path

import click

from mockserver import __version__
from mockserver.clock import parse_instant, print_instant
from mockserver.exits import PORT_TAKEN, USAGE

_CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MOCKSERVER"}


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return print_instant(parse_instant(text)) if text else None
    except ValueError:
        raise click.BadParameter(f"{text} is no instant; write 2026-01-05T09:00:00Z") from None


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__)
def main() -> None:
    """A sandbox of five batch-invoice APIs with true per-item answers."""


@main.command(context_settings=_CONTEXT)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 = any.")
@click.option("--vendor", multiple=True, help="Serve only these; may be given again.")
@click.option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with more specs, each a vendor; may be given again.",
)
@click.option("--at-root", default="", help="Vendor that answers at / as well.")
@click.option(
    "--auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    show_default=True,
    help="Lenient takes any non-empty credential; strict those of the fixtures only.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the default sandbox.")
@click.option(
    "--freeze", default=None, callback=_instant, help="Instant at which the default sandbox's clock stands."
)
@click.option("--empty", is_flag=True, help="Begin without fixtures.")
@click.option("--max-body", default=10 * 1024 * 1024, show_default=True, help="Largest body, in bytes.")
@click.option("--max-items", default=10_000, show_default=True, help="Most items of one batch.")
@click.option("--no-mock-headers", is_flag=True, help="Send no header of ours.")
@click.option(
    "--log",
    type=click.Choice(["text", "json", "off"]),
    default="text",
    show_default=True,
    help="One line a call on standard error.",
)
@click.option(
    "--print-url",
    is_flag=True,
    help="Print the address once it listens, and nothing else, on standard output.",
)
def run(  # noqa: PLR0913 - one argument an option
    *,
    host: str,
    port: int,
    vendor: tuple[str, ...],
    specs: tuple[Path, ...],
    at_root: str,
    auth: str,
    seed: int,
    freeze: str | None,
    empty: bool,
    max_body: int,
    max_items: int,
    no_mock_headers: bool,
    log: str,
    print_url: bool,
) -> None:
    r"""Serve the vendors until Ctrl-C.

    \b
    mockserver run --port 9000 --vendor NAME
    mockserver run --at-root NAME --log json
    """
    # Connexion imports a test client at start-up, which warns about itself.
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
    from mockserver.app import Options  # noqa: PLC0415 - costs 0.2 s, and only this command needs it
    from mockserver.errors import MockServerError  # noqa: PLC0415
    from mockserver.server import PortTakenError, serve  # noqa: PLC0415

    options = Options(
        vendors=vendor,
        specs=specs,
        at_root=at_root,
        strict_auth=auth == "strict",
        seed=seed,
        freeze=freeze,
        empty=empty,
        max_body_bytes=max_body,
        max_items=max_items,
        mock_headers=not no_mock_headers,
    )
    try:
        serve(options, host, port, log, print_url=print_url)
    except PortTakenError as error:
        _fail(str(error), f"--port {port}", "mockserver run --port 0", PORT_TAKEN)
    except MockServerError as error:
        _fail(str(error), "mockserver run", "mockserver run --help", USAGE)


def _fail(what: str, where: str, cure: str, status: int) -> None:
    click.echo(f"error: {what}\n   at: {where}\n  try: {cure}", err=True)
    raise SystemExit(status)
