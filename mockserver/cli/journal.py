"""The commands `mockserver journal …`: the calls that a sandbox recorded."""

from __future__ import annotations

from itertools import islice
from time import sleep
from typing import Any, NoReturn

import click

from mockserver.cli.control_plane import ControlPlane, RefusedError, connected
from mockserver.cli.journal_export import export, replay
from mockserver.cli.journal_filters import Filters, filter_options, follow
from mockserver.cli.journal_lines import entry_lines, verdict_lines
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_FINDINGS, EXIT_REFUSED, EXIT_USAGE
from mockserver.cli.outcome_lines import shorten, write_json, write_lines
from mockserver.cli.server_completion import complete_numbers
from mockserver.cli.server_failures import check_sure, end
from mockserver.cli.server_options import ServerOptions, server_options
from mockserver.cli.verb_options import own_option, secrets_option, sure_option
from mockserver.codec import yaml
from mockserver.model import Document, Json

_NOT_VERIFIED = ("not-verified", "not-kept")
_MAX_LAST = 10_000


@click.group(context_settings=CONTEXT_SETTINGS)
def journal() -> None:
    """See, repeat, export and check the calls of a sandbox.

    \b
    mockserver journal tail --outcome rejected
    mockserver journal show 18 --body
    """  # noqa: D301 - the character, which tells click to leave the lines alone


journal.add_command(replay)
journal.add_command(export)


@journal.command("list", context_settings=CONTEXT_SETTINGS)
@filter_options
@own_option(
    "--last", default=100, type=click.IntRange(1, _MAX_LAST), show_default=True, help="So many, the newest."
)
@secrets_option
@server_options
def list_calls(*, server: ServerOptions, filters: Filters, last: int, secrets: bool) -> None:
    """Print a line for each call, oldest first.

    \b
    mockserver journal list --status 4xx --since 10m
    mockserver journal list --item R2 --outcome rejected --json
    """  # noqa: D301
    with connected(server) as control:
        found = control.here("GET", "/journal", **filters, last=last, secrets="shown" if secrets else None)
    if server.json:
        write_json(found)
    elif found:
        write_lines(_line(one) for one in found)
    else:
        such = "no such calls" if filters else "no calls"
        write_lines([f"{such} in {server.sandbox}; send one: mockserver send VENDOR"], err=True)


@journal.command(context_settings=CONTEXT_SETTINGS)
@filter_options
@own_option(
    "--last", default=10, type=click.IntRange(0, _MAX_LAST), show_default=True, help="Begin with so many."
)
@own_option("--max", "most", type=click.IntRange(1), help="End after so many lines.")
@own_option(
    "--interval", default=0.5, type=click.FloatRange(0), metavar="SECONDS", help="Time between two looks."
)
@server_options
def tail(*, server: ServerOptions, filters: Filters, last: int, most: int | None, interval: float) -> None:
    """Print a line for each call as it comes, until Ctrl-C.

    \b
    mockserver journal tail --vendor VENDOR --status 4xx
    mockserver journal tail --json | jq .outcomes
    """  # noqa: D301
    try:
        with connected(server) as control:
            for entry in islice(follow(control, filters, last, lambda: sleep(interval)), most):
                if server.json:
                    write_json(entry)
                else:
                    write_lines([_line(entry)])
    except KeyboardInterrupt:
        return


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", required=False, type=click.IntRange(1), shell_complete=complete_numbers)
@own_option("--headers", is_flag=True, help="Print the headers of request and reply.")
@own_option("--body", "bodies", is_flag=True, help="Print the bodies of request and reply.")
@secrets_option
@server_options
def show(*, server: ServerOptions, number: int | None, headers: bool, bodies: bool, secrets: bool) -> None:
    """Print one call, by default the newest: request, envelope, items with pointers, rules, reply.

    NUMBER is the one of the log line and of the header Mock-Journal.

    \b
    mockserver journal show 18
    mockserver journal show --headers --body
    """  # noqa: D301
    with connected(server) as control:
        chosen = number or _newest(control)
        entry = control.here("GET", f"/journal/{chosen}", secrets="shown" if secrets else None)
    if server.json:
        write_json(entry)
    else:
        write_lines(entry_lines(entry, headers=headers, bodies=bodies))


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@server_options
def verify(*, server: ServerOptions, file: Any) -> None:
    """Check how many calls and items there were, as FILE (or -) says in YAML or JSON. Exit 1: not so.

    {"match": {"operation": "createBatch"}, "calls": 2, "items": {"created": {"min": 1}}}

    \b
    mockserver journal verify expected.yaml
    echo '{"calls": {"max": 3}}' | mockserver journal verify -
    """  # noqa: D301
    expected = _read(server, file)
    with connected(server) as control:
        try:
            control.here("POST", "/journal/verify", expected)
        except RefusedError as error:
            if error.code not in _NOT_VERIFIED:
                raise
            _end_not_verified(server, error.problem)
    if server.json:
        write_json({"verified": True})
    else:
        write_lines(["verified"])


@journal.command(context_settings=CONTEXT_SETTINGS)
@sure_option
@server_options
def clear(*, server: ServerOptions, sure: bool) -> None:
    """Delete all calls of the sandbox; numbers continue.

    \b
    mockserver journal clear
    mockserver journal clear -s acme --yes
    """  # noqa: D301
    check_sure(server, f"mockserver journal clear -s {server.sandbox} --yes", sure=sure)
    with connected(server) as control:
        control.here("DELETE", "/journal")
    write_lines([f"journal of {server.sandbox} deleted"], err=True)


def _line(entry: Document) -> str:
    return shorten(str(entry["line"]), 500)


def _newest(control: ControlPlane) -> int:
    found = control.here("GET", "/journal", last=1)
    if not found:
        detail = f"the journal of {control.server.sandbox} has no calls"
        problem = {"title": "Not found", "code": "unknown-entry", "detail": detail}
        end(control.server, problem, "NUMBER", "mockserver send VENDOR", EXIT_REFUSED)
    return int(found[0]["number"])


def _read(server: ServerOptions, file: Any) -> Json:
    from yaml import YAMLError  # noqa: PLC0415 - for this command only

    name = getattr(file, "name", "standard input")
    try:
        return yaml.load(file.read())
    except (YAMLError, UnicodeDecodeError) as error:
        detail = f"{name} is neither JSON nor YAML: {shorten(str(error), 200)}"
        problem = {"title": "Wrong usage", "code": "no-document", "detail": detail}
        end(server, problem, f"FILE {name}", "mockserver journal verify --help", EXIT_USAGE)


def _end_not_verified(server: ServerOptions, problem: Document) -> NoReturn:
    if server.json:
        write_json(problem)
    else:
        write_lines(verdict_lines(problem))
    raise SystemExit(EXIT_FINDINGS)
