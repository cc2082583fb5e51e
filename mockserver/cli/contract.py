"""Options of `mockserver contract`; `contract_run` executes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mockserver.cli.extras import check_extra
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_INTERRUPTED, option
from mockserver.cli.progress_line import LOADING, open_progress_line

REPORTS = ("junit", "html", "har", "pytest", "json")
PHASES = ("fuzzing", "stateful")
_FILE_TYPE = click.Path(dir_okay=False, path_type=Path)


def _split_names(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(one.strip() for text in given for one in text.split(",") if one.strip())


def _report_names(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    kinds = _split_names(context, parameter, given)
    if unknown := [one for one in kinds if one not in REPORTS]:
        raise click.BadParameter(f"{unknown[0]} is no report; there are {', '.join(REPORTS)}")
    return kinds


def _pair_reader(sign: str, form: str) -> Any:
    def read(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
        pairs = {}
        for text in given:
            name, found, value = text.partition(sign)
            if not found or not name.strip():
                raise click.BadParameter(f"{text}: write {form}")
            pairs[name.strip()] = value.strip()
        return pairs

    return read


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("vendors", nargs=-1, metavar="[VENDOR]…")
@option("--target", metavar="URL", help="Where the vendor's own paths begin.  [default: in this process]")
@option(
    "--allow-remote",
    "allowed",
    multiple=True,
    envvar="MOCKSERVER_ALLOW_REMOTE",
    metavar="HOST",
    help="Host beyond this machine that may be written to; may be given again.",
)
@option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="OpenAPI file instead of a vendor.",
)
@option(
    "--header",
    "headers",
    multiple=True,
    callback=_pair_reader(":", "'Name: text'"),
    allow_from_autoenv=False,
    metavar="'NAME: TEXT'",
    help="Header that goes with every call; may be given again.",
)
@option("--seed", default=0, type=click.IntRange(0), help="The same seed makes the same calls.")
@option(
    "--max-examples",
    default=100,
    type=click.IntRange(1),
    help="Generated calls an operation, and sequences a subject, at most.",
)
@option(
    "--checks",
    "--only",
    "only",
    multiple=True,
    callback=_split_names,
    metavar="CHECK,…",
    help="Only these checks; may be given again.",
)
@option(
    "--operation",
    "operations",
    multiple=True,
    callback=_split_names,
    metavar="ID,…",
    help="Only these operations; may be given again.",
)
@option(
    "--phase",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Only this part of the suite; may be given again.",
)
@option(
    "--shrink/--no-shrink",
    "shrinks",
    default=True,
    help="Make what breaks as small as it gets, which takes more calls, or tell it as it was found.",
)
@option(
    "--fact",
    "facts",
    multiple=True,
    callback=_pair_reader("=", "name=text"),
    allow_from_autoenv=False,
    metavar="NAME=TEXT",
    help="What is there at the target, instead of what our fixtures have; may be given again.",
)
@option(
    "--rate",
    metavar="20/s",
    help="Most calls in a second, minute or hour.  [default: 20/s beyond this machine]",
)
@option(
    "--baseline", type=_FILE_TYPE, help="Known differences, JSON or YAML: they are shown and fail nothing."
)
@option("--write-baseline", type=_FILE_TYPE, help="Write what was found down as known differences.")
@option(
    "--report",
    "reports",
    multiple=True,
    callback=_report_names,
    metavar=",".join(REPORTS),
    help="Reports to write.",
)
@option(
    "--report-dir",
    "folder",
    default="report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to.",
)
@option(
    "--summary",
    type=click.Choice(["auto", "off"]),
    default="auto",
    help="Auto adds to the summary of a GitHub job where there is one.",
)
@option("--json", "as_json", is_flag=True, help="One JSON document instead of the table.")
@option("-q", "--quiet", is_flag=True, help="Print only failures and the result.")
@option("-v", "--verbose", is_flag=True, help="List every check, also those that passed.")
def contract(**given: Any) -> None:
    """Hold a server to its contract: outcomes per item, state, replays, shapes.

    It calls our own application in this process, or whoever stands at --target: there it creates, changes and
    deletes. Exit status: 0 all of it holds, 1 something was found, 2 wrong usage, 3 no server, 130 Ctrl-C.

    Credentials for a server that is not ours come from the environment, by security scheme:
    MOCKSERVER_CREDENTIAL_BEARERAUTH=token, …_BASICAUTH=user:password, …_APIKEYAUTH=key.

    \b
    mockserver contract
    mockserver contract NAME --target http://127.0.0.1:8080/NAME --seed 7 --report junit,html
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    check_extra("contract", "mockserver contract")
    line = open_progress_line(is_silent=given["quiet"] or given["as_json"])
    try:
        with line.showing(LOADING):
            from mockserver.cli import contract_run  # noqa: PLC0415 - slow to import, and only needed here
        contract_run.run_contract(contract_run.ContractOptions(**given), line)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise SystemExit(EXIT_INTERRUPTED) from None
