"""The command `mockserver drill` with its options; the module `drill_run` does the work."""

from __future__ import annotations

import re
from typing import Any

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    DRILL_TIMEOUT_S,
    INPUT_FILE,
    OUTPUT_FILE,
    REPEAT_AFTER_S,
    InvalidValueError,
    argument,
    assume_option,
    check_extra,
    complete_vendors,
    fail_usage,
    names_option,
    option,
    overlay_option,
    own_option,
    pair_option,
    remote_option,
    report_dir_option,
    reports_option,
    shown,
    specs_option,
)

TAGS = ("crash", "retry", "money", "throttle", "transport", "login", "shape", "time", "webhook")
REPORTS = ("html", "junit", "json", "badge", "github")
_EXPECTED = "items=12,sum=1729.63"
_EXPECTATION = re.compile(r"items=[0-9]{1,9}|sum=-?[0-9]{1,18}(\.[0-9]{1,18})?")


def _read_expected(_context: click.Context, _option: click.Parameter, text: str) -> dict[str, int | str]:
    """Read a text such as `items=12,sum=1729.63`. Raises InvalidValueError."""
    expected: dict[str, int | str] = {}
    for part in text.split(",") if text else ():
        if not _EXPECTATION.fullmatch(part):
            raise InvalidValueError(f"expected {_EXPECTED}, found {shown(text)}", text, _EXPECTED)
        name, _, value = part.partition("=")
        expected[name] = int(value) if name == "items" else value
    return expected


@click.command(context_settings={**CONTEXT_SETTINGS, "allow_interspersed_args": True})
@argument("vendor", metavar="VENDOR|FILE", shell_complete=complete_vendors)
@argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND…")
@pair_option(
    "--env",
    "environment",
    sign="=",
    form="NAME=text",
    metavar="NAME=TEXT",
    help="Variable of the client; may be repeated. {url}, {token}, {tenant}, {sandbox} and {port} are filled "
    "in, here and in COMMAND; {root} and {https} are addresses for a client that takes only a host, {folder} "
    "is an empty folder that each case gets.",
)
@names_option(
    "--case",
    "cases",
    envvar=None,
    metavar="ID,…",
    help="Run only these cases; a scenario file may also be a case. May be repeated.",
)
@names_option(
    "--tag",
    "tags",
    what="tag",
    known=TAGS,
    envvar=None,
    metavar="TAG,…",
    help=f"Run only cases with one of these tags: {', '.join(TAGS)}.",
)
@option("--list", "lists", is_flag=True, envvar=None, help="List the cases and run nothing.")
@option("--jobs", default=4, type=click.IntRange(1, 64), help="Number of clients at a time.")
@option(
    "--timeout",
    "timeout_s",
    scope="drill",
    default=DRILL_TIMEOUT_S,
    type=click.FloatRange(0.1),
    metavar="SECONDS",
    help="Stop a client that runs longer, and report the client as hanging.",
)
@own_option(
    "--webhook",
    default="",
    metavar="URL",
    help="Address at which the client receives webhooks, which adds cases. One client runs at a time.",
)
@option("--setup", type=INPUT_FILE, envvar=None, help="Records to add to the fixtures of every sandbox.")
@option(
    "--repeat",
    "repeats",
    default=1,
    type=click.IntRange(1, 100),
    help="Start a failing client up to this many times, as cron does.",
)
@own_option(
    "--expect",
    "expected",
    default="",
    callback=_read_expected,
    metavar="items=N,sum=AMOUNT",
    help="What the client must store without faults: the number of items, the sum of their amounts, or both.",
)
@option(
    "--repeat-after",
    "repeat_after_s",
    scope="drill",
    default=REPEAT_AFTER_S,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Advance the sandbox's clock by this time between two starts.",
)
@option(
    "--until-idle",
    "until_idle_s",
    scope="drill",
    default=None,
    type=click.FloatRange(0.1),
    metavar="SECONDS",
    help="For clients that never end: stop a client that has made no call for this time.",
)
@option(
    "--against", default="", envvar=None, metavar="URL", help="Use this running mockserver, not a new one."
)
@own_option(
    "--forward",
    default="",
    metavar="URL",
    help="Pass the client's calls on to the real server at URL, which is not reset between the cases.",
)
@remote_option(
    "remote_hosts", envvar=None, help="Host that --forward may name besides loopback; may be repeated."
)
@specs_option
@overlay_option
@assume_option("in every sandbox")
@option(
    "--explore",
    default=0,
    type=click.IntRange(0, 100_000),
    metavar="NUMBER",
    help="Also draw this many random schedules of faults, and shrink each failing schedule.",
)
@option(
    "--seed", scope="drill", default=0, type=click.IntRange(0), help="The same seed draws the same schedules."
)
@option(
    "--scenario", "scenario_file", type=OUTPUT_FILE, envvar=None, help="Write the first failing schedule."
)
@option("--pytest", "pytest_file", type=OUTPUT_FILE, envvar=None, help="Write failing schedules as tests.")
@reports_option(REPORTS, scope="drill", default=("html",))
@report_dir_option(scope="drill", default="report/drill")
@option(
    "--baseline", scope="drill", type=OUTPUT_FILE, help="File with known findings, which do not fail the run."
)
@option("--write-baseline", scope="drill", type=OUTPUT_FILE, help="Write all findings for --baseline.")
@option("--json", "as_json", is_flag=True, help="Print only JSON, one document.")
@option("-v", "--verbose", is_flag=True, help="Also print a line for each case.")
def drill(**given: Any) -> None:
    """Run a client against partial failures: which items does the client lose, send twice or pay twice?

    Each case runs COMMAND in a sandbox of its own; several cases run at a time. A first run, without faults,
    shows what the client means to send. The verdicts come from the server's journal, not from the client.
    Exit status: 0 no case fails, 1 a case fails, 2 wrong usage, 3 no server answers, 4 the first run fails.

    \b
    mockserver drill VENDOR --env API_URL={url} --env API_TOKEN={token} -- python sync.py rows.csv
    mockserver drill VENDOR --case half-then-500 -- ./sync.sh {url}
    mockserver drill VENDOR --list
    """
    from mockserver.cli.drill_run import DrillOptions, list_drill_cases, run_drill

    options = DrillOptions(**{**given, "jobs": 1} if given["webhook"] else given)
    if options.explore:
        check_extra("contract", "mockserver drill --explore")
    if options.lists:
        list_drill_cases(options)
    elif options.command:
        run_drill(options)
    else:
        cure = f"mockserver drill {options.vendor} --env API_URL={{url}} -- python client.py"
        fail_usage("the command to run is missing", "-- COMMAND", cure)
