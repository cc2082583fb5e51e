"""The commands `mockserver cases …`: list, show and run cases of the catalogue and of files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    EXIT_NO_SERVER,
    EXIT_REFUSED,
    OUTPUT_FILE,
    argument,
    check_known,
    complete_cases,
    complete_sections,
    complete_vendors,
    fail,
    fail_usage,
    own_option,
    remote_option,
)
from mockserver.model import Value

if TYPE_CHECKING:
    from mockserver.cli.case_servers import CaseServer
    from mockserver.control.cases.catalogue import CatalogueCase, CatalogueRow
    from mockserver.control.cases.language import Case


_SOURCES = ("seed", "public", "rfc", "report", "assumed")
_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_NEAR = 3

_vendor_option = own_option(
    "--vendor", default="", metavar="NAME", shell_complete=complete_vendors, help="Only this vendor."
)


@click.group(context_settings=CONTEXT_SETTINGS)
def cases() -> None:
    """List, show and run cases: calls with their expected results.

    \b
    mockserver cases list --search duplicate
    mockserver cases show 33-dup-other-payload --vendor vba --curl
    mockserver cases run calls-1-to-3.yaml
    """


@cases.command(name="list", context_settings=CONTEXT_SETTINGS)
@_vendor_option
@own_option(
    "--tag",
    default="",
    metavar="SECTION",
    shell_complete=complete_sections,
    help="Only this section of the catalogue.",
)
@own_option("--src", "source", type=click.Choice(_SOURCES), help="Only rows based on this source.")
@own_option("--search", default="", metavar="TEXT", help="Only rows that contain all these words.")
@own_option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
def list_(*, vendor: str, tag: str, source: str | None, search: str, as_json: bool) -> None:
    """List the rows of the catalogue; no server is needed.

    \b
    mockserver cases list --vendor xero --tag upsert
    mockserver cases list --search "same key" --json
    """
    from mockserver.cli.output import write_json
    from mockserver.control.cases.catalogue import row_document, rows
    from mockserver.engine.registry import vendor_packages

    if vendor:
        check_known("vendor", "--vendor", [vendor], vendor_packages())
    if tag:
        check_known("section", "--tag", [tag], dict.fromkeys(row.section for row in rows().values()))
    matches = [
        row
        for row in rows().values()
        if tag in ("", row.section)
        and (not source or source in row.source)
        and row.contains(search)
        and (not vendor or cases_of(row, vendor))
    ]
    if as_json:
        write_json([row_document(row, vendors_of(row)) for row in matches])
        return
    for row in matches:
        sources = ",".join(row.source)
        click.echo(f"{row.id:<34}{row.section:<16}{sources:<16}{row.trigger}")
    if not matches:
        click.echo("no row matches; mockserver cases list shows all", err=True)


@cases.command(context_settings=CONTEXT_SETTINGS)
@argument("case", metavar="ID", shell_complete=complete_cases)
@_vendor_option
@own_option("--curl", "form", flag_value="curl", help="Print a shell script with curl.")
@own_option("--pytest", "form", flag_value="pytest", help="Print a pytest file.")
@own_option("--json", "as_json", is_flag=True, help="Print JSON: the row and the vendors' cases.")
def show(*, case: str, vendor: str, form: str | None, as_json: bool) -> None:
    """Show the row of the catalogue with this id, number or name, and the vendors' cases for the row.

    \b
    mockserver cases show 148-reset
    mockserver cases show 148 --vendor vba --pytest > test_reset.py
    """
    if form:
        print_export(case, vendor, form)
    else:
        print_row(case, vendor, as_json=as_json)


@cases.command(context_settings=CONTEXT_SETTINGS)
@argument("cases", metavar="FILE|ID...", nargs=-1, required=True, shell_complete=complete_cases)
@_vendor_option
@own_option("--target", default="", metavar="URL", help="Run at this server.  [default: a new server]")
@remote_option("allowed", envvar=None, help="Host beyond this machine that may be called; may be repeated.")
@own_option("--junit", type=OUTPUT_FILE, metavar="FILE", help="Write JUnit XML.")
@own_option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
def run(  # noqa: PLR0913 - click hands over one argument an option
    *,
    cases: tuple[str, ...],
    vendor: str,
    target: str,
    allowed: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run case files, or rows of the catalogue (by id, number or name).

    Each case runs in a new sandbox. Without --target, the command starts a server for this run alone, even if
    MOCKSERVER_URL is set. The line of a case says where the case ran. If the server at --target is not a
    mockserver, cases that need more than calls are refused.
    Exit 0: all cases pass, 1: a case fails, 2: bad file, 3: no server at URL, 4: unknown or refused case.

    \b
    mockserver cases run calls-1-to-3.yaml
    mockserver cases run 148-reset --vendor vba --junit cases.xml
    mockserver cases run calls-1-to-3.yaml --target http://127.0.0.1:8080
    """
    import asyncio

    from mockserver.cli.case_servers import SilentTargetError
    from mockserver.cli.output import write_json

    named = [case for given in cases for case in _named_cases(given, vendor, target)]
    try:
        verdicts = asyncio.run(_run_all(named, _checked_target(target, allowed), quiet=as_json))
    except SilentTargetError as error:
        fail(str(error), f"--target {target}", "mockserver run --port 8080", EXIT_NO_SERVER)
    if as_json:
        write_json([_document(verdict) for verdict in verdicts])
    if junit:
        junit.write_bytes(junit_document(verdicts))
    if any(verdict.word == "FAIL" for verdict in verdicts):
        raise SystemExit(EXIT_FINDINGS)
    if any(verdict.refused for verdict in verdicts):
        raise SystemExit(EXIT_REFUSED)


_NamedCase: TypeAlias = "tuple[str, Case]"


class CaseVerdict(Value, frozen=True):
    name: str
    vendor: str
    differences: tuple[str, ...]
    """A sentence for each difference between the result and the expectation."""
    milliseconds: float
    place: str
    """Address of the server or, for a server of our own, a text such as "in this process"."""
    refused: str = ""
    """Reason why the case cannot run at the server, or "" if it can."""

    @property
    def word(self) -> str:
        return "REFUSED" if self.refused else "FAIL" if self.differences else "PASS"

    @property
    def reasons(self) -> tuple[str, ...]:
        return (self.refused,) if self.refused else self.differences


def print_export(case: str, vendor: str, form: str) -> None:
    import asyncio

    from mockserver.cli.case_servers import PlainTargetError

    _, entries = find_entries(case, vendor)
    names = list(dict.fromkeys(entry.case.vendor for entry in entries))
    if len(names) > 1:
        fail_usage(f"{case} is for several vendors", "--vendor", f"--vendor {names[0]}")
    try:
        click.echo(asyncio.run(_export(entries[0].case, form)), nl=False)
    except PlainTargetError as error:
        fail(
            str(error), f"cases show {case}", f"mockserver cases run {case} --vendor {names[0]}", EXIT_REFUSED
        )


async def _export(case: Case, form: str) -> str:
    from mockserver.cli.case_servers import open_own_server

    async with open_own_server([case]) as server:
        return await server.export(case, _sandbox(1), form)


async def _run_all(named: Sequence[_NamedCase], target: str, *, quiet: bool) -> list[CaseVerdict]:
    from mockserver.cli.case_servers import open_own_server, open_target
    from mockserver.cli.output import write_lines

    cases = [case for _, case in named]
    verdicts = []
    async with open_target(target) if target else open_own_server(cases) as server:
        for number, (name, case) in enumerate(named, 1):
            verdicts.append(await _run_one(server, name, case, _sandbox(number)))
            if not quiet:
                took = "" if verdicts[-1].refused else f"  {verdicts[-1].milliseconds:.0f} ms"
                click.echo(f"{verdicts[-1].word} {name} {case.vendor}{took}  {server.place}")
                write_lines(f"     {line}" for line in verdicts[-1].reasons)
    return verdicts


async def _run_one(server: CaseServer, name: str, case: Case, sandbox: str) -> CaseVerdict:
    import asyncio

    from mockserver.cli.case_servers import PlainTargetError
    from mockserver.control.cases.expectations import UnmetExpectationError

    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        differences = await server.run(case, sandbox)
    except PlainTargetError as error:
        return CaseVerdict(name, case.vendor, (), 0, server.place, str(error))
    except UnmetExpectationError as error:
        differences = error.differences
    took_ms = round((clock() - started) * 1000, 1)
    return CaseVerdict(name, case.vendor, differences, took_ms, server.place)


def _sandbox(number: int) -> str:
    return f"case-{os.getpid()}-{number}"


def _named_cases(given: str, vendor: str, target: str) -> list[_NamedCase]:
    """Return the case of a file or the cases of a row. If `given` names neither, end the command."""
    from mockserver.cli.case_servers import called_vendors
    from mockserver.engine.registry import vendor_packages

    file = Path(given)
    if file.is_file():
        case = _case_of_file(file, vendor)
        if not target:
            called, more = sorted(called_vendors(case)), ", or --target URL of a server that has it"
            check_known("vendor", f"{given}: vendor:", called, vendor_packages(), more)
        return [(file.stem, case)]
    if given.endswith(_SUFFIXES) or os.sep in given:
        fail_usage(f"no file {given}", given, "mockserver journal export --help")
    row, entries = find_entries(given, vendor)
    return [(row.id, entry.case) for entry in entries]


def _case_of_file(file: Path, vendor: str) -> Case:
    from mockserver.control.cases.language import BadCaseFileError, read_case_file
    from mockserver.journal.export.case_file import MAX_CASE_BYTES

    try:
        with file.open("rb") as opened:
            case = read_case_file(opened.read(MAX_CASE_BYTES + 1), file.name)
    except OSError as error:
        fail_usage(f"{file} cannot be read: {error.strerror}", str(file), f"ls -l '{file}'")
    except BadCaseFileError as error:
        first, *others = error.problems
        more = f" (and {len(others)} more)" if others else ""
        fail_usage(f"{first.detail}{more}", error.where(first), first.hint)
    if vendor not in ("", case.vendor):
        fail_usage(f"{file.name} is for {case.vendor}", f"--vendor {vendor}", "leave out --vendor")
    return case


def _checked_target(target: str, allowed: tuple[str, ...]) -> str:
    from mockserver.contract.safety import UnsafeTargetError, check_target

    if not target:
        return ""
    try:
        return check_target(target, allowed)
    except UnsafeTargetError as error:
        fail_usage(str(error), f"--target {target}", error.cure)


def _document(verdict: CaseVerdict) -> dict[str, object]:
    return {
        "name": verdict.name,
        "vendor": verdict.vendor,
        "passed": verdict.word == "PASS",
        "refused": verdict.refused or None,
        "says": list(verdict.differences),
        "durationMillis": verdict.milliseconds,
        "server": verdict.place,
    }


def junit_document(verdicts: Sequence[CaseVerdict]) -> bytes:
    from mockserver.contract.report.junit import JunitCase, junit_xml

    kinds = {"PASS": "", "FAIL": "failure", "REFUSED": "skipped"}
    words = [verdict.word for verdict in verdicts]
    counts = {"tests": len(words), "failures": words.count("FAIL"), "skipped": words.count("REFUSED")}
    cases = (
        JunitCase(
            one.vendor,
            one.name,
            one.milliseconds / 1000,
            kinds[one.word],
            "".join(one.reasons[:1]),
            text="\n".join(one.reasons),
        )
        for one in verdicts
    )
    return junit_xml([({"name": "mockserver cases", **counts}, cases)])


def print_row(case: str, vendor: str, *, as_json: bool) -> None:
    from mockserver.cli.output import write_json
    from mockserver.control.cases.catalogue import case_document, row_document
    from mockserver.journal.export.case_file import render_case

    row, entries = find_entries(case, vendor)
    if as_json:
        cases = [case_document(entry.case) for entry in entries]
        write_json({**row_document(row, vendors_of(row)), "cases": cases})
        return
    lines = [
        f"{row.id}  {row.section}",
        f"when      {row.trigger}",
        f"expected  {row.expected}",
        f"check     {row.check}",
        f"source    {', '.join(row.source)}",
        f"vendors   {', '.join(vendors_of(row)) or 'none'}",
    ]
    click.echo("\n".join(lines))
    for entry in entries:
        differs = f"# {entry.differs}\n" if entry.differs else ""
        click.echo(f"\n{differs}{render_case(case_document(entry.case))}", nl=False)


def find_entries(case: str, vendor: str) -> tuple[CatalogueRow, Sequence[CatalogueCase]]:
    from mockserver.control.cases.catalogue import rows
    from mockserver.engine.registry import vendor_packages

    if vendor:
        check_known("vendor", "--vendor", [vendor], vendor_packages())
    row = next((row for row in rows().values() if case in (row.id, str(row.row), row.name)), None)
    if row is None:
        words = [word for one in rows().values() for word in (one.id, one.name)]
        near = get_close_matches(case, words, _MOST_NEAR)
        cure = f"mockserver cases show {near[0]}" if near else "mockserver cases list"
        also = f"; near are {', '.join(near)}" if near else ""
        fail(f"no case {case}{also}", "the catalogue of cases", cure, EXIT_REFUSED)
    entries = [entry for name in ([vendor] if vendor else vendor_packages()) for entry in cases_of(row, name)]
    if not entries:
        has = ", ".join(vendors_of(row)) or "no vendor"
        fail(f"{row.id} has no case for {vendor}", f"--vendor {vendor}", f"one of {has}", EXIT_REFUSED)
    return row, entries


def vendors_of(row: CatalogueRow) -> list[str]:
    from mockserver.engine.registry import vendor_packages

    return [name for name in vendor_packages() if cases_of(row, name)]


def cases_of(row: CatalogueRow, vendor: str) -> list[CatalogueCase]:
    from mockserver.control.cases.catalogue import vendor_cases

    return [entry for entry in vendor_cases(vendor) if entry.row.row == row.row]
