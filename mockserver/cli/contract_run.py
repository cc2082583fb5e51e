"""Run contract sessions with progress, results and reports, for `mockserver contract`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.options import EXIT_FINDINGS, EXIT_NO_SERVER, check_known, fail, fail_usage
from mockserver.cli.options import EXIT_INTERRUPTED as BY_CTRL_C
from mockserver.cli.output import ProgressLine, append_step_summary, read_known, write_json, write_lines
from mockserver.codec.instants import print_instant
from mockserver.contract import baseline, safety
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.baseline import KnownFindings, entry_of
from mockserver.contract.credentials import UnreadableCredentialError
from mockserver.contract.exchange import Finding, TargetUnreachableError, all_checks, current_id
from mockserver.contract.facts import MissingFactsError
from mockserver.contract.failure_search import scratch_folder
from mockserver.contract.report.files import write_reports
from mockserver.contract.report.github import annotation_lines, markdown_summary
from mockserver.contract.report.results import (
    RunningState,
    RunOutcome,
    duration,
    failure_line,
    operation_label,
    part_line,
    report_document,
    run_outcome,
)
from mockserver.contract.report.terminal import closing_lines, failure_lines, vendor_lines
from mockserver.contract.report.text import counted, one_line
from mockserver.contract.run_state import PartResult, RunConfig, RunObserver, RunPart
from mockserver.contract.runner import PHASES, usual_workers
from mockserver.contract.session import (
    INTERRUPTED,
    QUICK_EXAMPLES,
    MissingCredentialsError,
    Session,
    SessionContext,
    SessionPlan,
    broken_session,
    load_session_api,
    run_session,
)
from mockserver.engine.registry import vendor_names
from mockserver.errors import BrokenRunError, MockServerError
from mockserver.model import Value
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.spec.loading import vendor_name
from mockserver.spec.marks import AS_WRITTEN, NO_BATCH

_HELP = "mockserver contract --help"
_PROFILE_HELP = "what docs/own-spec.md says of x-contract"

_BETWEEN, _LINES = timedelta(milliseconds=100), timedelta(seconds=1)
"""Minimum time between two texts of a progress line: if the line is live, and if the line is not live."""

_LONG_S = 60


class ContractOptions(Value, frozen=True):
    """Options of `mockserver contract`, not yet checked for conflicts. `contract.py` explains each option."""

    vendors: tuple[str, ...]
    target: str | None
    allowed: tuple[str, ...]
    spec: Path | None
    overlays: tuple[Path, ...]
    profile: Path | None
    headers: Mapping[str, str]
    seed: int
    max_examples: int
    only: tuple[str, ...]
    operations: tuple[str, ...]
    parts: tuple[str, ...]
    quick: bool
    phases: tuple[str, ...]
    shrinks: bool
    workers: int | None
    facts: Mapping[str, str]
    rate: str | None
    baseline: Path | None
    write_baseline: Path | None
    reports: tuple[str, ...]
    folder: Path
    summary: str
    as_json: bool
    quiet: bool
    verbose: bool


def run_contract(options: ContractOptions, line: ProgressLine) -> None:
    """Run the suite, and raise SystemExit if the exit status is not 0."""
    with termination_as_interrupt(), scratch_folder(os.environ):
        wanted = _plans(options)
        with line.showing(f"loading {', '.join(plan.name for plan in wanted)}…", stays=True):
            plans = _select_plans(options, wanted)
        known = read_known(options.baseline, KnownFindings)
        began = print_instant(system_clock())
        shorter = "" if options.quick else "; --quick takes about half a minute"
        observer = RunObserver() if line.is_silent else ContractProgress(line, known, system_clock, shorter)
        context = SessionContext(os.environ, _say(line), system_clock, observer)
        outcomes: list[RunOutcome] = []
        try:
            for session in _sessions(plans, context, line):
                outcomes.append(run_outcome(session, known, outcomes))
                if not (options.as_json or options.quiet):
                    write_lines(vendor_lines(outcomes[-1], verbose=options.verbose))
        except BaseException:
            if outcomes:
                _write_reports(options, outcomes, began)
            raise
        _finish(options, outcomes, began)
        if options.write_baseline:
            _write_baseline(options.write_baseline, outcomes, known)
        _exit(options, outcomes, planned=len(plans))


def _sessions(
    plans: list[tuple[SessionPlan, ApiUnderTest]], context: SessionContext, line: ProgressLine
) -> Iterator[Session]:
    """Run the plans in order and yield their sessions. Stop after the first session that ends early.

    If Ctrl-C comes before the first call of a session, end without this session.
    """
    for plan, api in plans:
        try:
            session = _run_session(plan, api, context, line)
        except KeyboardInterrupt:
            click.echo(f"note: {plan.name}: interrupted before its first call", err=True)
            return
        session.ledger.notes.extend(_unrecognised_batches(plan, api))
        yield session
        if session.stopped:
            return


def _unrecognised_batches(plan: SessionPlan, api: ApiUnderTest) -> Iterator[str]:
    """Yield a note for each called operation of an own file that only looks like a batch."""
    if plan.spec is None:
        return
    from mockserver.cli.spec_suggest import suggest_batches

    files = " --overlay ".join(shlex.quote(str(file)) for file in (plan.spec, *plan.overlays))
    for one in suggest_batches(api.spec):
        is_clear = one.operation.batch or one.operation.node.get(NO_BATCH) == AS_WRITTEN
        if not is_clear and plan.run_config.calls(one.operation.id):
            yield (
                f"{operation_label(api, one.operation.id)} looks like a batch ({one.confidence} %) and was "
                f"tested as a single call; mockserver spec suggest {files} > batches.yaml, "
                "then --overlay batches.yaml"
            )


def _finish(options: ContractOptions, outcomes: list[RunOutcome], began: str) -> None:
    files, broken = _write_reports(options, outcomes, began)
    if options.as_json:
        write_json(report_document(outcomes, began))
    else:
        write_lines(failure_lines(outcomes, options.folder if options.reports else None))
        write_lines(closing_lines(outcomes, files))
    if os.environ.get("GITHUB_ACTIONS") == "true" and options.summary == "auto":
        write_lines(annotation_lines(outcomes), err=True)
    if broken:
        raise broken


def _plans(options: ContractOptions) -> list[SessionPlan]:
    only = _check_ids(options.only)
    _check_subjects(options)
    try:
        rate = safety.parse_rate(options.rate) if options.rate else None
    except ValueError as error:
        fail_usage(str(error), "--rate", "--rate 20/s")
    names = [vendor_name(options.spec)] if options.spec else options.vendors or vendor_names()
    operations = frozenset(options.operations)
    # A given target gets one call at a time, unless --workers says otherwise.
    workers = options.workers or (1 if options.target or rate else usual_workers())
    effort = RunConfig(
        options.seed,
        min(options.max_examples, QUICK_EXAMPLES) if options.quick else options.max_examples,
        only,
        operations,
        options.shrinks,
        workers,
        parts=frozenset(options.parts),
    )
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
            options.profile,
            is_quick=options.quick,
            overlays=options.overlays,
        )
        for name in names
    ]


def _check_subjects(options: ContractOptions) -> None:
    """End with exit 2 if vendors and options cannot be combined, or a vendor is unknown."""
    spec, profile = f"--spec {options.spec}", f"--profile {options.profile}"
    if options.spec and options.vendors:
        fail_usage("--spec and a vendor exclude each other", spec, f"mockserver contract {spec}")
    if not options.spec and len(options.vendors) != 1:
        for flag, given, where, cure in (
            ("--target", options.target, _target(options.target), f"{vendor_names()[0]} --target URL"),
            ("--profile", options.profile, profile, f"--spec FILE {profile}"),
            ("--overlay", options.overlays, "--overlay", "--spec FILE --overlay OVERLAY"),
        ):
            if given:
                what = f"{flag} needs exactly one vendor, or --spec"
                fail_usage(what, where, f"mockserver contract {cure}")
    more = ", or --spec FILE for your own spec"
    check_known("vendor", "VENDOR", options.vendors, vendor_names(), more)


def _target(url: str | None) -> str:
    return f"--target {one_line(url or '', 80)}"


def _select_plans(
    options: ContractOptions, plans: list[SessionPlan]
) -> list[tuple[SessionPlan, ApiUnderTest]]:
    """Return the plans with their APIs. If operations are requested, skip APIs that have none of them."""
    try:
        read = [(plan, load_session_api(plan)) for plan in plans]
    except MockServerError as error:
        _fail_to_load(options, one_line(str(error), 400))
    _check_facts(options, read)
    there = {name for _, api in read for name in api.spec.operations}
    check_known("operation", "--operation", options.operations, sorted(there))
    check_known("part", "--part", options.parts, [*sorted(there), "links"])
    wanted = {*options.operations, *options.parts} - {"links"}
    if not wanted:
        return read
    return [one for one in read if not wanted.isdisjoint(one[1].spec.operations)]


def _check_facts(options: ContractOptions, read: list[tuple[SessionPlan, ApiUnderTest]]) -> None:
    """End with exit 2 if the options name a fact that no profile has: such a fact would change nothing."""
    known = sorted({name for _, api in read for name in api.profile.facts})
    if options.facts and not known:
        what = f"no fact is needed for {', '.join(plan.name for plan, _ in read)}"
        fail_usage(what, f"--fact {one_line(next(iter(options.facts)), 80)}", "the same without --fact")
    check_known("fact", "--fact", options.facts, known)


def _fail_to_load(options: ContractOptions, what: str) -> NoReturn:
    if options.profile and what.startswith(f"{options.profile.name}: "):
        fail_usage(what, f"--profile {options.profile}", _PROFILE_HELP)
    for file in options.overlays:
        if what.startswith(f"{file.name}: "):
            fail_usage(what, f"--overlay {file}", "what docs/your-own-api.md says of overlays")
    if what.startswith("the fact "):
        fail_usage(what, "--fact", "--fact NAME=TEXT with a text of that kind")
    if "x-contract" in what:
        fail_usage(what, f"--spec {options.spec}", _PROFILE_HELP)
    fail_usage(what, f"--spec {options.spec}", f"mockserver spec check {options.spec}")


def _check_ids(given: Iterable[str]) -> frozenset[str]:
    """Return the current ids of the checks; print a note on stderr for each id of an earlier version."""
    ids = []
    for name in given:
        ids.append(current_id(name))
        if ids[-1] != name:
            click.echo(f"note: --only {name} is called {ids[-1]} now", err=True)
    check_known("check", "--only", ids, all_checks())
    return frozenset(ids)


def _run_session(
    plan: SessionPlan, api: ApiUnderTest, context: SessionContext, line: ProgressLine
) -> Session:
    target = _target(plan.target)
    try:
        with line.showing(f"{plan.name}: starting…"):
            return run_session(plan, api, context)
    except safety.UnsafeTargetError as error:
        fail_usage(str(error), target, error.cure)
    except MissingCredentialsError as error:
        again = " ".join([*(f"{name}=…" for name in error.names), "mockserver contract …"])
        cure = f"{again}     or set one to nothing to skip the operations that need it"
        fail_usage(str(error), target, cure)
    except MissingFactsError as error:
        what = f"what valid items of {plan.name} rely on is not there: {one_line(str(error), 400)}"
        fail_usage(what, target if plan.target else plan.name, one_line(error.cure, 400))
    except TargetUnreachableError as error:
        cure = "start it with mockserver run, or give another address"
        fail(f"no server answers: {one_line(str(error))}", target, cure, EXIT_NO_SERVER)
    except (MockServerError, UnreadableCredentialError) as error:
        fail_usage(one_line(str(error)), f"--spec {plan.spec}" if plan.spec else plan.name, _HELP)
    except BrokenPipeError:
        raise
    except Exception as fault:  # noqa: BLE001 - ours; it is raised again once the reports are written
        return broken_session(plan, api, fault)


def _say(line: ProgressLine) -> Callable[[str], None]:
    """Return a function that clears the progress line and prints a text to stderr."""

    def say(told: str) -> None:
        line.clear()
        click.echo(told, err=True)

    return say


def _write_reports(
    options: ContractOptions, outcomes: list[RunOutcome], began: str
) -> tuple[list[Path], BrokenRunError | None]:
    written: tuple[list[Path], BrokenRunError | None] = [], None
    try:
        if options.reports:
            written = write_reports(options.reports, options.folder, outcomes, began)
        if options.summary == "auto":
            append_step_summary(markdown_summary(outcomes))
    except OSError as error:
        where = f"--report-dir {options.folder}"
        fail_usage(f"reports cannot be written: {error}", where, "--report-dir DIR")
    return written


def _write_baseline(file: Path, outcomes: list[RunOutcome], known: tuple[KnownFindings, ...]) -> None:
    """Write a baseline of the run's findings, with the reasons that `known` has for them.

    The baseline also contains the findings in `known` whose checks this run did not make.
    """
    differences = {
        KnownFindings(outcome.session.api.name, row.operation, row.check.id, row.fingerprint, row.reason)
        for outcome in outcomes
        for row in outcome.rows
        if row.finding
    }
    met = {(difference.vendor, difference.operation, difference.check) for difference in differences}
    gone = {one for outcome in outcomes for one in outcome.resolved}
    kept = [one for one in known if one not in gone and (one.vendor, one.operation, one.check) not in met]
    baseline.write_baseline(file, [*differences, *kept])
    written = counted(len(differences), "known differences")
    click.echo(f"{written} written to {file}: give each a reason", err=True)


def _exit(options: ContractOptions, outcomes: list[RunOutcome], *, planned: int) -> None:
    """If a session did not end, no check ran, or a check failed, raise SystemExit or a session's fault."""
    stopped = next((outcome.session.stopped for outcome in outcomes if outcome.session.stopped), "")
    is_interrupted = not stopped and len(outcomes) < planned
    if is_interrupted or stopped == INTERRUPTED:
        raise SystemExit(BY_CTRL_C)
    if fault := outcomes[-1].session.ledger.fault if outcomes else None:
        raise fault
    if stopped:
        what, where = f"the server stopped answering: {one_line(stopped)}", outcomes[-1].session.where
        fail(what, where, "the same command again, once the server answers", EXIT_NO_SERVER)
    if not any(outcome.rows for outcome in outcomes):
        given = [
            *(f"--operation {one_line(name, 80)}" for name in options.operations),
            *(f"--part {one_line(name, 80)}" for name in options.parts),
            *(f"--phase {name}" for name in options.phases),
            *(f"--only {name}" for name in options.only),
        ]
        selection = " with ".join(f"`{one}`" for one in given) or "this spec"
        where = ", ".join(one.partition(" ")[0] for one in given) or "VENDOR"
        cure = "fewer of these options     mockserver contract --help lists them"
        fail_usage(f"No checks ran: none applies to {selection}.", where, cure)
    if any(outcome.having("FAIL") for outcome in outcomes):
        raise SystemExit(EXIT_FINDINGS)


@dataclass(eq=False)
class ContractProgress(RunObserver):
    """Observer that shows the progress of a run. Findings in `known` do not count as failures."""

    line: ProgressLine
    known: tuple[KnownFindings, ...]
    clock: Clock
    shorter: str = ""
    """Text that follows the estimated duration of a run that takes more than a minute."""
    _state: RunningState = field(init=False)
    _drawn: datetime | None = field(default=None, init=False)

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        self._state = RunningState(api, self.clock(), secrets)

    def run_planned(self, calls: int) -> None:
        self._state.planned = calls

    def part_began(self, part: RunPart) -> None:
        self._state.enter(part, self.clock())
        if self.line.is_live:
            self._draw(self.clock())

    def call_made(self, number: int = 1) -> None:
        state, now = self._state, self.clock()
        state.calls += number
        state.first_call = state.first_call or now
        if not state.is_estimated and (left := state.seconds_left(now)) is not None:
            state.is_estimated = True
            hint = self.shorter if left > _LONG_S else ""
            self.line.write(f"{state.api.name}: about {state.planned:,} calls, {duration(left)}{hint}")
        if self._drawn is None or now - self._drawn >= (_BETWEEN if self.line.is_live else _LINES):
            self._draw(now)

    def step_began(self) -> None:
        self._state.step += 1

    def check_failed(self, finding: Finding) -> None:
        if self._fails(self._state.api, finding):
            self._state.failures += 1
            self.line.write(failure_line(self._state.api, finding, self._state.secrets))

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        """Write a line about the part, unless the progress line is live or the part made no call."""
        state = self._state
        state.planned += result.calls - part.calls
        if self.line.is_live or not state.part_began or not (result.calls or result.broken):
            return
        failed = sum(self._fails(state.api, one) for one in result.broken)
        here = (self.clock() - state.part_began).total_seconds()
        seconds = here if result.seconds is None else result.seconds
        self.line.write(part_line(state.api, part, result, failed, seconds))

    def _fails(self, api: ApiUnderTest, finding: Finding) -> bool:
        return not any(one.covers(entry_of(api, finding)) for one in self.known)

    def _draw(self, now: datetime) -> None:
        if self.line.is_live:
            self.line.show(self._state.line(now))
        elif self._drawn:
            self.line.write(self._state.line(now))
        self._drawn = now
