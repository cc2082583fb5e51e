"""End a command that a server refused or that found no server: message, place, cure and exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from http import HTTPStatus
from typing import NoReturn

import click

from mockserver.cli.control_plane import ControlPlane, RefusedError, ServerUnreachableError
from mockserver.cli.options import EXIT_NO_SERVER, EXIT_REFUSED, EXIT_USAGE, fail
from mockserver.cli.outcome_lines import shorten
from mockserver.cli.server_options import DEFAULT_URL, ServerOptions
from mockserver.codec import json
from mockserver.model import Document

_MAX_CHOICES = 10


def end(server: ServerOptions, problem: Document, where: str, cure: str, status: int) -> NoReturn:
    """End with a problem: three lines for people, problem details with `--json`."""
    if server.json:
        click.echo(json.encode({"type": "about:blank", **problem}).decode(), err=True)
        raise SystemExit(status)
    fail(str(problem["detail"]), where, cure, status)


def end_unreachable(server: ServerOptions, error: ServerUnreachableError) -> NoReturn:
    """End because no server answers; exit 3."""
    detail = f"no mockserver answers at {error.url}: {error}"
    port = server.url.rpartition(":")[2]
    starts = f"mockserver run --port {port}" if port.isdecimal() else "mockserver run"
    where = "--url (the default)" if server.url == DEFAULT_URL else f"--url {server.url}"
    problem = {"title": "No server", "code": "no-server", "detail": detail}
    end(server, problem, where, starts, EXIT_NO_SERVER)


def end_without_address(server: ServerOptions, text: str) -> NoReturn:
    """End because an address is not one; exit 2."""
    given = server.url if text.startswith(server.url) else text
    problem = {
        "title": "Wrong usage",
        "code": "no-address",
        "detail": f"{shorten(given)} is not an http address",
    }
    end(server, problem, "--url" if given == server.url else "--to", f"write {DEFAULT_URL}", EXIT_USAGE)


def end_refused(control: ControlPlane, error: RefusedError) -> NoReturn:
    """End because the server refused; exit 4, or 2 where the value of an option is malformed."""
    pointer = str(error.first_error.get("pointer", ""))
    malformed = error.status == HTTPStatus.BAD_REQUEST
    where, cure = _place(control, error, pointer), _cure(control, error)
    problem = {**error.problem, "detail": str(error)}
    end(control.server, problem, where, cure, EXIT_USAGE if malformed else EXIT_REFUSED)


def end_unknown(server: ServerOptions, kind: str, name: str, known: Iterable[str], lists: str) -> NoReturn:
    """End because there is nothing of that name; suggest the nearest of those `known`. Exit 4."""
    names = list(known)
    problem = {
        "title": "Not found",
        "code": f"unknown-{kind}",
        "detail": f"there is no {kind} {shorten(name)}",
    }
    end(server, problem, shorten(name), near_names(name, names) or lists, EXIT_REFUSED)


def check_sure(server: ServerOptions, line: str, *, sure: bool) -> None:
    """End with exit 2 unless the user types this at a terminal, or is `sure`; `line` is what to type."""
    if not sure and not sys.stdin.isatty():
        problem = {
            "title": "Wrong usage",
            "code": "not-sure",
            "detail": "this deletes data, and nobody confirmed it",
        }
        end(server, problem, "standard input is not a terminal", line, EXIT_USAGE)


def near_names(name: str, known: Iterable[str]) -> str:
    """Return the name that is nearest, else all if they are few, else ""."""
    names = list(known)
    near = get_close_matches(name, names, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(names)}" if 0 < len(names) <= _MAX_CHOICES else ""


def _place(control: ControlPlane, error: RefusedError, pointer: str) -> str:
    if error.code in ("unknown-sandbox", "sandbox-exists"):
        return f"--sandbox {control.server.sandbox} of {control.server.url}"
    if pointer.startswith("/query/"):
        return "--" + pointer.removeprefix("/query/")
    return f"{pointer}  of {error.operation}" if pointer else error.operation


def _cure(control: ControlPlane, error: RefusedError) -> str:
    if told := error.first_error.get("try"):
        return str(told)
    names = _names(control, error.code)
    wanted = _wanted(control, error)
    lists = _LISTS.get(error.code, ("mockserver --help", None))[0]
    return near_names(wanted, names) or lists


def _wanted(control: ControlPlane, error: RefusedError) -> str:
    """Return the name in the path that the server does not know."""
    return control.server.sandbox if error.code == "unknown-sandbox" else error.operation.split("/")[-1]


def _names(control: ControlPlane, code: str) -> list[str]:
    read = _LISTS.get(code, ("", None))[1]
    if read is None:
        return []
    with suppress(RefusedError, ServerUnreachableError):
        return read(control)
    return []


_LISTS: Mapping[str, tuple[str, Callable[[ControlPlane], list[str]] | None]] = {
    "unknown-sandbox": (
        "mockserver sandbox list",
        lambda control: [str(one["name"]) for one in control.call("GET", "/sandboxes")],
    ),
    "unknown-scenario": (
        "mockserver scenario list",
        lambda control: [str(one["name"]) for one in control.here("GET", "/scenarios")],
    ),
    "unknown-snapshot": (
        "mockserver sandbox snapshot --list",
        lambda control: [str(one["id"]) for one in control.here("GET", "/snapshots")],
    ),
    "unknown-entry": ("mockserver journal list", None),
    "sandbox-exists": ("another name, or mockserver sandbox reset", None),
}
"""By code: the command that lists what there is, and how to read the names."""
