"""`mockserver cases`: list, show and run cases; `cases_run` and `cases_lines` do the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    argument,
    complete_cases,
    complete_sections,
    complete_vendors,
    option,
)

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = ("seed", "public", "rfc", "report", "assumed")


def _option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option without an environment variable."""
    return option(*declarations, **{"envvar": None, "show_envvar": False, "show_default": False, **settings})


_vendor_option = _option(
    "--vendor", default="", metavar="NAME", shell_complete=complete_vendors, help="Only this vendor."
)


@click.group(context_settings=CONTEXT_SETTINGS)
def cases() -> None:
    """List, show and run cases: calls with what must come of them.

    \b
    mockserver cases list --search duplicate
    mockserver cases show 33-twice-in-a-batch --vendor vba --curl
    mockserver cases run calls-1-to-3.yaml
    """  # noqa: D301 - the character, which tells click to leave the lines alone


@cases.command(name="list", context_settings=CONTEXT_SETTINGS)
@_vendor_option
@_option(
    "--tag",
    default="",
    metavar="SECTION",
    shell_complete=complete_sections,
    help="Only this section of the catalogue.",
)
@_option("--src", "source", type=click.Choice(SOURCES), help="Only rows that rest on this source.")
@_option("--search", default="", metavar="TEXT", help="Only rows that contain all these words.")
@_option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def list_(*, vendor: str, tag: str, source: str | None, search: str, as_json: bool) -> None:
    """List the rows of the catalogue; no server is needed.

    \b
    mockserver cases list --vendor xero --tag upsert
    mockserver cases list --search "same key" --json
    """  # noqa: D301
    from mockserver.cli.suite.cases_lines import RowFilter, print_rows  # noqa: PLC0415 - reads the catalogue

    print_rows(RowFilter(vendor, tag, source or "", search), as_json=as_json)


@cases.command(context_settings=CONTEXT_SETTINGS)
@argument("case", metavar="ID", shell_complete=complete_cases)
@_vendor_option
@_option("--curl", "form", flag_value="curl", help="As a shell script that sends the calls with curl.")
@_option("--pytest", "form", flag_value="pytest", help="As a pytest file.")
@_option("--json", "as_json", is_flag=True, help="As JSON: the row, and the vendors' cases.")
def show(*, case: str, vendor: str, form: str | None, as_json: bool) -> None:
    """Show a row of the catalogue (id, number or name) and the vendors' cases for it.

    \b
    mockserver cases show 148-reset
    mockserver cases show 148 --vendor vba --pytest > test_reset.py
    """  # noqa: D301
    from mockserver.cli.suite.cases_lines import print_row  # noqa: PLC0415
    from mockserver.cli.suite.cases_run import print_export  # noqa: PLC0415 - slow

    if form:
        print_export(case, vendor, form)
    else:
        print_row(case, vendor, as_json=as_json)


@cases.command(context_settings=CONTEXT_SETTINGS)
@argument("cases", metavar="FILE|ID...", nargs=-1, required=True, shell_complete=complete_cases)
@_vendor_option
@_option("--target", default="", metavar="URL", help="Run at this server.  [default: one of our own]")
@_option(
    "--allow-remote",
    "allowed",
    multiple=True,
    metavar="HOST",
    help="Host beyond this machine that may be called; may be repeated.",
)
@_option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit XML.")
@_option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def run(  # noqa: PLR0913 - click hands over one argument an option
    *,
    cases: tuple[str, ...],
    vendor: str,
    target: str,
    allowed: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run case files, or rows of the catalogue (id, number or name).

    Each case runs in a new sandbox. Without --target the server is one of our own, for this run alone, also
    if MOCKSERVER_URL is set; each line says where the case ran. At a --target that is no mockserver only
    cases run that need nothing but calls; others are refused.
    Exit 0: all pass, 1: some fail, 2: bad file, 3: no server at URL, 4: no such case, or refused.

    \b
    mockserver cases run calls-1-to-3.yaml
    mockserver cases run 148-reset --vendor vba --junit cases.xml
    mockserver cases run calls-1-to-3.yaml --target http://127.0.0.1:8080
    """  # noqa: D301
    from mockserver.cli.suite.cases_run import RunOptions, run_cases  # noqa: PLC0415 - slow

    run_cases(RunOptions(cases, vendor, target, allowed, junit, as_json=as_json))
