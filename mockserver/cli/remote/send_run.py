"""Execute `mockserver send`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from mockserver.cli.options import EXIT_FINDINGS, EXIT_USAGE
from mockserver.cli.output import item_lines, shorten, write_json, write_lines
from mockserver.cli.remote.send_call import VendorCall, make_call
from mockserver.cli.send import SendOptions
from mockserver.cli.server import (
    ControlPlane,
    HttpReply,
    RefusedError,
    ServerOptions,
    ServerUnreachableError,
    connected,
    end,
    end_unknown,
    send_request,
)
from mockserver.model import Document

_CASE = re.compile("[a-z0-9-]{1,64}")
_STORED = ("created", "updated")
_MOST_ITEMS = 20
_MOST_BODY_LINES = 40


def send(server: ServerOptions, options: SendOptions) -> None:
    """Send a batch and print what became of each item."""
    with connected(server) as control:
        _check_vendor(control, options)
        is_case = _is_case(server, options)
        _create_missing_sandbox(control, options)
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


def _create_missing_sandbox(control: ControlPlane, options: SendOptions) -> None:
    """Create the sandbox if there is none of its name, as a call to the vendor does."""
    name = control.server.sandbox
    try:
        control.here("GET")
    except RefusedError as error:
        if error.code != "unknown-sandbox":
            raise
        control.call("POST", "/sandboxes", {"name": name})
        if not options.quiet:
            write_lines([f"sandbox {name} created"], err=True)


def _is_case(server: ServerOptions, options: SendOptions) -> bool:
    """Return whether the source names a case; end with exit 2 if it is neither that nor a file."""
    source = options.source
    if source in ("", "-") or Path(source).is_file():
        return False
    if not _CASE.fullmatch(source):
        detail = f"there is no file {shorten(source)}, and it is not the name of a case"
        problem = {"title": "Wrong usage", "code": "no-file", "detail": detail}
        end(server, problem, shorten(source), "mockserver cases list", EXIT_USAGE)
    return True


def _run_case(control: ControlPlane, options: SendOptions) -> None:
    """Run a case of the catalogue in the sandbox; exit 1 if it comes out otherwise."""
    verdict = control.here("POST", f"/cases/{options.source}/run", {"vendor": options.vendor})
    if control.server.json:
        write_json(verdict)
    else:
        for number in verdict["calls"]:
            write_lines(_entry_lines(control.here("GET", f"/journal/{number}"), ()))
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
            write_lines(_entry_lines(entry, call.amounts) if "line" in entry else _reply_lines(entry))
        if "number" in sent[-1]:
            write_lines([_where_to_look(control, sent[-1]["number"])], err=True)


def _where_to_look(control: ControlPlane, number: int) -> str:
    """Return where the call is shown: its page in the console, and its command."""
    option = _in_sandbox(control)
    page = f"{control.server.url}/_console/x/{number}{f'?sandbox={control.server.sandbox}' if option else ''}"
    return f"look: {page}     or mockserver journal show {number}{option}"


def _send_once(control: ControlPlane, call: VendorCall) -> Document:
    """Return the call's entry in the journal, or the bare answer of another server."""
    before = 0 if call.elsewhere else _newest(control)
    try:
        reply = send_request(call.method, call.url, call.headers, call.body)
    except ServerUnreachableError as error:
        if call.elsewhere:
            raise
        return _entry_of_lost_answer(control, error, before)
    number = reply.headers.get("mock-journal", "")
    if call.elsewhere or not number.isdecimal():
        return _bare(call, reply)
    entry: Document = control.here("GET", f"/journal/{number}")
    return entry


def _entry_of_lost_answer(control: ControlPlane, error: ServerUnreachableError, before: int) -> Document:
    number = _newest(control)
    if number <= before:
        raise error
    entry: Document = control.here("GET", f"/journal/{number}")
    return entry


def _newest(control: ControlPlane) -> int:
    found = control.here("GET", "/journal", last=1)
    return int(found[0]["number"]) if found else 0


def _bare(call: VendorCall, reply: HttpReply) -> Document:
    return {
        "method": call.method,
        "url": call.url,
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": reply.body.decode(errors="replace"),
    }


def _entry_lines(entry: Document, amounts: tuple[str, ...]) -> Iterator[str]:
    yield shorten(str(entry["line"]), 400)
    yield from item_lines(entry["decided"], amounts, _MOST_ITEMS)


def _reply_lines(answer: Document) -> Iterator[str]:
    yield f"{answer['method']} {shorten(answer['url'], 200)} {answer['status']}"
    lines = answer["body"].splitlines()
    yield from (f"  {shorten(line, 2000)}" for line in lines[:_MOST_BODY_LINES])
    if lines[_MOST_BODY_LINES:]:
        yield f"  … {len(lines) - _MOST_BODY_LINES:,} more lines: --json"


def _in_sandbox(control: ControlPlane) -> str:
    return "" if control.server.sandbox == "default" else f" -s {control.server.sandbox}"
