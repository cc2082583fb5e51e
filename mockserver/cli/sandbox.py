"""The commands `mockserver sandbox …`: create, compare, save and restore sandboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mockserver.cli.options import CONTEXT_SETTINGS, assumption_values, instant_text
from mockserver.cli.server import (
    ServerOptions,
    complete_packaged,
    complete_sandboxes,
    complete_snapshots,
    complete_vendors,
    output_option,
    own_option,
    server_options,
    sure_option,
)

_NAME = click.argument("name", default="", metavar="[NAME]", shell_complete=complete_sandboxes)
_VENDOR = own_option(
    "--vendor", default=None, shell_complete=complete_vendors, help="Only the state of this vendor."
)


@click.group(context_settings=CONTEXT_SETTINGS)
def sandbox() -> None:
    """Create, compare, save and restore sandboxes: separate copies of data, clock, scenarios and journal.

    \b
    mockserver sandbox create acme --seed 7 --freeze 2026-01-05T09:00:00Z
    mockserver sandbox diff -s acme
    """  # noqa: D301 - the character, which tells click to leave the lines alone


@sandbox.command("list", context_settings=CONTEXT_SETTINGS)
@server_options
def list_sandboxes(*, server: ServerOptions) -> None:
    """List the sandboxes with their records, calls and clocks.

    \b
    mockserver sandbox list
    mockserver sandbox list --json
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.list_sandboxes(server=server)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name")
@own_option(
    "--from",
    "source",
    default="",
    metavar="SANDBOX|FILE",
    shell_complete=complete_sandboxes,
    help="Sandbox or dump whose state it begins with.",
)
@own_option("--empty", is_flag=True, help="Start without records.")
@own_option("--seed", default=0, type=click.IntRange(0), help="Seed of ids and chance.")
@own_option(
    "--freeze", default="", callback=instant_text, metavar="TIME", help="Freeze its clock at this instant."
)
@own_option(
    "--scenario",
    "scenarios",
    scope="sandbox",
    multiple=True,
    shell_complete=complete_packaged,
    help="Packaged scenario to arm; may be repeated.",
)
@own_option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    help="Value of an assumption; may be repeated.",
)
@server_options
def create(*, server: ServerOptions, name: str, source: str, **chosen: Any) -> None:
    """Create the sandbox NAME.

    \b
    mockserver sandbox create acme --seed 7
    mockserver sandbox create copy --from acme
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.create(server=server, name=name, source=source, **chosen)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name", shell_complete=complete_sandboxes)
@sure_option
@server_options
def delete(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Delete the sandbox NAME with its journal.

    The default sandbox is reset instead.

    \b
    mockserver sandbox delete acme
    mockserver sandbox delete acme --yes
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.delete(server=server, name=name, sure=sure)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@_NAME
@sure_option
@server_options
def reset(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Set a sandbox back to how it was created.

    Its journal is deleted, snapshots are kept.

    \b
    mockserver sandbox reset
    mockserver sandbox reset acme --yes
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.reset(server=server, name=name, sure=sure)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@own_option("--label", default="", help="What it is, for people.")
@own_option("--list", "lists", is_flag=True, help="List the snapshots instead of taking one.")
@server_options
def snapshot(*, server: ServerOptions, label: str, lists: bool) -> None:
    """Take a snapshot of the whole state, and print its id.

    \b
    mockserver sandbox snapshot --label 'before the retry'
    mockserver sandbox snapshot --list
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.snapshot(server=server, label=label, lists=lists)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("snapshot", metavar="SNAPSHOT", shell_complete=complete_snapshots)
@server_options
def restore(*, server: ServerOptions, snapshot: str) -> None:
    """Set the sandbox back to a snapshot.

    The journal and all snapshots are kept.

    \b
    mockserver sandbox restore s1
    mockserver sandbox restore s1 -s acme
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.restore(server=server, snapshot=snapshot)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument(
    "names", nargs=-1, metavar="[SNAPSHOT | SANDBOX [SANDBOX]]", shell_complete=complete_sandboxes
)
@server_options
def diff(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Print what differs from an earlier state or another sandbox.

    The earlier state is that of the fixtures or of a SNAPSHOT. Two sandboxes are compared left to right.

    \b
    mockserver sandbox diff
    mockserver sandbox diff s1
    mockserver sandbox diff default acme
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.diff(server=server, names=names)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@_VENDOR
@output_option
@server_options
def dump(*, server: ServerOptions, vendor: str | None, output: Path | None) -> None:
    """Print the state as one JSON document; `sandbox load` reads it.

    \b
    mockserver sandbox dump -o state.json
    mockserver sandbox dump -s acme | jq keys
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.dump(server=server, vendor=vendor, output=output)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", type=click.File("rb"))
@_VENDOR
@server_options
def load(*, server: ServerOptions, file: Any, vendor: str | None) -> None:
    """Replace the state by that of a dump.

    It is a FILE, or - for standard input.

    \b
    mockserver sandbox load state.json -s acme
    mockserver sandbox dump -s a | mockserver sandbox load - -s b
    """  # noqa: D301
    from mockserver.cli.remote import sandbox_run  # noqa: PLC0415 - slow for help

    sandbox_run.load(server=server, file=file, vendor=vendor)
