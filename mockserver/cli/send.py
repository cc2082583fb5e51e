"""The command `mockserver send`: send a batch to a vendor, and print the outcome of each item."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver import MAX_ITEMS, __version__
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_FINDINGS, own_option
from mockserver.cli.output import call_line, item_lines, shorten, write_json, write_lines
from mockserver.cli.server import (
    TIMEOUT_S,
    ControlPlane,
    RefusedError,
    ServerOptions,
    complete_batches,
    complete_cases,
    complete_vendors,
    connected,
    create_missing_sandbox,
    end_unknown,
    end_usage,
    header_option,
    sandbox_path,
    server_options,
)
from mockserver.model import Value
from mockserver.testing.http_call import NoResponseError, send_request

if TYPE_CHECKING:
    from mockserver.model import Document

_CASE = re.compile("[a-z0-9-]{1,64}")
_STORED = ("created", "updated")
_MOST_ITEMS = 20
_MOST_BODY_LINES = 40
_FEW, _MANY = 100, 10_000
_NO_EXAMPLE = "no-example"
_DEFAULT_KEY_HEADER = "Idempotency-Key"


class SendOptions(Value, frozen=True):
    vendor: str
    source: str
    """A file, `-` for standard input, a case of the catalogue, or "" for an example."""
    operation: str
    items: int
    bad: int | None
    """Number of bad items; None lets the command choose."""
    first: int | None
    """Serial number of the first item; None lets the command choose."""
    key: str
    """Idempotency key, or ""."""
    headers: Mapping[str, str]
    repeat: int
    to: str
    """Address of the vendor at another server, or ""."""
    curl: bool
    dry_run: bool
    quiet: bool


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("vendor", shell_complete=complete_vendors)
@click.argument("source", metavar="[FILE|-|CASE]", default="", shell_complete=complete_cases)
@own_option("--operation", default="", shell_complete=complete_batches, help="Batch operation.")
@own_option(
    "--items", default=3, type=click.IntRange(1, MAX_ITEMS), show_default=True, help="Number of items."
)
@own_option("--bad", type=click.IntRange(0, MAX_ITEMS), help="Number of bad items.  [default: 1]")
@own_option("--first", type=click.IntRange(0), help="Number of the first item.  [default: one not used yet]")
@own_option("--key", default="", help="Idempotency key to send.")
@header_option
@own_option("--repeat", default=1, type=click.IntRange(1, 1000), help="Send the same bytes this many times.")
@own_option(
    "--to", default="", metavar="URL", help="Send to this address of the vendor, below which its paths begin."
)
@own_option("--curl", is_flag=True, help="Print a curl command instead of sending.")
@own_option("--dry-run", is_flag=True, help="Print the request instead of sending.")
@own_option("-q", "--quiet", is_flag=True, help="Print only the keys of stored items, on one line.")
@server_options
def send(*, server: ServerOptions, **chosen: Any) -> None:
    """Send an example, a FILE or a case to VENDOR, and print the outcome of each item.

    Without FILE and CASE, send an example with accepted and rejected items. With a CASE of the catalogue, run
    the case in the sandbox and check its expectations.

    \b
    mockserver send VENDOR
    mockserver send VENDOR --items 5 --bad 2 --curl
    mockserver send VENDOR batch.json --repeat 2
    """
    options = SendOptions(**chosen)
    with connected(server) as control:
        _check_vendor(control, options)
        is_case = _is_case(server, options)
        create_missing_sandbox(control, is_silent=options.quiet)
        if is_case:
            _run_case(control, options)
            return
        call = make_call(control, options)
        if options.curl:
            click.echo(call.curl(), nl=False)
        elif options.dry_run:
            click.echo(call.text())
        else:
            _send_all(control, options, call)


def _check_vendor(control: ControlPlane, options: SendOptions) -> None:
    vendors = {str(one["name"]): one for one in control.call("GET", "/vendors")}
    if options.vendor not in vendors:
        end_unknown(control.server, "vendor", options.vendor, vendors, "mockserver vendors")
    batches = vendors[options.vendor]["batches"]
    if options.operation and options.operation not in batches:
        end_unknown(
            control.server, "batch operation", options.operation, batches, f"mockserver send {options.vendor}"
        )


def _is_case(server: ServerOptions, options: SendOptions) -> bool:
    """Return whether the source may be a case's name. If it is neither that nor a file, end with exit 2."""
    source = options.source
    if source in ("", "-") or Path(source).is_file():
        return False
    if not _CASE.fullmatch(source):
        detail = f"there is no file {shorten(source)}, and it is not the name of a case"
        end_usage(server, "no-file", detail, shorten(source), "mockserver cases list")
    return True


def _run_case(control: ControlPlane, options: SendOptions) -> None:
    verdict = control.here("POST", f"/cases/{options.source}/run", {"vendor": options.vendor})
    if control.server.json:
        write_json(verdict)
    else:
        for number in verdict["calls"]:
            write_lines(_entry_lines(control.here("GET", f"/journal/{number}")))
        passed = "passed" if verdict["passed"] else "failed"
        write_lines([f"{verdict['id']}  {verdict['vendor']}  {passed}", *map(shorten, verdict["says"])])
    if not verdict["passed"]:
        raise SystemExit(EXIT_FINDINGS)


def _send_all(control: ControlPlane, options: SendOptions, call: VendorCall) -> None:
    sent = [_send_once(control, call) for _ in range(options.repeat)]
    if control.server.json:
        write_json(sent if options.repeat > 1 else sent[0])
    elif options.quiet:
        stored = [
            one["key"] for entry in sent for one in entry.get("decided", ()) if one["action"] in _STORED
        ]
        write_lines([" ".join(map(shorten, stored))] if stored else [])
    else:
        for entry in sent:
            write_lines(_entry_lines(entry) if "line" in entry else _reply_lines(entry))
        if "number" in sent[-1]:
            write_lines([_where_to_look(control, sent[-1]["number"])], err=True)


def _where_to_look(control: ControlPlane, number: int) -> str:
    """Return a line that names the call's page in the console, and the command that shows the call."""
    name = control.server.sandbox
    query, option = ("", "") if name == "default" else (f"?sandbox={name}", f" -s {name}")
    page = f"{control.server.url}/_console/x/{number}{query}"
    return f"look: {page}     or mockserver journal show {number}{option}"


def _send_once(control: ControlPlane, call: VendorCall) -> Document:
    """Send the call and return its journal entry or, if the answer names no entry, the bare answer.

    Raises NoResponseError: there is no answer, and the journal has no new call.
    """
    before = 0 if call.elsewhere else control.newest_call()
    try:
        reply = send_request(call.method, call.url, call.headers, call.body, TIMEOUT_S)
    except NoResponseError:
        # The answer may be lost after the call was recorded.
        number = 0 if call.elsewhere else control.newest_call()
        if number <= before:
            raise
    else:
        header = reply.headers.get("mock-journal", "")
        if call.elsewhere or not header.isdecimal():
            return {
                "method": call.method,
                "url": call.url,
                "status": reply.status,
                "headers": dict(reply.headers),
                "body": reply.body.decode(errors="replace"),
            }
        number = int(header)
    entry: Document = control.here("GET", f"/journal/{number}")
    return entry


def _entry_lines(entry: Document) -> Iterator[str]:
    yield call_line(entry)
    yield from item_lines(entry["decided"], _MOST_ITEMS)


def _reply_lines(answer: Document) -> Iterator[str]:
    yield f"{answer['method']} {shorten(answer['url'], 200)} {answer['status']}"
    lines = answer["body"].splitlines()
    yield from (f"  {shorten(line, 2000)}" for line in lines[:_MOST_BODY_LINES])
    if lines[_MOST_BODY_LINES:]:
        yield f"  … {len(lines) - _MOST_BODY_LINES:,} more lines: --json"


class VendorCall(Value, frozen=True):
    method: str
    url: str
    headers: Mapping[str, str]
    """Headers, with names in lower case."""
    body: bytes
    elsewhere: bool = False
    """Whether the call is sent to an address other than the server's."""

    def curl(self) -> str:
        from mockserver.codec.curl import curl_command, shell_quote

        return curl_command(self.method, shell_quote(self.url.encode()), self.headers, self.body)

    def text(self) -> str:
        head = [f"{self.method} {self.url}", *(f"{name}: {text}" for name, text in self.headers.items())]
        return "\n".join([*head, "", self.body.decode(errors="backslashreplace")])


def make_call(control: ControlPlane, options: SendOptions) -> VendorCall:
    """Return the call for the options. Raises RefusedError: the server has no example for the options."""
    if options.source:
        body = sys.stdin.buffer.read() if options.source == "-" else Path(options.source).read_bytes()
        example = _call_without_items(control, options)
    else:
        example = _own_example(control, options)
        body = example["body"].encode()
    headers = {"user-agent": f"mockserver/{__version__}", **example["headers"], **_added(control, options)}
    return VendorCall(
        str(example["method"]),
        f"{options.to.rstrip('/') or control.vendor_url(options.vendor)}{example['path']}",
        headers,
        body,
        elsewhere=bool(options.to),
    )


def _call_without_items(control: ControlPlane, options: SendOptions) -> Document:
    """Return method, path and headers of an example or, if there is none, of an operation in the spec."""
    try:
        with _other_sandbox(control) as path:
            # An example may store records that its items refer to, but the user sends other items.
            return _example(control, path, options, items=1, bad=0, first=1)
    except RefusedError as error:
        found = None
        if error.code == _NO_EXAMPLE:
            found = find_declared_call(control, options.vendor, options.operation)
        if found is None:
            raise
        return found


def _own_example(control: ControlPlane, options: SendOptions) -> Document:
    """Return an example with new keys.

    Without --bad, the example has one bad item, or no bad item if --items is 1 or the vendor has no example
    with a bad item.
    """
    calls = int(control.here("GET")["calls"])
    # The first numbers of two examples are `stride` apart, so that all items differ.
    stride = _FEW if options.items <= _FEW else _MANY
    first = calls * stride + 1 if options.first is None else options.first
    bad = min(1, options.items - 1) if options.bad is None else options.bad
    try:
        return _example(control, control.path, options, items=options.items, bad=bad, first=first)
    except RefusedError as error:
        if error.code != _NO_EXAMPLE or options.bad is not None or not bad:
            raise
        write_lines([f"no example with a bad item: {error}"], err=True)
        return _example(control, control.path, options, items=options.items, bad=0, first=first)


def _example(control: ControlPlane, path: str, options: SendOptions, **numbers: int) -> Document:
    wanted = {"vendor": options.vendor, "operation": options.operation, **numbers}
    found: Document = control.call("POST", f"{path}/examples", wanted)
    return found


@contextmanager
def _other_sandbox(control: ControlPlane) -> Iterator[str]:
    name = f"send-{os.getpid()}"
    control.call("POST", "/sandboxes", {"name": name})
    try:
        yield sandbox_path(name)
    finally:
        control.call("DELETE", sandbox_path(name))


def _added(control: ControlPlane, options: SendOptions) -> dict[str, str]:
    key = {}
    if options.key:
        header = read_spec(control, options.vendor).get("x-idempotency-header")
        key = {str(header or _DEFAULT_KEY_HEADER): options.key}
    return {name.lower(): text for name, text in {**key, **options.headers}.items()}


def read_spec(control: ControlPlane, vendor: str) -> Document:
    from mockserver.codec import json
    from mockserver.errors import MalformedBody

    reply = send_request("GET", f"{control.server.url}/{vendor}/openapi.json", {}, None, TIMEOUT_S)
    try:
        document = json.decode(reply.body)
    except MalformedBody:
        return {}
    return document if isinstance(document, dict) else {}


def find_declared_call(control: ControlPlane, vendor: str, operation: str) -> Document | None:
    """Return method, path and headers of the batch operation with the id `operation`.

    If `operation` is "", use the first batch operation. Skip operations whose path has parameters. If no
    operation remains, return None.
    """
    from mockserver.codec.http import JSON_TYPE, is_json_type, sent_type
    from mockserver.spec.openapi import METHODS, resolve

    document = read_spec(control, vendor)
    for path, method in product(document.get("paths", {}), METHODS):
        node = document["paths"][path].get(method, {})
        if "x-batch" in node and operation in ("", node.get("operationId")) and "{" not in path:
            body = resolve(document, node.get("requestBody", {}))
            named = list(body.get("content", {})) or [JSON_TYPE]
            media = sent_type(next(filter(is_json_type, named), named[0]))
            headers = control.call("GET", f"/vendors/{vendor}/access")["headers"]
            return {"method": method.upper(), "path": path, "headers": {**headers, "content-type": media}}
    return None
