"""End a command that a server refused or that found no server: message, place, cure and exit status."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple, NoReturn
from urllib.parse import unquote

import click

from mockserver.cli.failure.places import command_words, flag_of, place_of
from mockserver.cli.failure.suggestions import nearest
from mockserver.cli.options import EXIT_NO_SERVER, EXIT_REFUSED, EXIT_USAGE, fail
from mockserver.cli.remote.control_plane import (
    FAILURES,
    ControlPlane,
    RefusedError,
    ServerUnreachableError,
    UntrustedCertificateError,
)
from mockserver.cli.remote.outcome_lines import shorten
from mockserver.cli.remote.server_options import DEFAULT_URL, ServerOptions
from mockserver.codec import json
from mockserver.model import Document, Json


def end(server: ServerOptions, problem: Document, where: str, cure: str, status: int) -> NoReturn:
    """End with a problem: three lines for people, problem details with `--json`."""
    if server.json:
        click.echo(json.encode({"type": "about:blank", **problem}).decode(), err=True)
        raise SystemExit(status)
    fail(str(problem["detail"]), where, cure, status)


def end_unreachable(server: ServerOptions, error: ServerUnreachableError) -> NoReturn:
    """End because no server answers; exit 3."""
    detail = f"no mockserver answers at {error.url}: {error}"
    where = _place(click.get_current_context(), server.url)[0]
    problem = {"title": "No server", "code": "no-server", "detail": detail}
    end(server, problem, where, _unreachable_cure(server.url, error), EXIT_NO_SERVER)


def _unreachable_cure(url: str, error: ServerUnreachableError) -> str:
    words = command_words(click.get_current_context())
    if isinstance(error, UntrustedCertificateError):
        return f"SSL_CERT_FILE=PATH {words} …, with the CA file that mockserver run --tls printed"
    if url == DEFAULT_URL:
        return (
            f"mockserver run, or MOCKSERVER_URL=http://127.0.0.1:PORT {words} … for a server at another port"
        )
    port = url.rpartition(":")[2]
    return f"mockserver run --port {port}" if port.isdecimal() else "mockserver run"


def end_without_address(server: ServerOptions, text: str) -> NoReturn:
    """End because an address is not one; exit 2."""
    given = server.url if text.startswith(server.url) else text
    problem = {
        "title": "Wrong usage",
        "code": "no-address",
        "detail": f"{shorten(given)} is not an http address",
    }
    where = _place(click.get_current_context(), given)[0]
    end(server, problem, where, f"write {DEFAULT_URL}", EXIT_USAGE)


def end_refused(control: ControlPlane, error: RefusedError) -> NoReturn:
    """End because the server refused; exit 4, or 2 where the value of an option is malformed."""
    server, problem = control.server, {**error.problem, "detail": str(error)}
    subject = _SUBJECTS.get(error.code) or _SUBJECTS.get(_pointer(error))
    malformed = error.status == HTTPStatus.BAD_REQUEST
    if subject and not malformed:
        name = _unknown_name(control, error)
        where, cure = _near(name, _names(control, subject), subject.lists)
        if error.code == "unknown-sandbox" and _can_be_created(name):
            creates = f"mockserver sandbox create {name}"
            cure = creates if cure == subject.lists else f"{cure}, or {creates}"
        end(server, problem, where, cure, EXIT_REFUSED)
    words = command_words(click.get_current_context())
    cure = str(error.first_error.get("try") or _CURES.get(error.code) or f"{words} --help")
    end(server, problem, _where(error, words), cure, EXIT_USAGE if malformed else EXIT_REFUSED)


def _can_be_created(sandbox: str) -> bool:
    """Return whether the sandbox is one to work in (`--sandbox`), by a name that a sandbox may have."""
    from mockserver.sandbox.sandboxes import SANDBOX_NAME  # noqa: PLC0415 - slow

    chosen = click.get_current_context().params.get("sandbox")
    return sandbox == chosen and SANDBOX_NAME.fullmatch(sandbox) is not None


def end_unknown(server: ServerOptions, kind: str, name: str, known: Iterable[str], lists: str) -> NoReturn:
    """End because there is nothing of that name; suggest the nearest of those `known`. Exit 4."""
    code, detail = f"unknown-{kind.replace(' ', '-')}", f"there is no {kind} {shorten(name)}"
    problem = {"title": "Not Found", "code": code, "detail": detail}
    end(server, problem, *_near(name, known, lists), EXIT_REFUSED)


def check_sure(server: ServerOptions, line: str, *, sure: bool) -> None:
    """End with exit 2 unless the user types this at a terminal, or is `sure`; `line` is what to type."""
    if not sure and not sys.stdin.isatty():
        problem = {
            "title": "Wrong usage",
            "code": "not-sure",
            "detail": "this deletes data, and nobody confirmed it",
        }
        end(server, problem, "standard input is not a terminal", line, EXIT_USAGE)


def _near(name: str, known: Iterable[str], lists: str) -> tuple[str, str]:
    """Return where a name was given, and the line with the nearest known name, else what `lists` them."""
    context = click.get_current_context()
    where, flag = _place(context, name)
    near = nearest(name, known)
    return where, f"{command_words(context)} {flag}{near}" if near else lists


def _place(context: click.Context, value: str) -> tuple[str, str]:
    """Return where a value was given, and the flag to give it by, "" for an argument."""
    params = (one for one in context.command.params if _has(context.params.get(one.name or ""), value))
    param = next(params, None)
    if param is None:
        return shorten(value), ""
    return place_of(context, param, value), "" if isinstance(param, click.Argument) else f"{flag_of(param)} "


def _has(given: object, name: str) -> bool:
    return given == name or (isinstance(given, tuple) and name in given)


def _pointer(error: RefusedError) -> str:
    return str(error.first_error.get("pointer", ""))


def _where(error: RefusedError, words: str) -> str:
    option = _pointer(error).removeprefix("/query/")
    return f"{words} --{option}" if option != _pointer(error) else f"{words}  {_pointer(error)}".rstrip()


def _unknown_name(control: ControlPlane, error: RefusedError) -> str:
    """Return the name that the server does not know: the sandbox's, a filter's, or the last in the path."""
    if error.code == "unknown-sandbox":
        return control.server.sandbox
    if option := _pointer(error).removeprefix("/query/"):
        return str(click.get_current_context().params.get(option) or "")
    found = _NAME_IN_PATH.search(error.operation)
    return unquote(found[1]) if found else ""


def _names(control: ControlPlane, subject: _Subject) -> list[str]:
    with suppress(*FAILURES):
        return [str(name) for name in subject.read(control)]
    return []


_NAME_IN_PATH = re.compile("/(?:scenarios|snapshots)/([^/]+)")


class _Subject(NamedTuple):
    """Things with names: the command that lists them, and how to read the names."""

    lists: str
    read: Callable[[ControlPlane], Iterable[Json]]


_SUBJECTS: Mapping[str, _Subject] = {
    "unknown-sandbox": _Subject(
        "mockserver sandbox list", lambda control: [one["name"] for one in control.call("GET", "/sandboxes")]
    ),
    "unknown-scenario": _Subject(
        "mockserver scenario list", lambda control: [one["name"] for one in control.here("GET", "/scenarios")]
    ),
    "unknown-snapshot": _Subject(
        "mockserver sandbox snapshot --list",
        lambda control: [one["id"] for one in control.here("GET", "/snapshots")],
    ),
    "/query/vendor": _Subject(
        "mockserver vendors", lambda control: [one["name"] for one in control.call("GET", "/vendors")]
    ),
    "/query/operation": _Subject(
        "mockserver vendors",
        lambda control: [name for one in control.call("GET", "/vendors") for name in one["operations"]],
    ),
}
"""By code of the refusal, or pointer."""

_CURES = {
    "unknown-entry": "mockserver journal list",
    "unknown-case": "mockserver cases list",
    "sandbox-exists": "mockserver sandbox list",
}
"""By code: a command that shows what there is."""
