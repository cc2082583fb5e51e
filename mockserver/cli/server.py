"""Use a running server: the options that name it, calls of its control plane, completion, refusals."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote, unquote

import click

from mockserver.cli.options import (
    EXIT_NO_SERVER,
    EXIT_REFUSED,
    EXIT_USAGE,
    OUTPUT_FILE,
    Complete,
    fail,
    headers_option,
    nearest,
    option,
    own_option,
)
from mockserver.cli.output import shorten, write_json, write_lines
from mockserver.cli.settings import command_words, flag_of, place_of
from mockserver.model import Value
from mockserver.testing.http_call import (
    HttpReply,
    InvalidAddressError,
    NoResponseError,
    UntrustedCertificateError,
    query_string,
    send_request,
)

if TYPE_CHECKING:
    from mockserver.model import Document, Json

# codec.json and model are imported where a call is made: help and TAB need neither.

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8080"

TIMEOUT_S = 60.0
_PROBLEM = "application/problem+json"
_ABOUT_A_SANDBOX = re.compile(
    "mockserver (journal|send|scenario (list|apply|show|clear))( [^…]*)?(?<!--help)"
)
_NAME_IN_PATH = re.compile("/(?:scenarios|snapshots)/([^/]+)")
_CURES = {
    "unknown-entry": "mockserver journal list",
    "unknown-case": "mockserver cases list",
    "sandbox-exists": "mockserver sandbox list",
    "store-unavailable": "see that Redis or Valkey runs (redis-cli ping); the server then goes on by itself",
}
"""For the code of a refusal: what to do, such as the command that lists what exists."""

_COMPLETION_TIMEOUT_S = 0.5


class ServerOptions(Value, frozen=True):
    """The server and the sandbox of a command."""

    url: str
    sandbox: str = "default"
    json: bool = False
    """Whether to print JSON."""
    token: str = ""
    """Control token of the server, or ""."""


def server_options(command: F) -> F:
    @option("--json", "as_json", is_flag=True, help="Print JSON.")
    @option("--control-token", default="", metavar="TOKEN", help="Control token of the server.")
    @option(
        "-s",
        "--sandbox",
        default="default",
        metavar="NAME",
        shell_complete=complete_sandboxes,
        help="Sandbox of the server.",
    )
    @option("--url", default=DEFAULT_URL, metavar="URL", help="Address of the server.")
    @wraps(command)
    def run(*, url: str, sandbox: str, control_token: str, as_json: bool, **chosen: Any) -> Any:
        return command(server=ServerOptions(url.rstrip("/"), sandbox, as_json, control_token), **chosen)

    return run  # type: ignore[return-value] # click reads the keywords from the options


header_option = headers_option(help="Header to add or replace; may be repeated.")
secrets_option = own_option("--show-secrets", "secrets", is_flag=True, help="Print credentials unmasked.")
output_option = own_option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write to this file instead of standard output.",
)
sure_option = own_option("--yes", "sure", is_flag=True, help="Do not ask; required in scripts.")


class RefusedError(Exception):
    """The control plane refused a call. `problem` has the problem details."""

    def __init__(self, operation: str, status: int, problem: Document) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"status {status}"))
        self.operation, self.status, self.problem = operation, status, problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))

    @property
    def first_error(self) -> Document:
        errors = self.problem.get("errors") or [{}]
        return errors[0]  # type: ignore[no-any-return]


FAILURES = (RefusedError, NoResponseError)
"""Errors that a call of the control plane may raise."""


class ControlPlane(Value, frozen=True):
    """Client of a server's control plane `/_mock`, for the server and for one sandbox."""

    server: ServerOptions
    timeout_s: float = TIMEOUT_S

    def call(self, method: str, path: str, body: Json = None, /, **query: Json) -> Json:
        """Call an operation and return its JSON with exact decimals, or None for status 204.

        Raises RefusedError, NoResponseError.
        """
        from mockserver.codec import json

        content = None if body is None else json.encode(body)
        reply = self.fetch(method, path, content, **query)
        return None if reply.status == HTTPStatus.NO_CONTENT else self._decoded(reply)

    def here(self, method: str, below: str = "", body: Json = None, /, **query: Json) -> Json:
        return self.call(method, f"{self.path}{below}", body, **query)

    def fetch(self, method: str, path: str, content: bytes | None = None, /, **query: Json) -> HttpReply:
        """Call an operation with a raw body and return the raw response; omit a `query` value of "".

        Raises RefusedError, NoResponseError.
        """
        given = query_string({name: value for name, value in query.items() if value != ""})
        headers = {} if content is None else {"content-type": "application/json"}
        if self.server.token:
            headers["authorization"] = f"Bearer {self.server.token}"
        url = f"{self.server.url}/_mock{path}{given}"
        reply = send_request(method, url, headers, content, self.timeout_s)
        if reply.is_success:
            return reply
        if reply.media_type != _PROBLEM:
            raise NoResponseError(self.server.url, f"something else answers, with {reply.status}")
        raise RefusedError(f"{method} /_mock{path}", reply.status, self._decoded(reply))

    def newest_call(self) -> int:
        """Return the number of the newest call in the sandbox's journal, or 0."""
        calls = self.here("GET", "/journal", last=1)
        return int(calls[0]["number"]) if calls else 0

    @property
    def path(self) -> str:
        return sandbox_path(self.server.sandbox)

    def vendor_url(self, vendor: str) -> str:
        sandbox = "" if self.server.sandbox == "default" else f"/sandboxes/{quote(self.server.sandbox, '')}"
        return f"{self.server.url}{sandbox}/{quote(vendor, '')}"

    def _decoded(self, reply: HttpReply) -> Json:
        from mockserver.codec import json
        from mockserver.errors import MalformedBody

        try:
            return json.decode(reply.body)
        except MalformedBody:
            raise NoResponseError(self.server.url, "something else answers, not in JSON") from None


def sandbox_path(name: str) -> str:
    return f"/sandboxes/{quote(name, '')}"


@contextmanager
def connected(server: ServerOptions, timeout_s: float = TIMEOUT_S) -> Iterator[ControlPlane]:
    """Yield a client of the control plane. If a call of the client fails, end the command with a message.

    The exit status is 2 for a wrong option, 3 if no server answers, 4 if the server refuses the call.
    """
    control = ControlPlane(server, timeout_s)
    try:
        yield control
    except RefusedError as error:
        end_refused(control, error)
    except InvalidAddressError as error:
        end_without_address(server, error.url)
    except NoResponseError as error:
        end_unreachable(server, error)


def create_missing_sandbox(control: ControlPlane, *, is_silent: bool = False) -> None:
    """If the sandbox is missing, create it and, unless `is_silent`, print a note to stderr."""
    try:
        control.here("GET")
    except RefusedError as error:
        if error.code != "unknown-sandbox":
            raise
        control.call("POST", "/sandboxes", {"name": control.server.sandbox})
        if not is_silent:
            write_lines([f"sandbox {control.server.sandbox} created"], err=True)


def write_result(server: ServerOptions, document: Json, lines: Iterable[str], *, err: bool = False) -> None:
    """If JSON is requested, write the document; otherwise write the lines, to stderr if `err`."""
    if server.json:
        write_json(document)
    else:
        write_lines(lines, err=err)


def in_sandbox(server: ServerOptions, line: str) -> str:
    """Return the command `line`; add `-s SANDBOX` if `line` would otherwise use another sandbox."""
    is_named = server.sandbox == "default" or " -s " in line or "--sandbox" in line
    return line if is_named or not _ABOUT_A_SANDBOX.fullmatch(line) else f"{line} -s {server.sandbox}"


def end(server: ServerOptions, problem: Document, where: str, cure: str, status: int) -> NoReturn:
    if server.json:
        from mockserver.codec import json

        click.echo(json.encode({"type": "about:blank", **problem}).decode(), err=True)
        raise SystemExit(status)
    fail(str(problem["detail"]), where, in_sandbox(server, cure), status)


def end_usage(server: ServerOptions, code: str, detail: str, where: str, cure: str) -> NoReturn:
    end(server, {"title": "Wrong usage", "code": code, "detail": detail}, where, cure, EXIT_USAGE)


def end_unreachable(server: ServerOptions, error: NoResponseError) -> NoReturn:
    detail = f"no mockserver answers at {error.url}: {error}"
    where = _place(click.get_current_context(), server.url)[0]
    problem = {"title": "No server", "code": "no-server", "detail": detail}
    end(server, problem, where, _unreachable_cure(server.url, error), EXIT_NO_SERVER)


def _unreachable_cure(url: str, error: NoResponseError) -> str:
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
    given = server.url if text.startswith(server.url) else text
    detail = f"{shorten(given)} is not an http address"
    where = _place(click.get_current_context(), given)[0]
    end_usage(server, "no-address", detail, where, f"write {DEFAULT_URL}")


def end_refused(control: ControlPlane, error: RefusedError) -> NoReturn:
    """End with the server's refusal: exit 2 for status 400 (a malformed value), otherwise exit 4."""
    server, problem = control.server, {**error.problem, "detail": str(error)}
    subject = _SUBJECTS.get(error.code) or _SUBJECTS.get(_pointer(error))
    malformed = error.status == HTTPStatus.BAD_REQUEST
    if subject and not malformed:
        name = _unknown_name(control, error)
        known: list[str] = []
        with suppress(*FAILURES):
            known = subject.read(control, None)
        where, cure = _near(name, known, subject.lists)
        if error.code == "unknown-sandbox" and _can_be_created(name):
            creates = f"mockserver sandbox create {name}"
            cure = creates if cure == subject.lists else f"{cure}, or {creates}"
        end(server, problem, where, cure, EXIT_REFUSED)
    words, pointer = command_words(click.get_current_context()), _pointer(error)
    cure = str(error.first_error.get("try") or _CURES.get(error.code) or f"{words} --help")
    option = pointer.removeprefix("/query/")
    where = f"{words} --{option}" if option != pointer else f"{words}  {pointer}".rstrip()
    end(server, problem, where, cure, EXIT_USAGE if malformed else EXIT_REFUSED)


def _can_be_created(sandbox: str) -> bool:
    """Return whether `sandbox` is a valid name, and was given as `--sandbox`."""
    from mockserver.sandbox.sandboxes import SANDBOX_NAME

    chosen = click.get_current_context().params.get("sandbox")
    return sandbox == chosen and SANDBOX_NAME.fullmatch(sandbox) is not None


def end_unknown(server: ServerOptions, kind: str, name: str, known: Iterable[str], lists: str) -> NoReturn:
    """End with exit 4 at an unknown name; suggest the nearest known name, or the command `lists`."""
    code, detail = f"unknown-{kind.replace(' ', '-')}", f"there is no {kind} {shorten(name)}"
    problem = {"title": "Not Found", "code": code, "detail": detail}
    end(server, problem, *_near(name, known, lists), EXIT_REFUSED)


def check_sure(server: ServerOptions, line: str, *, sure: bool) -> None:
    """If not `sure` and standard input is no terminal, end with exit 2 and suggest the command `line`."""
    if not sure and not sys.stdin.isatty():
        detail = "this deletes data, and nobody confirmed it"
        end_usage(server, "not-sure", detail, "standard input is not a terminal", line)


def _near(name: str, known: Iterable[str], lists: str) -> tuple[str, str]:
    context = click.get_current_context()
    where, flag = _place(context, name)
    near = nearest(name, known)
    return where, f"{command_words(context)} {flag}{near}" if near else lists


def _place(context: click.Context, value: str) -> tuple[str, str]:
    given = ((one, context.params.get(one.name or "")) for one in context.command.params)
    named = (one for one, found in given if found == value or (isinstance(found, tuple) and value in found))
    param = next(named, None)
    if param is None:
        return shorten(value), ""
    return place_of(context, param, value), "" if isinstance(param, click.Argument) else f"{flag_of(param)} "


def _pointer(error: RefusedError) -> str:
    return str(error.first_error.get("pointer", ""))


def _unknown_name(control: ControlPlane, error: RefusedError) -> str:
    """Return the name that the server does not know: of a sandbox, in a filter, or in the call's path."""
    if error.code == "unknown-sandbox":
        return control.server.sandbox
    if option := _pointer(error).removeprefix("/query/"):
        return str(click.get_current_context().params.get(option) or "")
    match = _NAME_IN_PATH.search(error.operation)
    return unquote(match[1]) if match else ""


Read = Callable[[ControlPlane, str | None], list[str]]
"""Reader of names from a server. If names belong to vendors, the second argument can select a vendor."""


def _named(path: str, member: str = "name", *, here: bool = False) -> Read:
    def read(control: ControlPlane, _vendor: str | None) -> list[str]:
        listed = control.here("GET", path) if here else control.call("GET", path)
        return [str(one[member]) for one in listed]

    return read


def _of_vendors(member: str) -> Read:
    def read(control: ControlPlane, vendor: str | None) -> list[str]:
        vendors = [one for one in control.call("GET", "/vendors") if vendor in (None, "", one["name"])]
        return [name for one in vendors for name in one[member]]

    return read


def _newest_numbers(control: ControlPlane, _vendor: str | None) -> list[str]:
    return [str(one["number"]) for one in reversed(control.here("GET", "/journal", last=20))]


_sandboxes, _vendors = _named("/sandboxes"), _named("/vendors")
_scenarios, _snapshots = _named("/scenarios", here=True), _named("/snapshots", "id", here=True)
_operations = _of_vendors("operations")


class _Subject(NamedTuple):
    """A kind of named things on the server."""

    lists: str
    """The command that lists the things."""
    read: Read
    """Reader of the names."""


_SUBJECTS: Mapping[str, _Subject] = {
    "unknown-sandbox": _Subject("mockserver sandbox list", _sandboxes),
    "unknown-scenario": _Subject("mockserver scenario list", _scenarios),
    "unknown-snapshot": _Subject("mockserver sandbox snapshot --list", _snapshots),
    "/query/vendor": _Subject("mockserver vendors", _vendors),
    "/query/operation": _Subject("mockserver vendors", _operations),
}
"""Kinds of things, by code of a refusal or by JSON Pointer of a refusal's first error."""


def _completion(read: Read) -> Complete:
    def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        given = context.params
        server = ServerOptions(
            str(given.get("url") or DEFAULT_URL).rstrip("/"),
            str(given.get("sandbox") or "default"),
            token=str(given.get("control_token") or ""),
        )
        try:
            names = read(ControlPlane(server, _COMPLETION_TIMEOUT_S), given.get("vendor"))
        except FAILURES:
            return []
        return [name for name in names if name.startswith(begun)]

    return complete


complete_sandboxes = _completion(_sandboxes)
complete_vendors = _completion(_vendors)
complete_operations = _completion(_operations)
complete_batches = _completion(_of_vendors("batches"))
complete_scenarios = _completion(_scenarios)
complete_packaged = _completion(_named("/scenarios"))
complete_snapshots = _completion(_snapshots)
complete_numbers = _completion(_newest_numbers)
complete_cases = _completion(_named("/cases", "id"))
