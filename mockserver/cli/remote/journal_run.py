"""Execute `mockserver journal …`, but replays and exports."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from time import sleep
from typing import Any, NoReturn

from mockserver.cli.options import EXIT_FINDINGS, EXIT_REFUSED, EXIT_USAGE
from mockserver.cli.output import entry_lines, shorten, verdict_lines, write_done, write_json, write_lines
from mockserver.cli.remote.journal_filters import Filters
from mockserver.cli.remote.journal_follow import follow
from mockserver.cli.server import ControlPlane, RefusedError, ServerOptions, check_sure, connected, end
from mockserver.codec import yaml
from mockserver.model import Document, Json

_NOT_VERIFIED = ("not-verified", "not-kept")


def list_calls(*, server: ServerOptions, filters: Filters, last: int, secrets: bool) -> None:
    """Print a line for each call, oldest first."""
    with connected(server) as control:
        found = control.here("GET", "/journal", **filters, last=last, secrets="shown" if secrets else None)
        calls = 0 if found or not filters else int(control.here("GET")["calls"])
    if server.json:
        write_json(found)
    elif found:
        write_lines(_line(one) for one in found)
    else:
        write_lines([_nothing_found(server, calls)], err=True)


def tail(*, server: ServerOptions, filters: Filters, last: int, most: int | None, interval: float) -> None:
    """Print a line for each call as it comes, until Ctrl-C."""
    try:
        with connected(server) as control:
            for entry in islice(follow(control, filters, last, lambda: sleep(interval)), most):
                if server.json:
                    write_json(entry)
                else:
                    write_lines([_line(entry)])
    except KeyboardInterrupt:
        return


def show(*, server: ServerOptions, number: int | None, headers: bool, bodies: bool, secrets: bool) -> None:
    """Print one call, by default the newest: request, envelope, items with pointers, rules, reply."""
    with connected(server) as control:
        chosen = number or _newest(control)
        entry = control.here("GET", f"/journal/{chosen}", secrets="shown" if secrets else None)
    if server.json:
        write_json(entry)
    else:
        write_lines(entry_lines(entry, headers=headers, bodies=bodies))


def verify(*, server: ServerOptions, file: Any) -> None:
    """Check how many calls and items there were, as FILE (or -) says in YAML or JSON. Exit 1: not so."""
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


def clear(*, server: ServerOptions, sure: bool) -> None:
    """Delete all calls of the sandbox; numbers continue."""
    check_sure(server, f"mockserver journal clear -s {server.sandbox} --yes", sure=sure)
    with connected(server) as control:
        control.here("DELETE", "/journal")
    document = {"sandbox": server.sandbox, "deleted": "journal"}
    write_done(f"journal of {server.sandbox} deleted", document, as_json=server.json)


def _nothing_found(server: ServerOptions, calls: int) -> str:
    if calls:
        lists = f"mockserver journal list -s {server.sandbox}"
        return f"no call of {calls:,} in {server.sandbox} matches; all of them: {lists}"
    return f"no calls in {server.sandbox}; send one: mockserver send VENDOR"


def _line(entry: Document) -> str:
    """Return the line of a call, with the time of day here."""
    at = datetime.fromisoformat(entry["at"]).astimezone()
    return f"{at:%H:%M:%S}  {shorten(str(entry['line']), 500)}"


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
