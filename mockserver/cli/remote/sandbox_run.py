"""Execute `mockserver sandbox …`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from mockserver.cli.options import EXIT_USAGE
from mockserver.cli.output import counted, shorten, table_lines, write_done, write_json, write_lines
from mockserver.cli.remote.sandbox_lines import difference_lines, sandbox_row
from mockserver.cli.server import ControlPlane, ServerOptions, check_sure, connected, end, sandbox_path
from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Document, Json

_SNAPSHOT = re.compile("s[1-9][0-9]{0,8}")


def list_sandboxes(*, server: ServerOptions) -> None:
    """List the sandboxes with their records, calls and clocks."""
    with connected(server) as control:
        found = control.call("GET", "/sandboxes")
    if server.json:
        write_json(found)
    elif found:
        write_lines(table_lines([sandbox_row(one) for one in found]))


def create(*, server: ServerOptions, name: str, source: str, **chosen: Any) -> None:
    """Create the sandbox NAME."""
    wanted = {member: value for member, value in chosen.items() if value}
    made = ServerOptions(server.url, name, server.json, server.token)
    with connected(made) as control:
        state = _state_of(control, source) if source else None
        control.call("POST", "/sandboxes", {"name": name, **wanted})
        if state is not None:
            control.here("PUT", "/state", state)
        _print_sandbox(control)


def delete(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Delete the sandbox NAME with its journal; the default sandbox is reset."""
    chosen = ServerOptions(server.url, name, server.json, server.token)
    check_sure(chosen, f"mockserver sandbox delete {name} --yes", sure=sure)
    with connected(chosen) as control:
        control.here("DELETE")
    document = {"sandbox": name, "deleted": "sandbox"}
    write_done(f"{shorten(name)} deleted", document, as_json=server.json)


def reset(*, server: ServerOptions, name: str, sure: bool) -> None:
    """Set a sandbox back to how it was created; its journal is deleted."""
    chosen = ServerOptions(server.url, name or server.sandbox, server.json, server.token)
    check_sure(chosen, f"mockserver sandbox reset {chosen.sandbox} --yes", sure=sure)
    with connected(chosen) as control:
        control.here("POST", "/reset")
        _print_sandbox(control)


def snapshot(*, server: ServerOptions, label: str, lists: bool) -> None:
    """Take a snapshot of the whole state, and print its id."""
    with connected(server) as control:
        found = (
            control.here("GET", "/snapshots")
            if lists
            else control.here("POST", "/snapshots", {"label": label})
        )
    _print_snapshots(server, found)


def restore(*, server: ServerOptions, snapshot: str) -> None:
    """Set the sandbox back to a snapshot; journal and snapshots are kept."""
    with connected(server) as control:
        found = control.here("POST", f"/snapshots/{snapshot}/restore")
    _print_snapshots(server, found)


def diff(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Print what differs from the fixtures, from a snapshot, or between two sandboxes (left to right)."""
    if len(names) > 2:  # noqa: PLR2004 - left and right
        raise click.UsageError("two sandboxes are compared at most")
    right = names[1] if names[1:] else server.sandbox
    chosen = ServerOptions(server.url, right, server.json, server.token)
    with connected(chosen) as control:
        found = control.here("GET", "/diff", against=_against(names))
    if server.json:
        write_json(found)
    else:
        write_lines(difference_lines(found))


def dump(*, server: ServerOptions, vendor: str | None, output: Path | None) -> None:
    """Print the state as one JSON document; `sandbox load` reads it."""
    with connected(server) as control:
        content = control.fetch("GET", f"{control.path}/dump", vendor=vendor).body
    if output is None:
        click.echo(content.decode())
        return
    output.write_bytes(content + b"\n")
    write_done(f"written: {output}", {"written": str(output)}, as_json=server.json)


def load(*, server: ServerOptions, file: Any, vendor: str | None) -> None:
    """Replace the state by that of a dump: a FILE, or - for standard input."""
    with connected(server) as control:
        found = json.decode(control.fetch("PUT", f"{control.path}/state", file.read(), vendor=vendor).body)
    if server.json:
        write_json(found)
    else:
        write_lines([f"{server.sandbox}  {counted(found['records'], 'record')}"])


def _against(names: tuple[str, ...]) -> str:
    if not names:
        return "fixtures"
    return names[0] if len(names) == 1 and _SNAPSHOT.fullmatch(names[0]) else f"sandbox:{names[0]}"


def _state_of(control: ControlPlane, source: str) -> Json:
    """Return the state of a dump file or of a sandbox."""
    file = Path(source)
    if not file.is_file():
        return control.call("GET", f"{sandbox_path(source)}/dump")
    try:
        return json.decode(file.read_bytes())
    except MalformedBody as error:
        problem = {"title": "Wrong usage", "code": "no-dump", "detail": f"{file} is not a dump: {error}"}
        end(control.server, problem, f"--from {file}", "mockserver sandbox dump -o FILE", EXIT_USAGE)


def _print_sandbox(control: ControlPlane) -> None:
    found: Document = control.here("GET")
    if control.server.json:
        write_json(found)
    else:
        write_lines(table_lines([sandbox_row(found)]))


def _print_snapshots(server: ServerOptions, found: Json) -> None:
    if server.json:
        write_json(found)
    elif rows := [found] if isinstance(found, dict) else found:
        write_lines(
            table_lines(
                [
                    (one["id"], one["at"], counted(one["records"], "record"), shorten(one["label"]))
                    for one in rows
                ]
            )
        )
