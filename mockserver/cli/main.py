"""The root command and `run`; heavy imports are deferred to keep help fast."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver import __version__
from mockserver.cli.failure.places import place_of_option
from mockserver.cli.failure.startup_errors import check_vendors
from mockserver.cli.help.command_group import CommandGroup
from mockserver.cli.help.completions import complete_assumptions, complete_vendors
from mockserver.cli.instants import instant_text
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_PORT_TAKEN,
    EXIT_USAGE,
    assumption_values,
    fail,
    option,
)
from mockserver.cli.run_options import port_taken_cure, run_options, serving_of, show_startup_error
from mockserver.cli.settings.apply import apply_settings
from mockserver.server import ignore_connexion_warnings
from mockserver.server.heap import collection_paused

if TYPE_CHECKING:
    from mockserver.control.example_source import ExampleSource

_LAZY_COMMANDS = (
    "assumptions",
    "cases",
    "clock",
    "completion",
    "config",
    "contract",
    "doctor",
    "health",
    "journal",
    "sandbox",
    "scenario",
    "send",
    "spec",
    "vendors",
    "verify",
)
"""Commands that are modules of `mockserver.cli`, under their own names."""


@click.group(cls=CommandGroup, lazy=_LAZY_COMMANDS, context_settings=CONTEXT_SETTINGS)
@click.version_option(__version__)
@option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Settings.  [default: the nearest mockserver.toml, or [tool.mockserver] in pyproject.toml]",
)
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Color the output.")
@option("--debug", is_flag=True, help="Show the traceback of a fault of mockserver's own.")
@click.pass_context
def main(context: click.Context, config: Path | None, color: str, *, debug: bool) -> None:  # noqa: ARG001 - see CommandGroup.main
    """Serve mock batch APIs with a true result for each item, and test clients and servers with them.

    \b
    Examples:
      mockserver run --port 9000
      mockserver contract VENDOR --target http://127.0.0.1:8080/VENDOR
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    apply_settings(context, config, color)


def _is_strict(_context: click.Context, _option: click.Parameter, chosen: str) -> bool:
    return chosen == "strict"


@main.command(context_settings=CONTEXT_SETTINGS)
@option("--host", default="127.0.0.1", help="Address to listen on.")
@option("--port", default=8080, type=click.IntRange(0, 65535), help="Port; 0 picks a free one.")
@option(
    "--vendor",
    "vendors",
    multiple=True,
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Serve only these vendors; may be repeated.",
)
@option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with more specs; each file is a vendor; may be repeated.",
)
@option(
    "--at-root",
    default="",
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Vendor that answers at / as well.",
)
@option(
    "--auth",
    "strict_auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    callback=_is_strict,
    help="lenient: any non-empty credential works. strict: only those of the fixtures.",
)
@option("--seed", default=0, help="Seed of the default sandbox.")
@option(
    "--freeze", callback=instant_text, metavar="TIME", help="Freeze the default sandbox's clock at this time."
)
@option("--empty", is_flag=True, help="Start without records.")
@option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    shell_complete=complete_assumptions,
    help="Set an assumption in every sandbox (list: mockserver assumptions); may be repeated.",
)
@option("--max-body", "max_body_bytes", default=10 * 1024 * 1024, metavar="BYTES", help="Largest body.")
@option("--max-items", default=10_000, help="Most items in one batch.")
@option(
    "--max-sandboxes", default=1000, type=click.IntRange(1), help="Most sandboxes, the default one included."
)
@option(
    "--sandbox-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Delete a sandbox that was not used for so long.  [default: never]",
)
@option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Host name that may reach the control plane and the pages, besides loopback and --host; "
    "may be repeated.",
)
@option(
    "--allow-replay-to",
    "replay_hosts",
    multiple=True,
    metavar="HOST",
    help="Host that recorded calls may be replayed to, besides loopback; may be repeated.",
)
@option(
    "--control-token",
    default="",
    metavar="TOKEN",
    help="Bearer token that the control plane requires, and the console as a password."
    "  [default: one is made, for other machines only]",
)
@option("--mock-headers/--no-mock-headers", default=True, help="Send the Mock-… headers.")
@option("--console/--no-console", default=True, help="Serve the web console at /_console/.")
@option("--scenarios/--no-scenarios", default=True, help="Let scenarios and magic tokens change answers.")
@option(
    "--log",
    type=click.Choice(["text", "json", "off"]),
    default="text",
    help="Log one line per call on stderr.",
)
@option("--print-url", is_flag=True, help="Print only the address on stdout, once the server listens.")
@run_options
@click.pass_context
def run(context: click.Context, /, *, allow_hosts: tuple[str, ...], **chosen: Any) -> None:
    """Start the mock server; Ctrl-C stops it.

    \b
    Examples:
      mockserver run --port 9000 --vendor VENDOR
      mockserver run --at-root VENDOR --log json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    check_vendors(context)
    ignore_connexion_warnings()
    with collection_paused():
        _run(context, allow_hosts, chosen)


def _example_source() -> ExampleSource:
    from mockserver.contract.examples import ProfileExamples  # noqa: PLC0415 - not before examples are asked for

    return ProfileExamples()


def _run(context: click.Context, allow_hosts: tuple[str, ...], chosen: dict[str, Any]) -> None:
    from mockserver.cli.settings.effective import effective_settings  # noqa: PLC0415 - only this command
    from mockserver.errors import MockServerError  # noqa: PLC0415
    from mockserver.server.application import Options  # noqa: PLC0415 - costs 0.2 s, and only this command needs it
    from mockserver.server.listening import PortTakenError  # noqa: PLC0415 - as above
    from mockserver.server.uvicorn_server import serve  # noqa: PLC0415 - slow

    serving = serving_of(chosen)
    try:
        serve(
            Options(
                **chosen,
                hosts=(serving.host, *allow_hosts),
                examples=_example_source,
                settings=tuple(effective_settings(context)),
            ),
            serving,
            partial(show_startup_error, context=context),
        )
    except PortTakenError as error:
        where = place_of_option(context, "port", serving.port)
        fail(str(error), where, port_taken_cure(error), EXIT_PORT_TAKEN)
    except MockServerError as error:
        show_startup_error(error, context)
        context.exit(EXIT_USAGE)
