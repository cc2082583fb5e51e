"""The commands `mockserver journal …`: show, repeat, export and check recorded calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from itertools import islice
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from mockserver.cli.journal_ledger import LISTED, write_ledger
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    EXIT_REFUSED,
    InvalidValueError,
    own_option,
    shown,
)
from mockserver.cli.output import (
    SIGNS,
    call_line,
    difference_lines,
    ended_lines,
    entry_lines,
    history_lines,
    replay_lines,
    shorten,
    verdict_lines,
    write_lines,
)
from mockserver.cli.server import (
    ControlPlane,
    RefusedError,
    ServerOptions,
    check_sure,
    complete_numbers,
    complete_operations,
    complete_sandboxes,
    complete_scenarios,
    complete_vendors,
    connected,
    end,
    end_unknown,
    end_usage,
    header_option,
    in_sandbox,
    output_option,
    secrets_option,
    server_options,
    sure_option,
    write_result,
)
from mockserver.journal.export import formats
from mockserver.testing.http_call import HttpReply
from mockserver.testing.ledger import BAD, figure_words

if TYPE_CHECKING:
    from mockserver.model import Document, Json

_MAX_LAST = 10_000

F = TypeVar("F", bound=Callable[..., Any])

Filters = Mapping[str, str]
"""Values of query parameters that filter the journal."""

_STATUS = re.compile("[1-5]xx|[1-5][0-9]{2}|none")
_FILTERS = ("vendor", "operation", "method", "status", "outcome", "item", "scenario", "since", "fault")

_CHECKED = {figure: f"none-{figure}" for figure in (*BAD, "refused", "unanswered")}
"""Flags of `check` by figure of the ledger."""

FORMATS = tuple(name for name, form in formats.FORMATS.items() if not form.of_one_call)
_NOT_VERIFIED = ("not-verified", "not-kept")
_UNEXPORTABLE = ("not-reproducible", "not-kept")
_ASK_FOR_SECRETS = "secrets=shown"
"""Query that refusals of the control plane recommend. The command recommends `--show-secrets` instead."""


def _status(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if text and not _STATUS.fullmatch(text):
        raise InvalidValueError(f"expected 207, 4xx or none, found {shown(text)}", text, "4xx")
    return text


def _since(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    from mockserver.codec.instants import parse_duration, parse_instant

    if not text or text.isdecimal():
        return text
    for read in (parse_duration, parse_instant):
        with suppress(ValueError):
            read(text)
            return text
    what = f"expected 10m, 17 or 2026-01-05T09:00:00Z, found {shown(text)}"
    raise InvalidValueError(what, text, "10m")


_OPTIONS = (
    own_option("--vendor", default="", shell_complete=complete_vendors, help="Calls of this vendor."),
    own_option(
        "--operation", default="", shell_complete=complete_operations, help="Calls of this operation."
    ),
    own_option("--method", default="", help="Calls with this method."),
    own_option(
        "--status",
        default="",
        callback=_status,
        metavar="STATUS",
        help="Calls with this status or class of statuses (4xx); none: calls that got no answer.",
    ),
    own_option(
        "--outcome",
        type=click.Choice(tuple(SIGNS)),
        metavar="OUTCOME",
        help=f"Outcome of at least one item: {', '.join(SIGNS)}.",
    ),
    own_option("--item", default="", metavar="KEY", help="Calls that sent the item with this key."),
    own_option(
        "--scenario",
        default="",
        shell_complete=complete_scenarios,
        help="Calls changed by this scenario, or by one rule (SCENARIO/RULE).",
    ),
    own_option(
        "--since",
        default="",
        callback=_since,
        metavar="TIME",
        help="Calls since 10m ago (5s, 2h, 1d), after a call number, or since a time.",
    ),
    own_option("--fault", default="", help="Calls with this fault (any: with any fault)."),
)


_item_vendor_option = own_option(
    "--vendor", default="", shell_complete=complete_vendors, help="Items of this vendor."
)


def _figure_flags(flags: Mapping[str, str], text: str) -> Callable[[F], F]:
    """Add a flag for each figure, whose name is the name of the command's argument."""

    def add(command: F) -> F:
        for figure, flag in reversed(list(flags.items())):
            words = figure_words(figure)
            command = own_option(f"--{flag}", figure, is_flag=True, help=text.format(words))(command)
        return command

    return add


def filter_options(command: F) -> F:
    """Add the options that filter calls. The command gets the given filters as its argument `filters`."""

    @wraps(command)
    def run(**chosen: Any) -> Any:
        filters = {name: chosen.pop(name) for name in _FILTERS}
        return command(filters={name: text for name, text in filters.items() if text}, **chosen)

    for add in reversed(_OPTIONS):
        run = add(run)
    return run  # type: ignore[return-value] # click reads the keywords from the options


@click.group(context_settings=CONTEXT_SETTINGS)
def journal() -> None:
    """See, repeat, export and check the calls of a sandbox.

    \b
    mockserver journal tail --outcome rejected
    mockserver journal show 18 --body
    """


@journal.command("list", context_settings=CONTEXT_SETTINGS)
@_figure_flags(LISTED, "Instead of calls, list the items that were {}.")
@filter_options
@own_option(
    "--last", type=click.IntRange(1, _MAX_LAST), help="Maximum number of lines; for calls 100 by default."
)
@secrets_option
@server_options
def list_calls(
    *, server: ServerOptions, filters: Filters, last: int | None, secrets: bool, **flags: bool
) -> None:
    """Print a line for each call with its local time, oldest first.

    With --lost, --doubled, --phantom, --refused, --not-tried or --never-answered, print a line for each such
    item instead: key, end, money, calls and reason. Only --vendor and --item select items.

    \b
    mockserver journal list --lost --doubled
    mockserver journal list --status 4xx --since 10m
    mockserver journal list --item MS-1 --outcome created --json
    """
    if figures := [figure for figure, is_set in flags.items() if is_set]:
        _list_items(server, figures, filters, last)
        return
    with connected(server) as control:
        found = control.here("GET", "/journal", **filters, last=last, secrets="shown" if secrets else None)
        calls = 0 if found or not filters else int(control.here("GET")["calls"])
    lines = map(_line, found) if found else [_nothing_found(server, calls)]
    write_result(server, found, lines, err=not found)


@journal.command(context_settings=CONTEXT_SETTINGS)
@filter_options
@own_option(
    "--last",
    default=10,
    type=click.IntRange(0, _MAX_LAST),
    show_default=True,
    help="Begin with this many calls.",
)
@own_option("--max", "most", type=click.IntRange(1), help="End after this many lines.")
@own_option(
    "--interval", default=0.5, type=click.FloatRange(0), metavar="SECONDS", help="Time between two queries."
)
@server_options
def tail(*, server: ServerOptions, filters: Filters, last: int, most: int | None, interval: float) -> None:
    """Print a line with the local time for each of the newest calls, and for each new call until Ctrl-C.

    \b
    mockserver journal tail --vendor VENDOR --status 4xx
    mockserver journal tail --json | jq .outcomes
    """
    try:
        with connected(server) as control:
            for entry in islice(follow(control, filters, last, lambda: sleep(interval)), most):
                write_result(server, entry, map(_line, [entry]))
    except KeyboardInterrupt:
        return


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", required=False, type=click.IntRange(1), shell_complete=complete_numbers)
@own_option("--headers", is_flag=True, help="Print the headers of request and reply.")
@own_option("--body", "bodies", is_flag=True, help="Print the bodies of request and reply.")
@secrets_option
@server_options
def show(*, server: ServerOptions, number: int | None, headers: bool, bodies: bool, secrets: bool) -> None:
    """Print a call with its items; without NUMBER, the newest call.

    Print the call's request, envelope, items with pointers, rules and reply. NUMBER is in the call's log line
    and in the header Mock-Journal of its answer.

    \b
    mockserver journal show 18
    mockserver journal show --headers --body
    """
    with connected(server) as control:
        chosen = number or control.newest_call() or _end_without_calls(server)
        entry = control.here("GET", f"/journal/{chosen}", secrets="shown" if secrets else None)
    write_result(server, entry, entry_lines(entry, headers=headers, bodies=bodies))


@journal.command(context_settings=CONTEXT_SETTINGS)
@_item_vendor_option
@server_options
def summary(*, server: ServerOptions, vendor: str) -> None:
    """Print how many items were stored, refused, lost …, with their money, and the first bad items.

    \b
    mockserver journal summary
    mockserver journal summary --vendor VENDOR --json
    """
    write_ledger(server, BAD, vendor, is_check=False)


@journal.command(context_settings=CONTEXT_SETTINGS)
@_figure_flags(_CHECKED, "Fail if an item was {}.")
@own_option(
    "--told",
    type=click.File("r", encoding="utf-8-sig"),
    metavar="FILE",
    help="Keys of the items that the client reported as failed: a line each, CSV or JSON. Fail if an item is"
    " not stored and not in FILE.",
)
@_item_vendor_option
@server_options
def check(*, server: ServerOptions, vendor: str, told: Any, **flags: bool) -> None:
    """Check that no item was lost or created twice.

    Exit 1: the check failed; the items are printed, each with the reason. Without a flag, fail if an item was
    lost, doubled, or phantom (reported as stored, but not stored). Also fail if no item was sent, or if older
    calls are no longer stored. Lost is what the server did not store; only --told asks what the client said.

    \b
    mockserver journal check
    mockserver journal check --none-lost --none-refused
    mockserver journal check --told failed.csv
    """
    figures = [figure for figure, is_set in flags.items() if is_set]
    if not write_ledger(server, figures or BAD, vendor, is_check=True, told=told):
        raise SystemExit(EXIT_FINDINGS)


def _check_was_compared(control: ControlPlane) -> None:
    """End the command if the server has no shadow, or passed on none of the last calls."""
    calls = control.here("GET", "/journal", last=_MAX_LAST)
    has_none = any(
        one["setting"] == "shadow" and one["value"] == "no" for one in control.call("GET", "/settings")
    )
    if has_none or not any(one["forwardedTo"] for one in calls):
        problem = {"title": "Nothing compared", "code": "not-compared", "detail": "no call was compared"}
        cure = "mockserver run FILE --forward URL --shadow"
        end(control.server, problem, "mockserver journal differences", cure, EXIT_REFUSED)


@journal.command(context_settings=CONTEXT_SETTINGS)
@server_options
def differences(*, server: ServerOptions) -> None:
    """Print how the mock of `run --forward URL --shadow` would have answered otherwise; exit 1 if it would.

    For each kind of difference, print its number, what would settle it, and an example. Exit status 4 means
    that no call was compared.

    \b
    mockserver journal differences
    mockserver journal differences --json | jq '.[].cure'
    """
    with connected(server) as control:
        found = control.here("GET", "/differences")
        if not found:
            _check_was_compared(control)
    write_result(server, found, difference_lines(found) if found else [f"no differences in {server.sandbox}"])
    if found:
        raise SystemExit(EXIT_FINDINGS)


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("key")
@_item_vendor_option
@server_options
def item(*, server: ServerOptions, key: str, vendor: str) -> None:
    """Print the story of an item: all calls that sent the item.

    Print the call's time, the wait after the previous answer, the status, the item's outcome, what the answer
    said, whether the item was stored, faults, rules and problems. KEY is the key or name in the ledger.

    \b
    mockserver journal item MS-1
    mockserver journal item MS-1 --vendor VENDOR --json
    """
    with connected(server) as control:
        found = control.here("GET", "/journal/items", item=key, vendor=vendor)
        known = [] if found else control.here("GET", "/journal/items", vendor=vendor)
    if not found:
        end_unknown(server, "item", key, [str(one["key"]) for one in known], "mockserver journal list")
    write_result(server, found, (line for one in found for line in history_lines(one)))


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@server_options
def verify(*, server: ServerOptions, file: Any) -> None:
    """Check the numbers of recorded calls and items. Exit 1: a number is not as expected.

    FILE (- for standard input) has the expected numbers, in YAML or JSON, for example
    {"match": {"operation": "createBatch"}, "calls": 2, "items": {"created": {"min": 1}}}

    \b
    mockserver journal verify expected.yaml
    echo '{"calls": {"max": 3}}' | mockserver journal verify -
    """
    expected = _read(server, file)
    with connected(server) as control:
        try:
            control.here("POST", "/journal/verify", expected)
        except RefusedError as error:
            if error.code not in _NOT_VERIFIED:
                raise
            write_result(server, error.problem, verdict_lines(error.problem))
            raise SystemExit(EXIT_FINDINGS) from None
    write_result(server, {"verified": True}, ["verified"])


@journal.command(context_settings=CONTEXT_SETTINGS)
@sure_option
@server_options
def clear(*, server: ServerOptions, sure: bool) -> None:
    """Delete all calls of the sandbox; new calls get the next numbers.

    \b
    mockserver journal clear
    mockserver journal clear -s acme --yes
    """
    check_sure(server, f"mockserver journal clear -s {server.sandbox} --yes", sure=sure)
    with connected(server) as control:
        control.here("DELETE", "/journal")
    document = {"sandbox": server.sandbox, "deleted": "journal"}
    write_result(server, document, [f"journal of {server.sandbox} deleted"], err=True)


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", type=click.IntRange(1), shell_complete=complete_numbers)
@own_option(
    "--into",
    default="",
    metavar="SANDBOX",
    shell_complete=complete_sandboxes,
    help="Sandbox to send the call to; `fresh` creates a sandbox.  [default: the sandbox of the call]",
)
@own_option(
    "--to",
    default="",
    metavar="URL",
    help="Address of the vendor, below which its paths begin, to send the call to.",
)
@own_option(
    "--diff",
    "whole",
    is_flag=True,
    help="Print each difference; exit 1 if the status or an outcome differs.",
)
@header_option
@server_options
def replay(  # noqa: PLR0913 - click hands over one argument an option
    *, server: ServerOptions, number: int, into: str, to: str, whole: bool, headers: Mapping[str, str]
) -> None:
    """Send a recorded call again and print which items have another outcome.

    With --diff, print each difference, and exit with 1 if the status or an item's outcome differs. Ids, times
    and other values in the body do not change the exit status.

    \b
    mockserver journal replay 17 --diff
    mockserver journal replay 17 --into fresh
    """
    if into and to:
        raise click.UsageError("a call is replayed --into a sandbox or --to an address")
    body = {"into": into, "to": to, "headers": dict(headers)}
    with connected(server) as control:
        wanted = {name: value for name, value in body.items() if value}
        found = control.here("POST", f"/journal/{number}/replay", wanted)
    write_result(server, found, replay_lines(found, whole=whole))
    if found["withheld"]:
        names = ", ".join(found["withheld"])
        write_lines([f"not sent to another address: {names}; give them with --header"], err=True)
    if whole and not found["difference"]["same"]:
        raise SystemExit(EXIT_FINDINGS)


def _format_flags(command: F) -> F:
    for name in reversed(FORMATS):
        command = own_option(f"--{name}", "form", flag_value=name, help=f"The same as --format {name}.")(
            command
        )
    return command


@journal.command(context_settings=CONTEXT_SETTINGS)
@click.argument("number", required=False, type=click.IntRange(1), shell_complete=complete_numbers)
@own_option("--from", "first", type=click.IntRange(1), metavar="NUMBER", help="First call of a story.")
@own_option("--to", "last", type=click.IntRange(1), metavar="NUMBER", help="Last call of a story.")
@own_option("--format", "form", type=click.Choice(list(formats.FORMATS)), help="Format of the export.")
@_format_flags
@filter_options
@secrets_option
@output_option
@server_options
def export(  # noqa: PLR0913 - click hands over one argument an option
    *,
    server: ServerOptions,
    number: int | None,
    first: int | None,
    last: int | None,
    form: str | None,
    filters: Filters,
    secrets: bool,
    output: Path | None,
) -> None:
    """Export a call, or a story of several calls, as a script, a test or an archive.

    The formats are: case file (`mockserver cases run FILE`), pytest file, script with curl, HTTP archive,
    Postman collection, and `command`, the curl command of one call without the state before it. A story has
    the calls from number --from to number --to, the calls with an --item, or what other filters find.
    Exit 1: the calls cannot be repeated; the reason is printed.

    \b
    mockserver journal export 18 --case -o case.yaml
    mockserver journal export --from 3 --to 7 --pytest -o test_story.py
    """
    if form is None:
        raise click.UsageError(f"choose a format: --{', --'.join(FORMATS)}")
    if number is not None and (first or last or filters):
        raise click.UsageError("a story has no NUMBER; write --from and --to, or filters")
    shown = "shown" if secrets else None
    query = {**filters, "from": first, "to": last, "format": form, "secrets": shown}
    with connected(server) as control:
        reply = _exported(control, number, query)
    if output is None:
        click.echo(reply.body.decode(), nl=not reply.body.endswith(b"\n"))
    else:
        output.write_bytes(reply.body)
        write_lines([f"written: {output}"], err=True)


def _nothing_found(server: ServerOptions, calls: int) -> str:
    if calls:
        lists = f"mockserver journal list -s {server.sandbox}"
        return f"no call of {calls:,} in {server.sandbox} matches; all of them: {lists}"
    return f"no calls in {server.sandbox}; send one: {in_sandbox(server, 'mockserver send VENDOR')}"


def _list_items(server: ServerOptions, figures: Sequence[str], filters: Filters, last: int | None) -> None:
    if others := sorted(filters.keys() - {"vendor", "item"}):
        raise click.UsageError(f"--{LISTED[figures[0]]} lists items, and --{others[0]} selects calls")
    with connected(server) as control:
        found = control.here("GET", "/journal/items", figure=",".join(figures), **filters)
    cure = in_sandbox(server, "mockserver journal summary")
    shown = found[-last:] if last else found
    words = " or ".join(map(figure_words, figures))
    lines = ended_lines(shown) if shown else [f"no {words} item in {server.sandbox}; the sums: {cure}"]
    write_result(server, shown, lines, err=not shown)


def _line(entry: Document) -> str:
    from datetime import datetime

    at = datetime.fromisoformat(entry["at"]).astimezone()
    return f"{at:%H:%M:%S}  {call_line(entry)}"


def _end_without_calls(server: ServerOptions) -> NoReturn:
    detail = f"the journal of {server.sandbox} has no calls"
    problem = {"title": "Not found", "code": "unknown-entry", "detail": detail}
    end(server, problem, "NUMBER", "mockserver send VENDOR", EXIT_REFUSED)


def _read(server: ServerOptions, file: Any) -> Json:
    from mockserver.codec import yaml

    name = getattr(file, "name", "standard input")
    try:
        return yaml.load(file.read())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        detail = f"{name} is neither JSON nor YAML: {shorten(str(error), 200)}"
        end_usage(server, "no-document", detail, f"FILE {name}", "mockserver journal verify --help")


def _exported(control: ControlPlane, number: int | None, query: Mapping[str, Any]) -> HttpReply:
    below = "/journal/export" if number is None else f"/journal/{number}/export"
    try:
        return control.fetch("GET", f"{control.path}{below}", **query)
    except RefusedError as error:
        if error.code not in _UNEXPORTABLE:
            raise
        detail, is_json = str(error), control.server.json
        way = "--show-secrets" if _ASK_FOR_SECRETS in detail else "--har, which repeats nothing"
        cure = str(error.first_error.get("try") or f"mockserver journal export … {way}")
        detail = detail if is_json else detail.replace(_ASK_FOR_SECRETS, "--show-secrets")
        end(control.server, {**error.problem, "detail": detail}, error.operation, cure, EXIT_FINDINGS)


def follow(
    control: ControlPlane, filters: Filters, last: int, wait: Callable[[], None]
) -> Iterator[Document]:
    """Yield the newest `last` matching entries, then each new matching entry, without end.

    While there is no new entry, `wait` is called between two requests.
    """
    seen = control.newest_call()
    while True:
        found = control.here("GET", "/journal", **filters, last=last) if last else []
        yield from found
        seen = max(seen, found[-1]["number"] if found else 0)
        while (newest := control.newest_call()) == seen:
            wait()
        begin = seen if newest > seen else 0  # after a reset the numbers begin again
        filters, last, seen = {**filters, "since": str(begin)}, _MAX_LAST, newest
