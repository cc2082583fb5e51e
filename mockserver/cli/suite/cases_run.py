"""Execute `mockserver cases run` and the exports of `cases show`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from xml.etree import ElementTree as ET

import click

from mockserver.cli.case_servers import (
    CaseServer,
    PlainTargetError,
    ServerUnreachableError,
    open_own_server,
    open_target,
)
from mockserver.cli.options import EXIT_FINDINGS, EXIT_NO_SERVER, EXIT_REFUSED, EXIT_USAGE, fail
from mockserver.cli.suite.cases_lines import find_entries
from mockserver.codec import json
from mockserver.contract.safety import UnsafeTargetError, check_target
from mockserver.control.cases.language import BadCaseFileError, Case, read_case_file
from mockserver.engine.registry import vendor_packages
from mockserver.journal.export.case_file import MAX_CASE_BYTES

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of `cases run`; `target` "" is a server of our own, `allowed` are hosts beyond this machine."""

    cases: tuple[str, ...]
    vendor: str
    target: str
    allowed: tuple[str, ...]
    junit: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class NamedCase:
    """A case and the name to print it under."""

    name: str
    case: Case


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a case: its differences, or why it was `refused`; `place` is where it ran."""

    named: NamedCase
    differences: tuple[str, ...]
    milliseconds: float
    place: str
    refused: str = ""

    @property
    def word(self) -> str:
        """The result in one word."""
        return "REFUSED" if self.refused else "FAIL" if self.differences else "PASS"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong, line by line."""
        return (self.refused,) if self.refused else self.differences


def run_cases(wanted: RunOptions) -> None:
    """Run the cases, print and write the results, and exit with 1 or 4 if not all pass."""
    named = [one for given in wanted.cases for one in _named_cases(given, wanted)]
    target = _checked_target(wanted)
    try:
        verdicts = asyncio.run(_run_all(named, target, quiet=wanted.as_json))
    except ServerUnreachableError as error:
        fail(str(error), f"--target {wanted.target}", "mockserver run --port 8080", EXIT_NO_SERVER)
    if wanted.as_json:
        click.echo(json.encode([_document(one) for one in verdicts]).decode())
    if wanted.junit:
        wanted.junit.write_bytes(junit_xml(verdicts))
    if any(one.word == "FAIL" for one in verdicts):
        raise SystemExit(EXIT_FINDINGS)
    if any(one.refused for one in verdicts):
        raise SystemExit(EXIT_REFUSED)


def print_export(case: str, vendor: str, form: str) -> None:
    """Run a row's first case for the vendor, and print its calls as a script or a test."""
    _, entries = find_entries(case, vendor)
    names = list(dict.fromkeys(entry.case.vendor for entry in entries))
    if len(names) > 1:
        fail(f"{case} is for several vendors", "--vendor", f"--vendor {names[0]}", EXIT_USAGE)
    try:
        click.echo(asyncio.run(_export(entries[0].case, form)), nl=False)
    except PlainTargetError as error:
        fail(
            str(error), f"cases show {case}", f"mockserver cases run {case} --vendor {names[0]}", EXIT_REFUSED
        )


async def _export(case: Case, form: str) -> str:
    async with open_own_server([case]) as server:
        return await server.export(case, _sandbox(1), form)


async def _run_all(named: Sequence[NamedCase], target: str, *, quiet: bool) -> list[Verdict]:
    cases = [one.case for one in named]
    verdicts = []
    async with open_target(target) if target else open_own_server(cases) as server:
        for number, one in enumerate(named, 1):
            verdicts.append(await _run_one(server, one, number))
            if not quiet:
                _print(verdicts[-1])
    return verdicts


async def _run_one(server: CaseServer, named: NamedCase, number: int) -> Verdict:
    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        result = await server.run(named.case, _sandbox(number))
    except PlainTargetError as error:
        return Verdict(named, (), 0, server.place, str(error))
    took_ms = round((clock() - started) * 1000, 1)
    return Verdict(named, result.differences, took_ms, server.place)


def _sandbox(number: int) -> str:
    return f"case-{os.getpid()}-{number}"


def _print(verdict: Verdict) -> None:
    named = verdict.named
    took = "" if verdict.refused else f"  {verdict.milliseconds:.0f} ms"
    click.echo(f"{verdict.word} {named.name} {named.case.vendor}{took}  {verdict.place}")
    for line in verdict.reasons:
        click.echo(f"     {line}")


def _named_cases(given: str, wanted: RunOptions) -> list[NamedCase]:
    """Return the case of a file, or those of a row; fail if there is neither."""
    if Path(given).is_file():
        named = _case_of_file(Path(given), wanted.vendor)
        if not wanted.target:
            _check_vendors(named.case, given)
        return [named]
    if given.endswith(_SUFFIXES) or os.sep in given:
        fail(f"no file {given}", given, "mockserver journal export --help", EXIT_USAGE)
    row, entries = find_entries(given, wanted.vendor)
    return [NamedCase(row.id, entry.case) for entry in entries]


def _check_vendors(case: Case, file: str) -> None:
    """Fail unless our own server has all vendors of the case."""
    names = vendor_packages()
    unknown = sorted(_vendors(case) - set(names))
    if unknown:
        near = get_close_matches(unknown[0], names, 1)
        cure = f"vendor: {near[0]}" if near else "--target URL of a server that has it"
        fail(f"no vendor named {unknown[0]}; there are {', '.join(names)}", file, cure, EXIT_USAGE)


def _case_of_file(file: Path, vendor: str) -> NamedCase:
    try:
        with file.open("rb") as opened:
            case = read_case_file(opened.read(MAX_CASE_BYTES + 1), file.name)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", str(file), f"ls -l '{file}'", EXIT_USAGE)
    except BadCaseFileError as error:
        first, *others = error.problems
        more = f" (and {len(others)} more)" if others else ""
        fail(f"{first.detail}{more}", first.place, first.cure, EXIT_USAGE)
    if vendor not in ("", case.vendor):
        fail(f"{file.name} is for {case.vendor}", f"--vendor {vendor}", "leave out --vendor", EXIT_USAGE)
    return NamedCase(file.stem, case)


def _vendors(case: Case) -> set[str]:
    return {case.vendor, *(step["vendor"] for step in case.steps if step.get("vendor"))}


def _checked_target(wanted: RunOptions) -> str:
    if not wanted.target:
        return ""
    try:
        return check_target(wanted.target, wanted.allowed)
    except UnsafeTargetError as error:
        fail(str(error), f"--target {wanted.target}", error.cure, EXIT_USAGE)


def _document(verdict: Verdict) -> dict[str, object]:
    return {
        "name": verdict.named.name,
        "vendor": verdict.named.case.vendor,
        "passed": verdict.word == "PASS",
        "refused": verdict.refused or None,
        "says": list(verdict.differences),
        "durationMillis": verdict.milliseconds,
        "server": verdict.place,
    }


def junit_xml(verdicts: Sequence[Verdict]) -> bytes:
    """Return the results as JUnit XML: class = vendor, name = case."""
    failures = sum(one.word == "FAIL" for one in verdicts)
    refused = sum(bool(one.refused) for one in verdicts)
    root = ET.Element("testsuites")
    counts = {"tests": str(len(verdicts)), "failures": str(failures), "skipped": str(refused)}
    suite = ET.SubElement(root, "testsuite", {"name": "mockserver cases", **counts})
    for one in verdicts:
        time = f"{one.milliseconds / 1000:.3f}"
        case = ET.SubElement(
            suite, "testcase", classname=one.named.case.vendor, name=one.named.name, time=time
        )
        if one.reasons:
            kind = "skipped" if one.refused else "failure"
            ET.SubElement(case, kind, message=_xml(one.reasons[0])).text = _xml("\n".join(one.reasons))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _xml(text: str) -> str:
    return "".join(sign if sign in "\n\t" or sign >= " " else "?" for sign in text)
