"""`mockserver contract`, done: a visit for each API, the table, the reports, the exit status."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import click

from mockserver.clock import print_instant, system_clock
from mockserver.codec import json
from mockserver.commands.conventions import fail
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
from mockserver.errors import MockServerError
from mockserver.exits import FOUND, NO_SERVER, USAGE
from mockserver.exits import INTERRUPTED as BY_CTRL_C
from mockserver.served import packages

_HELP = "mockserver contract --help"


@dataclass(frozen=True, slots=True)
class Asked:
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


def contracting(asked: Asked) -> None:
    """Do what was asked; ends with the exit status, where that is not 0."""
    plans = _picked(asked, _plans(asked))
    known = _known(asked)
    began = print_instant(system_clock())
    outcomes: list[Outcome] = []
    for plan, about in plans:
        outcomes.append(_visited(plan, about, known, outcomes))
        if not asked.as_json:
            for told in lines(outcomes[-1], asked.folder if asked.reports else None, quiet=asked.quiet):
                click.echo(told, color=_colour())
        if outcomes[-1].visit.stopped:
            break
    files = _reported(asked, outcomes, began)
    if asked.as_json:
        click.echo(json.encode(document(outcomes, began)).decode())
    else:
        click.echo(summed(outcomes, files))
    if asked.write_baseline:
        _write_baseline(asked.write_baseline, outcomes, known)
    _end(outcomes)


def _plans(asked: Asked) -> list[Plan]:
    _check_names("check", "--only", asked.only, catalogue.checks())
    if asked.spec and asked.vendors:
        fail(
            "a spec and a vendor are given",
            f"--spec {asked.spec}",
            f"mockserver contract --spec {asked.spec}",
            USAGE,
        )
    if asked.target and not asked.spec and len(asked.vendors) != 1:
        where = f"--target {line(asked.target, 80)}"
        fail("an address is one vendor's", where, f"mockserver contract {packages()[0]} --target URL", USAGE)
    _check_names("vendor", "VENDOR", asked.vendors, packages())
    try:
        rate = safety.rate(asked.rate) if asked.rate else None
    except ValueError as error:
        fail(str(error), "--rate", "--rate 20/s", USAGE)
    names = [asked.spec.stem] if asked.spec else asked.vendors or packages()
    checks, operations = frozenset(asked.only), frozenset(asked.operations)
    effort = Effort(asked.seed, asked.max_examples, checks, operations, asked.shrinks)
    return [
        Plan(
            name,
            asked.spec,
            asked.target,
            asked.allowed,
            asked.headers,
            rate,
            asked.facts,
            effort,
            tuple(phase for phase in PHASES if not asked.phases or phase in asked.phases),
        )
        for name in names
    ]


def _picked(asked: Asked, plans: list[Plan]) -> list[tuple[Plan, Found]]:
    """The plans with what they are about, without those that have none of the operations asked for."""
    try:
        read = [(plan, found(plan)) for plan in plans]
    except MockServerError as error:
        fail(line(str(error)), f"--spec {asked.spec}", "a file of OpenAPI 3.0 or 3.1", USAGE)
    if not asked.operations:
        return read
    there = {name for _, about in read for name in about.contracted.spec.operations}
    _check_names("operation", "--operation", asked.operations, sorted(there))
    wanted = set(asked.operations)
    return [one for one in read if not wanted.isdisjoint(one[1].contracted.spec.operations)]


def _check_names(kind: str, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    for name in given:
        if name not in there:
            near = get_close_matches(name, there, n=3) or there
            fail(f"no {kind} named {line(name, 80)}", where, f"one of {', '.join(near)}", USAGE)


def _known(asked: Asked) -> tuple[Known, ...]:
    if not asked.baseline:
        return ()
    try:
        return baseline.read(asked.baseline)
    except Unreadable as error:
        fail(str(error), f"--baseline {asked.baseline}", f"--write-baseline {asked.baseline}", USAGE)


def _visited(plan: Plan, about: Found, known: tuple[Known, ...], before: list[Outcome]) -> Outcome:
    around = Around(os.environ, lambda told: click.echo(told, err=True), system_clock)
    target = f"--target {line(plan.target or '', 80)}"
    try:
        return outcome(visit(plan, about, around), known, before)
    except safety.Unsafe as error:
        fail(str(error), target, error.cure, USAGE)
    except MissingCredentials as error:
        cure = " ".join(f"{name}=…" for name in error.names)
        fail(
            str(error), target, f"{cure} mockserver contract …     or set one to nothing to do without", USAGE
        )
    except Unreachable as error:
        fail(
            f"no server answers: {line(str(error))}", target, "mockserver run, or another address", NO_SERVER
        )
    except KeyboardInterrupt:
        raise SystemExit(BY_CTRL_C) from None
    except (MockServerError, UnreadableCredential) as error:
        fail(line(str(error)), f"--spec {plan.spec}" if plan.spec else plan.name, _HELP, USAGE)


def _reported(asked: Asked, outcomes: list[Outcome], began: str) -> list[Path]:
    page = os.environ.get("GITHUB_STEP_SUMMARY", "")
    try:
        if page and asked.summary == "auto":
            with Path(page).open("a", encoding="utf-8", errors="backslashreplace") as told:
                told.write(summary(outcomes))
        return write(asked.reports, asked.folder, outcomes, began) if asked.reports else []
    except OSError as error:
        fail(f"reports cannot be written: {error}", f"--report-dir {asked.folder}", "--report-dir DIR", USAGE)


def _write_baseline(file: Path, outcomes: list[Outcome], known: tuple[Known, ...]) -> None:
    """What was found, with the reasons that were known of it; what this run did not look at stays."""
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


def _end(outcomes: list[Outcome]) -> None:
    stopped = next((one.visit.stopped for one in outcomes if one.visit.stopped), "")
    if stopped == INTERRUPTED:
        raise SystemExit(BY_CTRL_C)
    if stopped:
        fail(
            f"the server was lost: {line(stopped)}", outcomes[-1].visit.url, "the same line again", NO_SERVER
        )
    if not any(one.rows for one in outcomes):
        fail(
            "nothing was judged: no check fits what was called", "--only, --operation, --phase", _HELP, USAGE
        )
    if any(one.having("FAIL") for one in outcomes):
        raise SystemExit(FOUND)


def _colour() -> bool | None:
    """What NO_COLOR and FORCE_COLOR say; None: as the stream is."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None
