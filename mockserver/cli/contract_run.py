"""Execute `mockserver contract`: run sessions, print the table, write reports, exit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import click

from mockserver.cli.options import EXIT_FINDINGS, EXIT_INTERRUPTED, EXIT_NO_SERVER, EXIT_USAGE, fail
from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.contract import catalogue, safety
from mockserver.contract.credentials import UnreadableCredential
from mockserver.contract.effort import Effort
from mockserver.contract.report.document import document
from mockserver.contract.report.rows import Outcome, outcome
from mockserver.contract.report.summary import summary
from mockserver.contract.report.table import lines, summed
from mockserver.contract.report.text import counted, line
from mockserver.contract.report.writing import write
from mockserver.contract.runner import PHASES
from mockserver.contract.target import Unreachable
from mockserver.contract.visiting import baseline
from mockserver.contract.visiting.baseline import Known, Unreadable
from mockserver.contract.visiting.plan import Plan
from mockserver.contract.visiting.visit import INTERRUPTED, Around, Found, MissingCredentials, found, visit
from mockserver.engine.registry import vendor_packages
from mockserver.errors import MockServerError
from mockserver.sandbox.clock import system_clock

_HELP = "mockserver contract --help"


@dataclass(frozen=True, slots=True)
class ContractOptions:
    """The command's options as given; see `contract` for their meaning."""

    vendors: tuple[str, ...]
    target: str | None
    allowed: tuple[str, ...]
    spec: Path | None
    headers: Mapping[str, str]
    seed: int
    max_examples: int
    checks: tuple[str, ...]
    operations: tuple[str, ...]
    phases: tuple[str, ...]
    shrinks: bool
    facts: Mapping[str, str]
    rate: str | None
    baseline: Path | None
    write_baseline: Path | None
    reports: tuple[str, ...]
    report_dir: Path
    summary: str
    as_json: bool
    quiet: bool


def run_contract(options: ContractOptions) -> None:
    """Run the command; exit with a status other than 0 if there is something to report."""
    plans = _select_plans(options, _plans(options))
    known = _read_baseline(options)
    began = print_instant(system_clock())
    outcomes: list[Outcome] = []
    for plan, about in plans:
        outcomes.append(_run_session(plan, about, known, outcomes))
        if not options.as_json:
            for text in lines(
                outcomes[-1], options.report_dir if options.reports else None, quiet=options.quiet
            ):
                click.echo(text, color=_colour())
        if outcomes[-1].visit.stopped:
            break
    files = _write_reports(options, outcomes, began)
    if options.as_json:
        click.echo(json.encode(document(outcomes, began)).decode())
    else:
        click.echo(summed(outcomes, files))
    if options.write_baseline:
        _write_baseline(options.write_baseline, outcomes, known)
    _exit(outcomes)


def _plans(options: ContractOptions) -> list[Plan]:
    _check_names("check", "--checks", options.checks, catalogue.checks())
    if options.spec and options.vendors:
        fail(
            "--spec and a vendor exclude each other",
            f"--spec {options.spec}",
            f"mockserver contract --spec {options.spec}",
            EXIT_USAGE,
        )
    if options.target and not options.spec and len(options.vendors) != 1:
        where = f"--target {line(options.target, 80)}"
        fail(
            "--target needs exactly one vendor",
            where,
            f"mockserver contract {vendor_packages()[0]} --target URL",
            EXIT_USAGE,
        )
    _check_names("vendor", "VENDOR", options.vendors, vendor_packages())
    try:
        rate = safety.rate(options.rate) if options.rate else None
    except ValueError as error:
        fail(str(error), "--rate", "--rate 20/s", EXIT_USAGE)
    names = [options.spec.stem] if options.spec else options.vendors or vendor_packages()
    checks, operations = frozenset(options.checks), frozenset(options.operations)
    effort = Effort(options.seed, options.max_examples, checks, operations, options.shrinks)
    return [
        Plan(
            name,
            options.spec,
            options.target,
            options.allowed,
            options.headers,
            rate,
            options.facts,
            effort,
            tuple(phase for phase in PHASES if not options.phases or phase in options.phases),
        )
        for name in names
    ]


def _select_plans(options: ContractOptions, plans: list[Plan]) -> list[tuple[Plan, Found]]:
    """Return the plans with their subjects, without those that have none of the selected operations."""
    try:
        read = [(plan, found(plan)) for plan in plans]
    except MockServerError as error:
        fail(line(str(error)), f"--spec {options.spec}", "a file of OpenAPI 3.0 or 3.1", EXIT_USAGE)
    if not options.operations:
        return read
    known = {name for _, about in read for name in about.contracted.spec.operations}
    _check_names("operation", "--operation", options.operations, sorted(known))
    wanted = set(options.operations)
    return [one for one in read if not wanted.isdisjoint(one[1].contracted.spec.operations)]


def _check_names(kind: str, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    names = list(known)
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=3) or names
            fail(f"no {kind} named {line(name, 80)}", where, f"one of {', '.join(near)}", EXIT_USAGE)


def _read_baseline(options: ContractOptions) -> tuple[Known, ...]:
    if not options.baseline:
        return ()
    try:
        return baseline.read(options.baseline)
    except Unreadable as error:
        fail(str(error), f"--baseline {options.baseline}", f"--write-baseline {options.baseline}", EXIT_USAGE)


def _run_session(plan: Plan, about: Found, known: tuple[Known, ...], before: list[Outcome]) -> Outcome:
    around = Around(os.environ, lambda text: click.echo(text, err=True), system_clock)
    target = f"--target {line(plan.target or '', 80)}"
    try:
        return outcome(visit(plan, about, around), known, before)
    except safety.Unsafe as error:
        fail(str(error), target, error.cure, EXIT_USAGE)
    except MissingCredentials as error:
        cure = " ".join(f"{name}=…" for name in error.names)
        fail(
            str(error),
            target,
            f"{cure} mockserver contract …     or set one to nothing to do without",
            EXIT_USAGE,
        )
    except Unreachable as error:
        fail(
            f"no server answers: {line(str(error))}",
            target,
            "mockserver run, or another address",
            EXIT_NO_SERVER,
        )
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except (MockServerError, UnreadableCredential) as error:
        fail(line(str(error)), f"--spec {plan.spec}" if plan.spec else plan.name, _HELP, EXIT_USAGE)


def _write_reports(options: ContractOptions, outcomes: list[Outcome], began: str) -> list[Path]:
    page = os.environ.get("GITHUB_STEP_SUMMARY", "")
    try:
        if page and options.summary == "auto":
            with Path(page).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(summary(outcomes))
        return write(options.reports, options.report_dir, outcomes, began) if options.reports else []
    except OSError as error:
        fail(
            f"reports cannot be written: {error}",
            f"--report-dir {options.report_dir}",
            "--report-dir DIR",
            EXIT_USAGE,
        )


def _write_baseline(file: Path, outcomes: list[Outcome], known: tuple[Known, ...]) -> None:
    """Write all findings, with known reasons; keep known differences that this run did not check."""
    differences = {
        Known(one.visit.contracted.name, row.operation, row.check.id, row.reason, row.fingerprint)
        for one in outcomes
        for row in one.rows
        if row.finding
    }
    met = {(one.vendor, one.operation, one.check) for one in differences}
    gone = {one for outcome in outcomes for one in outcome.gone}
    kept = [one for one in known if one not in gone and (one.vendor, one.operation, one.check) not in met]
    baseline.write(file, [*differences, *kept])
    click.echo(
        f"{counted(len(differences), 'known differences')} in {file}: say why in each reason", err=True
    )


def _exit(outcomes: list[Outcome]) -> None:
    stopped = next((one.visit.stopped for one in outcomes if one.visit.stopped), "")
    if stopped == INTERRUPTED:
        raise SystemExit(EXIT_INTERRUPTED)
    if stopped:
        fail(
            f"the server was lost: {line(stopped)}",
            outcomes[-1].visit.url,
            "run the same command again",
            EXIT_NO_SERVER,
        )
    if not any(one.rows for one in outcomes):
        fail(
            "nothing was checked: no check applies to the calls",
            "--checks, --operation, --phase",
            _HELP,
            EXIT_USAGE,
        )
    if any(one.having("FAIL") for one in outcomes):
        raise SystemExit(EXIT_FINDINGS)


def _colour() -> bool | None:
    """Return whether to print colours (NO_COLOR, FORCE_COLOR); None to decide by the stream."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None
