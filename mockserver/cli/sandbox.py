"""The commands `mockserver sandbox …`: create, compare, save, restore and delete sandboxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from msgspec.structs import replace

from mockserver.cli.options import CONTEXT_SETTINGS, assumption_values, instant_text, own_option
from mockserver.cli.output import counted, shorten, table_lines
from mockserver.cli.server import (
    ControlPlane,
    ServerOptions,
    check_sure,
    complete_packaged,
    complete_sandboxes,
    complete_snapshots,
    complete_vendors,
    connected,
    end_usage,
    output_option,
    sandbox_path,
    server_options,
    sure_option,
    write_result,
)
from mockserver.codec.instants import print_units

if TYPE_CHECKING:
    from mockserver.model import Document, Json

_NAME = click.argument("name", default="", metavar="[NAME]", shell_complete=complete_sandboxes)
_VENDOR = own_option(
    "--vendor", default=None, shell_complete=complete_vendors, help="Only the state of this vendor."
)

_SNAPSHOT = re.compile("s[1-9][0-9]{0,8}")
_MAX_LINES = 100


@click.group(context_settings=CONTEXT_SETTINGS)
def sandbox() -> None:
    """Create, compare, save and restore sandboxes: separate copies of data, clock, scenarios and journal.

    \b
    mockserver sandbox create acme --seed 7 --freeze 2026-01-05T09:00:00Z
    mockserver sandbox diff -s acme
    """


@sandbox.command("list", context_settings=CONTEXT_SETTINGS)
@server_options
def list_sandboxes(*, server: ServerOptions) -> None:
    """List the sandboxes with their records, calls and clocks.

    \b
    mockserver sandbox list
    mockserver sandbox list --json
    """
    with connected(server) as control:
        found = control.call("GET", "/sandboxes")
    write_result(server, found, table_lines([_sandbox_row(one) for one in found]))


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name")
@own_option(
    "--from",
    "source",
    default="",
    metavar="SANDBOX|FILE",
    shell_complete=complete_sandboxes,
    help="Sandbox or dump with the state to begin with.",
)
@own_option("--empty", is_flag=True, help="Start without records.")
@own_option("--seed", default=0, type=click.IntRange(0), help="Seed of generated ids and of random rules.")
@own_option(
    "--freeze", default="", callback=instant_text, metavar="TIME", help="Freeze the clock at this time."
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
    """
    wanted = {member: value for member, value in chosen.items() if value}
    with connected(_at(server, name)) as control:
        state = _state_of(control, source) if source else None
        control.call("POST", "/sandboxes", {"name": name, **wanted})
        if state is not None:
            control.here("PUT", "/state", state)
        _print_sandbox(control)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name", shell_complete=complete_sandboxes)
@sure_option
@server_options
def delete(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Delete the sandbox NAME with its journal.

    If NAME is the default sandbox, reset it instead.

    \b
    mockserver sandbox delete acme
    mockserver sandbox delete acme --yes
    """
    chosen = _at(server, name)
    check_sure(chosen, f"mockserver sandbox delete {name} --yes", sure=sure)
    with connected(chosen) as control:
        control.here("DELETE")
    write_result(server, {"sandbox": name, "deleted": "sandbox"}, [f"{shorten(name)} deleted"], err=True)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@_NAME
@sure_option
@server_options
def reset(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Set a sandbox back to the state in which it was created.

    The sandbox's journal is deleted; its snapshots remain.

    \b
    mockserver sandbox reset
    mockserver sandbox reset acme --yes
    """
    chosen = _at(server, name) if name else server
    check_sure(chosen, f"mockserver sandbox reset {chosen.sandbox} --yes", sure=sure)
    with connected(chosen) as control:
        control.here("POST", "/reset")
        _print_sandbox(control)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@own_option("--label", default="", help="A note for people, shown in lists.")
@own_option("--list", "lists", is_flag=True, help="List the snapshots instead of taking one.")
@server_options
def snapshot(*, server: ServerOptions, label: str, lists: bool) -> None:
    """Take a snapshot of the whole state, and print the snapshot's id.

    \b
    mockserver sandbox snapshot --label 'before the retry'
    mockserver sandbox snapshot --list
    """
    with connected(server) as control:
        if lists:
            found = control.here("GET", "/snapshots")
        else:
            found = control.here("POST", "/snapshots", {"label": label})
    _print_snapshots(server, found)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("snapshot", metavar="SNAPSHOT", shell_complete=complete_snapshots)
@server_options
def restore(*, server: ServerOptions, snapshot: str) -> None:
    """Set the sandbox back to a snapshot.

    The journal and all snapshots remain.

    \b
    mockserver sandbox restore s1
    mockserver sandbox restore s1 -s acme
    """
    with connected(server) as control:
        found = control.here("POST", f"/snapshots/{snapshot}/restore")
    _print_snapshots(server, found)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument(
    "names", nargs=-1, metavar="[SNAPSHOT | SANDBOX [SANDBOX]]", shell_complete=complete_sandboxes
)
@server_options
def diff(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Print what has changed since the fixtures or a SNAPSHOT, or what differs between two sandboxes.

    Without arguments, print the changes since the fixtures. With one SANDBOX, print the changes from SANDBOX
    to the sandbox of --sandbox; with two, print the changes from the first to the second.

    \b
    mockserver sandbox diff
    mockserver sandbox diff s1
    mockserver sandbox diff default acme
    """
    if len(names) > 2:  # noqa: PLR2004 - left and right
        raise click.UsageError("two sandboxes are compared at most")
    with connected(_at(server, names[1]) if names[1:] else server) as control:
        is_snapshot = len(names) == 1 and _SNAPSHOT.fullmatch(names[0])
        against = names[0] if is_snapshot else f"sandbox:{names[0]}" if names else "fixtures"
        found = control.here("GET", "/diff", against=against)
    write_result(server, found, _difference_lines(found))


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@_VENDOR
@output_option
@server_options
def dump(*, server: ServerOptions, vendor: str | None, output: Path | None) -> None:
    """Print the state as one JSON document; `sandbox load` reads it.

    \b
    mockserver sandbox dump -o state.json
    mockserver sandbox dump -s acme | jq keys
    """
    with connected(server) as control:
        content = control.fetch("GET", f"{control.path}/dump", vendor=vendor).body
    if output is None:
        click.echo(content.decode())
        return
    output.write_bytes(content + b"\n")
    write_result(server, {"written": str(output)}, [f"written: {output}"], err=True)


@sandbox.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", type=click.File("rb"))
@_VENDOR
@server_options
def load(*, server: ServerOptions, file: Any, vendor: str | None) -> None:
    """Replace the state with a dump.

    The dump is read from FILE, or from standard input (-).

    \b
    mockserver sandbox load state.json -s acme
    mockserver sandbox dump -s a | mockserver sandbox load - -s b
    """
    from mockserver.codec import json

    with connected(server) as control:
        found = json.decode(control.fetch("PUT", f"{control.path}/state", file.read(), vendor=vendor).body)
    write_result(server, found, [f"{server.sandbox}  {counted(found['records'], 'record')}"])


def _at(server: ServerOptions, name: str) -> ServerOptions:
    """Return the options for the sandbox `name`; end with exit 2 if the command line names another one."""
    source = click.get_current_context().get_parameter_source("sandbox")
    if source is ParameterSource.COMMANDLINE and server.sandbox != name:
        detail, flag = f"{name} and {server.sandbox} are two sandboxes", f"-s {server.sandbox}"
        end_usage(server, "two-sandboxes", detail, flag, f"leave out {flag}")
    return replace(server, sandbox=name)


def _state_of(control: ControlPlane, source: str) -> Json:
    from mockserver.codec import json
    from mockserver.errors import MalformedBody

    file = Path(source)
    if not file.is_file():
        return control.call("GET", f"{sandbox_path(source)}/dump")
    try:
        return json.decode(file.read_bytes())
    except MalformedBody as error:
        detail = f"{file} is not a dump: {error}"
        end_usage(control.server, "no-dump", detail, f"--from {file}", "mockserver sandbox dump -o FILE")


def _print_sandbox(control: ControlPlane) -> None:
    found: Document = control.here("GET")
    write_result(control.server, found, table_lines([_sandbox_row(found)]))


def _print_snapshots(server: ServerOptions, found: Json) -> None:
    snapshots = [found] if isinstance(found, dict) else found
    rows = [
        (row["id"], row["at"], counted(row["records"], "record"), shorten(row["label"])) for row in snapshots
    ]
    write_result(server, found, table_lines(rows))


def _sandbox_row(found: Document) -> tuple[str, ...]:
    clock = found["clock"]
    time = f"clock {clock['mode']} {clock['now']}" if clock["mode"] == "frozen" else f"clock {clock['mode']}"
    ahead = f" +{clock['aheadSeconds']:,} s" if clock["aheadSeconds"] and clock["mode"] != "frozen" else ""
    return (
        str(found["name"]),
        counted(found["records"], "record"),
        counted(found["calls"], "call"),
        time + ahead,
        f"idle {print_units(found['idleSeconds']).replace(' min', 'm').replace(' ', '')}",
    )


def _difference_lines(found: Document) -> Iterator[str]:
    """Yield a line for each record that was added (+), removed (-) or changed (~), with its changes.

    Limit the number of lines, and end with the numbers of added, removed and changed records.
    """
    lines = list(_all_lines(found))
    yield from lines[:_MAX_LINES]
    if lines[_MAX_LINES:]:
        yield f"… {counted(len(lines) - _MAX_LINES, 'more line')}: --json"
    counts = ", ".join(
        f"{len(found[kind]):,} {kind}" for kind in ("added", "removed", "changed") if found[kind]
    )
    yield f"{counts or 'no difference'}  against {found['against']}"


def _all_lines(found: Document) -> Iterator[str]:
    for sign, kind in (("+", "added"), ("-", "removed")):
        for one in found[kind]:
            yield f"{sign} {_place(one)}  {_value(one['document'])}"
    for one in found["changed"]:
        yield f"~ {_place(one)}"
        for change in one["changes"]:
            old, new = (_value(change[side]) if side in change else "absent" for side in ("old", "new"))
            yield f"    {change['pointer']}  {old} → {new}"


def _place(one: Document) -> str:
    return shorten(f"{one['scope']} {one['collection']} {one['key']}", 120)


def _value(value: Json) -> str:
    from mockserver.codec import json

    return shorten(json.encode(value).decode(), 100)
