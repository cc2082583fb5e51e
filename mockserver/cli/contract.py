"""Options of `mockserver contract`; `contract_run` executes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mockserver.cli.options import CONTEXT_SETTINGS, option

REPORTS = ("junit", "html", "har", "pytest", "json")
PHASES = ("generated", "stories")
_FILE_TYPE = click.Path(dir_okay=False, path_type=Path)


def _split_names(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip())


def _report_names(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    names = _split_names(context, parameter, given)
    if unknown := [name for name in names if name not in REPORTS]:
        raise click.BadParameter(f"{unknown[0]} is not a report; there are {', '.join(REPORTS)}")
    return names


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
@option(
    "--target", metavar="URL", help="Base URL of the vendor's paths.  [default: a server in this process]"
)
@option(
    "--allow-remote",
    "allowed",
    multiple=True,
    metavar="HOST",
    help="Remote host that may be written to; repeatable.",
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
    from_environment=False,
    metavar="'NAME: TEXT'",
    help="Header to send with every call; repeatable.",
)
@option("--seed", default=0, type=click.IntRange(0), help="Seed of the generated calls.")
@option(
    "--max-examples",
    default=100,
    type=click.IntRange(1),
    help="Maximum number of generated calls per operation, and of call sequences per batch operation.",
)
@option(
    "--checks",
    "--only",
    multiple=True,
    callback=_split_names,
    metavar="CHECK,…",
    help="Run only these checks; repeatable.",
)
@option(
    "--operation",
    "operations",
    multiple=True,
    callback=_split_names,
    metavar="ID,…",
    help="Call only these operations; repeatable.",
)
@option(
    "--phase",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Run only this part of the suite; repeatable.",
)
@option(
    "--shrink/--no-shrink",
    "shrinks",
    default=True,
    help="Reduce failures to the smallest example, which takes more calls, or report them as found.",
)
@option(
    "--fact",
    "facts",
    multiple=True,
    callback=_pair_reader("=", "name=text"),
    from_environment=False,
    metavar="NAME=TEXT",
    help="Value that exists at the target, instead of the one in the fixtures; repeatable.",
)
@option(
    "--rate",
    metavar="20/s",
    help="Maximum rate of calls per second, minute or hour.  [default: 20/s for remote hosts]",
)
@option(
    "--baseline",
    type=_FILE_TYPE,
    help="File of known differences (JSON or YAML), which are shown but do not fail.",
)
@option("--write-baseline", type=_FILE_TYPE, help="Write all findings to this file as known differences.")
@option(
    "--report",
    "reports",
    multiple=True,
    callback=_report_names,
    metavar=",".join(REPORTS),
    help="Reports to write; repeatable.",
)
@option(
    "--report-dir",
    default="report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the reports.",
)
@option(
    "--summary",
    type=click.Choice(["auto", "off"]),
    default="auto",
    help="auto appends to the job summary in GitHub Actions.",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
@option("-q", "--quiet", is_flag=True, help="Print failures only.")
def contract(**options: Any) -> None:
    """Test a server against its contract: outcomes per item, state, replays, response schemas.

    The server is started in this process, or runs at --target, where records are created, changed and
    deleted. Exit status: 0 for no findings, 1 for some, 2 for wrong usage, 3 for no server, 130 for Ctrl-C.

    Credentials for a server at --target are read from the environment, by security scheme:
    MOCKSERVER_CREDENTIAL_BEARERAUTH=token, …_BASICAUTH=user:password, …_APIKEYAUTH=key.

    \b
    mockserver contract
    mockserver contract NAME --target http://127.0.0.1:8080/NAME --seed 7 --report junit,html
    """  # noqa: D301 - the character tells click not to wrap the lines
    from mockserver.cli import contract_run  # noqa: PLC0415 - 0.3 s that `--help` does not need

    contract_run.run_contract(contract_run.ContractOptions(**options))
