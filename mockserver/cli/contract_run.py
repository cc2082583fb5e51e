"""Execute `mockserver contract`: run sessions, print the table, write reports, exit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import click

from mockserver.cli.options import EXIT_FINDINGS, EXIT_NO_SERVER, EXIT_USAGE, fail
from mockserver.cli.options import EXIT_INTERRUPTED as BY_CTRL_C
from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.contract import catalogue, safety
from mockserver.contract.config import RunConfig
from mockserver.contract.credentials import UnreadableCredentialError
from mockserver.contract.report.document import report_document
from mockserver.contract.report.files import write_reports
from mockserver.contract.report.rows import RunOutcome, run_outcome
from mockserver.contract.report.summary import markdown_summary
from mockserver.contract.report.terminal import summary_line, table_lines
from mockserver.contract.report.text import counted, one_line
from mockserver.contract.runner import PHASES
from mockserver.contract.session import baseline
from mockserver.contract.session.baseline import KnownFindings, UnreadableBaselineError
from mockserver.contract.session.plan import SessionPlan
from mockserver.contract.session.session import (
    INTERRUPTED,
    MissingCredentialsError,
    SessionContext,
    SessionSubject,
    load_session_subject,
    run_session,
)
from mockserver.contract.target import TargetUnreachableError
from mockserver.engine.registry import vendor_packages
from mockserver.errors import MockServerError
from mockserver.sandbox.clock import system_clock

_HELP = "mockserver contract --help"


@dataclass(frozen=True, slots=True)
class ContractOptions:
    """The command line, read but not judged; see `contract` for the words."""

    vendors: tuple[str, ...]
    target: str | None
    allowed: tuple[str, ...]
    spec: Path | None
    headers: Mapping[str, str]
    seed: int
    max_examples: int
    only: tuple[str, ...]
    operations: tuple[str, ...]
    phases: tuple[str, ...]
    shrinks: bool
    facts: Mapping[str, str]
    rate: str | None
    baseline: Path | None
    write_baseline: Path | None
    reports: tuple[str, ...]
    folder: Path
    summary: str
    as_json: bool
    quiet: bool


def run_contract(options: ContractOptions) -> None:
    """Do what was asked; ends with the exit status, where that is not 0."""
    plans = _select_plans(options, _plans(options))
    known = _read_baseline(options)
    began = print_instant(system_clock())
    outcomes: list[RunOutcome] = []
    for plan, about in plans:
        outcomes.append(_run_session(plan, about, known, outcomes))
        if not options.as_json:
            for told in table_lines(
                outcomes[-1], options.folder if options.reports else None, quiet=options.quiet
            ):
                click.echo(told, color=_colour())
        if outcomes[-1].session.stopped:
            break
    files = _write_reports(options, outcomes, began)
    if options.as_json:
        click.echo(json.encode(report_document(outcomes, began)).decode())
    else:
        click.echo(summary_line(outcomes, files))
    if options.write_baseline:
        _write_baseline(options.write_baseline, outcomes, known)
    _exit(outcomes)


def _plans(options: ContractOptions) -> list[SessionPlan]:
    _check_names("check", "--only", options.only, catalogue.all_checks())
    if options.spec and options.vendors:
        fail(
            "a spec and a vendor are given",
            f"--spec {options.spec}",
            f"mockserver contract --spec {options.spec}",
            EXIT_USAGE,
        )
    if options.target and not options.spec and len(options.vendors) != 1:
        where = f"--target {one_line(options.target, 80)}"
        fail(
            "an address is one vendor's",
            where,
            f"mockserver contract {vendor_packages()[0]} --target URL",
            EXIT_USAGE,
        )
    _check_names("vendor", "VENDOR", options.vendors, vendor_packages())
    try:
        rate = safety.parse_rate(options.rate) if options.rate else None
    except ValueError as error:
        fail(str(error), "--rate", "--rate 20/s", EXIT_USAGE)
    names = [options.spec.stem] if options.spec else options.vendors or vendor_packages()
    checks, operations = frozenset(options.only), frozenset(options.operations)
    effort = RunConfig(options.seed, options.max_examples, checks, operations, options.shrinks)
    return [
        SessionPlan(
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


def _select_plans(
    options: ContractOptions, plans: list[SessionPlan]
) -> list[tuple[SessionPlan, SessionSubject]]:
    """Return the plans with their APIs, without plans that contain none of the requested operations."""
    try:
        read = [(plan, load_session_subject(plan)) for plan in plans]
    except MockServerError as error:
        fail(one_line(str(error)), f"--spec {options.spec}", "a file of OpenAPI 3.0 or 3.1", EXIT_USAGE)
    if not options.operations:
        return read
    there = {name for _, about in read for name in about.api.spec.operations}
    _check_names("operation", "--operation", options.operations, sorted(there))
    wanted = set(options.operations)
    return [one for one in read if not wanted.isdisjoint(one[1].api.spec.operations)]


def _check_names(kind: str, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    for name in given:
        if name not in there:
            near = get_close_matches(name, there, n=3) or there
            fail(f"no {kind} named {one_line(name, 80)}", where, f"one of {', '.join(near)}", EXIT_USAGE)


def _read_baseline(options: ContractOptions) -> tuple[KnownFindings, ...]:
    if not options.baseline:
        return ()
    try:
        return baseline.read_baseline(options.baseline)
    except UnreadableBaselineError as error:
        fail(str(error), f"--baseline {options.baseline}", f"--write-baseline {options.baseline}", EXIT_USAGE)


def _run_session(
    plan: SessionPlan, about: SessionSubject, known: tuple[KnownFindings, ...], before: list[RunOutcome]
) -> RunOutcome:
    around = SessionContext(os.environ, lambda told: click.echo(told, err=True), system_clock)
    target = f"--target {one_line(plan.target or '', 80)}"
    try:
        return run_outcome(run_session(plan, about, around), known, before)
    except safety.UnsafeTargetError as error:
        fail(str(error), target, error.cure, EXIT_USAGE)
    except MissingCredentialsError as error:
        cure = " ".join(f"{name}=…" for name in error.names)
        fail(
            str(error),
            target,
            f"{cure} mockserver contract …     or set one to nothing to do without",
            EXIT_USAGE,
        )
    except TargetUnreachableError as error:
        fail(
            f"no server answers: {one_line(str(error))}",
            target,
            "mockserver run, or another address",
            EXIT_NO_SERVER,
        )
    except KeyboardInterrupt:
        raise SystemExit(BY_CTRL_C) from None
    except (MockServerError, UnreadableCredentialError) as error:
        fail(one_line(str(error)), f"--spec {plan.spec}" if plan.spec else plan.name, _HELP, EXIT_USAGE)


def _write_reports(options: ContractOptions, outcomes: list[RunOutcome], began: str) -> list[Path]:
    page = os.environ.get("GITHUB_STEP_SUMMARY", "")
    try:
        if page and options.summary == "auto":
            with Path(page).open("a", encoding="utf-8", errors="backslashreplace") as told:
                told.write(markdown_summary(outcomes))
        return write_reports(options.reports, options.folder, outcomes, began) if options.reports else []
    except OSError as error:
        fail(
            f"reports cannot be written: {error}",
            f"--report-dir {options.folder}",
            "--report-dir DIR",
            EXIT_USAGE,
        )


def _write_baseline(file: Path, outcomes: list[RunOutcome], known: tuple[KnownFindings, ...]) -> None:
    """Write the findings as a baseline; keep known reasons, and findings that this run did not look at."""
    differences = {
        KnownFindings(one.session.api.name, row.operation, row.check.id, row.reason, row.fingerprint)
        for one in outcomes
        for row in one.rows
        if row.finding
    }
    met = {(one.vendor, one.operation, one.check) for one in differences}
    gone = {one for outcome in outcomes for one in outcome.resolved}
    kept = [one for one in known if one not in gone and (one.vendor, one.operation, one.check) not in met]
    baseline.write_baseline(file, [*differences, *kept])
    click.echo(
        f"{counted(len(differences), 'known differences')} in {file}: say why in each reason",
        err=True,
    )


def _exit(outcomes: list[RunOutcome]) -> None:
    stopped = next((one.session.stopped for one in outcomes if one.session.stopped), "")
    if stopped == INTERRUPTED:
        raise SystemExit(BY_CTRL_C)
    if stopped:
        fail(
            f"the server was lost: {one_line(stopped)}",
            outcomes[-1].session.url,
            "the same line again",
            EXIT_NO_SERVER,
        )
    if not any(one.rows for one in outcomes):
        fail(
            "nothing was judged: no check fits what was called",
            "--only, --operation, --phase",
            _HELP,
            EXIT_USAGE,
        )
    if any(one.having("FAIL") for one in outcomes):
        raise SystemExit(EXIT_FINDINGS)


def _colour() -> bool | None:
    """Return what NO_COLOR and FORCE_COLOR say; None: as the stream is."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None
