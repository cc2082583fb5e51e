"""Run a drill: start the server, run the client against the cases in parallel, write the result."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, NoReturn

from msgspec.structs import replace

from mockserver.cli.drill_report.files import KINDS, report_document, write_reports
from mockserver.cli.drill_report.github import annotation_lines, markdown_summary
from mockserver.cli.drill_report.results import DrillReport, KnownFault
from mockserver.cli.drill_report.terminal import cause_lines, closing_lines, row_line
from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.main import DEFAULT_TLS_DIR
from mockserver.cli.options import (
    DRILL_TIMEOUT_S,
    EXIT_FINDINGS,
    EXIT_NO_SERVER,
    EXIT_REFUSED,
    REPEAT_AFTER_S,
    check_known,
    fail,
    fail_usage,
    vendor_names,
)
from mockserver.cli.output import append_step_summary, open_progress_line, read_known, write_json, write_lines
from mockserver.codec import yaml
from mockserver.codec.instants import print_instant
from mockserver.contract.baseline import write_baseline
from mockserver.contract.examples import ProfileExamples
from mockserver.contract.report.text import counted
from mockserver.drill.cases import SCENARIO_NAME
from mockserver.errors import MockServerError
from mockserver.installation import extra_command
from mockserver.model import Json, Value
from mockserver.sandbox.clock import system_clock
from mockserver.server.application import Application, Options, create_app
from mockserver.server.forwarding import ForwardRules
from mockserver.server.listening import Certificate, StartupError, make_certificate
from mockserver.spec.loading import vendor_name
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.control_client import ControlClient, ControlPlaneError, ServerUnreachableError
from mockserver.testing.drill import (
    SILENT,
    Case,
    Client,
    Drill,
    DrillTarget,
    Ending,
    Plan,
    Result,
    list_cases,
)
from mockserver.testing.server import TOKEN_VARIABLE
from mockserver.testing.threaded_server import run_in_thread

_FILE_SUFFIXES = (".yaml", ".yml", ".json")
_MAX_SANDBOXES = 100_000
_SHORTEST_SECRET = 8
_OF_PATHS, _OF_ACCESS = ("not-found", "method-not-allowed"), ("unauthorized", "forbidden")
_FIRST_FAILURE = 500
_OF_RECORDS = (None, "not-found", "rejected")
"""Refusals of a call that records of `--setup` may cure; None for a call that was not refused."""


class DrillOptions(Value, frozen=True):
    vendor: str
    """Name of a vendor, or a spec file."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cases: tuple[str, ...]
    tags: tuple[str, ...]
    lists: bool
    jobs: int
    timeout_s: float
    webhook: str
    setup: Path | None
    repeats: int
    expected: Mapping[str, Json]
    """What the run without faults must store: `items`, `sum`, or both."""
    repeat_after_s: float
    until_idle_s: float | None
    """Seconds without a call after which the client is ended; None if it ends by itself."""
    against: str
    """URL of a running server; "" means that the drill starts a server."""
    forward: str
    """Address of the real server that answers the client's calls; "" means that the mock answers them."""
    remote_hosts: tuple[str, ...]
    specs: tuple[Path, ...]
    overlays: tuple[Path, ...]
    assumptions: Mapping[str, str]
    explore: int
    seed: int
    scenario_file: Path | None
    pytest_file: Path | None
    reports: tuple[str, ...]
    folder: Path
    baseline: Path | None
    write_baseline: Path | None
    as_json: bool
    verbose: bool

    @property
    def needed_again(self) -> tuple[str, ...]:
        """Vendor or file, and options, of the command that repeats a case."""
        expected = ",".join(f"{name}={value}" for name, value in self.expected.items())
        options: Mapping[str, Sequence[object]] = {
            "--specs": self.specs,
            "--overlay": self.overlays,
            "--against": [self.against] if self.against else [],
            "--forward": [self.forward] if self.forward else [],
            "--allow-remote": self.remote_hosts,
            "--webhook": [self.webhook] if self.webhook else [],
            "--env": [f"{name}={text}" for name, text in self.environment.items()],
            "--setup": [self.setup] if self.setup else [],
            "--assume": [f"{name}={value}" for name, value in self.assumptions.items()],
            "--expect": [expected] if expected else [],
            "--repeat": [self.repeats] if self.repeats > 1 else [],
            "--repeat-after": [f"{self.repeat_after_s:g}"] if self.repeat_after_s != REPEAT_AFTER_S else [],
            "--until-idle": [f"{self.until_idle_s:g}"] if self.until_idle_s is not None else [],
            "--timeout": [f"{self.timeout_s:g}"] if self.timeout_s != DRILL_TIMEOUT_S else [],
        }
        words = (str(word) for name, given in options.items() for one in given for word in (name, one))
        return self.vendor, *words


class DrillServer(NamedTuple):
    control: ControlClient
    vendor: str
    app: Application | None
    """The started application, or None if the server was running before the drill."""


def _is_file(vendor: str) -> bool:
    return vendor.endswith(_FILE_SUFFIXES)


def create_vendor_app(vendor: str, specs: tuple[Path, ...], **settings: Any) -> Application:
    """Build a server for one vendor, or one OpenAPI file, which is also served directly under /.

    End the command if the vendor cannot be served. `settings` are further members of `Options`.
    """
    name, known = vendor_name(Path(vendor)) if _is_file(vendor) else vendor, vendor_names(specs)
    if not _is_file(vendor):
        check_known("vendor", "VENDOR", [name], known, ", or an OpenAPI file")
    files = (Path(vendor),) if _is_file(vendor) else ()
    served = Options(vendors=(name,), specs=specs, files=files, at_root=name, hosts=("127.0.0.1",))
    try:
        return create_app(dataclasses.replace(served, examples=ProfileExamples, **settings))
    except StartupError as error:
        fail_usage(str(error), error.where, error.cure)
    except MockServerError as error:
        fail_usage(str(error), vendor, "mockserver spec check FILE")


@contextmanager
def open_server(options: DrillOptions) -> Iterator[DrillServer]:
    """Use the server of `--against`, or start a server. End the command if the vendor cannot be served."""
    unused = (("--against", options.against), ("--setup", options.setup), ("--webhook", options.webhook))
    for given, word in unused if options.forward else ():
        if word:
            cure = f"mockserver drill {options.vendor} --forward {options.forward}"
            fail_usage(f"the real server answers, so {given} changes nothing", f"{given} {word}", cure)
    if options.against:
        name = vendor_name(Path(options.vendor)) if _is_file(options.vendor) else options.vendor
        yield DrillServer(ControlClient(options.against, os.environ.get(TOKEN_VARIABLE, "")), name, None)
        return
    app = create_vendor_app(
        options.vendor,
        specs=options.specs,
        overlays=options.overlays,
        max_sandboxes=_MAX_SANDBOXES,
        remote_hosts=options.remote_hosts,
        forward=ForwardRules(options.forward) if options.forward else None,
    )
    name = app.asgi.at_root
    with run_in_thread(app) as url:
        yield DrillServer(ControlClient(url), name, app)


def make_client(options: DrillOptions, server: DrillServer, groups: ProcessGroups) -> Client:
    """Return a client that runs the command.

    If `{root}`, `{https}` or `{ca}` is in the command or its environment, each run has ports of its own.
    """
    command = ClientCommand(
        options.command,
        options.environment,
        groups,
        options.timeout_s,
        options.repeats,
        options.repeat_after_s,
        options.until_idle_s,
    )
    texts = " ".join((*options.command, *options.environment.values()))
    used = [name for name in ("{root}", "{https}", "{ca}") if name in texts]
    app = server.app
    if not used:
        return command.run
    if app is None:
        cure = "a server of the drill's own: leave out --against"
        fail_usage(f"{used[0]} needs a port for each case", f"--against {options.against}", cure)
    certificate = _make_certificate() if used != ["{root}"] else None

    def run(target: DrillTarget) -> Ending:
        more: dict[str, str] = {}
        with ExitStack() as opened:
            if "{root}" in used:
                more["root"] = opened.enter_context(run_in_thread(app, target.sandbox))
            if certificate:
                context = certificate.context
                more["ca"] = str(certificate.ca_file.absolute())
                more["https"] = opened.enter_context(run_in_thread(app, target.sandbox, lambda *_: context))
            return command.run(target, more)

    return run


def _make_certificate() -> Certificate:
    try:
        return make_certificate(DEFAULT_TLS_DIR, ())
    except MockServerError as error:
        fail_usage(str(error), "{https}", extra_command("tls"))


def _read_document(file: Path, option: str, cure: str) -> Mapping[str, Json]:
    """Return the object in a YAML or JSON file; end the command if the file has no object."""
    try:
        found = yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        fail_usage(f"{file} cannot be read: {error}", f"{option} {file}", cure)
    if not isinstance(found, dict):
        fail_usage(f"{file} is not an object of YAML or JSON", f"{option} {file}", cure)
    return found


def choose_cases(cases: Sequence[Case], options: DrillOptions) -> list[Case]:
    """Return the cases that the options choose; end the command if a chosen case is unknown."""
    by_id = {case.id: case for case in cases}
    chosen = []
    for name in options.cases:
        if Path(name).suffix in _FILE_SUFFIXES:
            document = _read_document(Path(name), "--case", "mockserver scenario validate FILE")
            says = str(document.get("description", ""))
            chosen.append(Case(name, says, {**document, "name": SCENARIO_NAME}))
        elif name in by_id:
            chosen.append(by_id[name])
        else:
            check_known("case", "--case", [name], by_id)
    wanted = set(options.tags)
    if wanted or not options.cases:
        chosen += [one for one in cases if one not in chosen and (not wanted or wanted & set(one.tags))]
    return chosen


def list_drill_cases(options: DrillOptions) -> None:
    with open_server(options) as server, _errors_told(options):
        chosen = choose_cases(list_cases(server.control, server.vendor), options)
    if options.as_json:
        write_json([{"id": one.id, "says": one.says, "rows": one.rows, "tags": one.tags} for one in chosen])
    else:
        write_lines(f"{case.id:<27} {','.join(case.tags):<25} {case.says}" for case in chosen)


def run_drill(options: DrillOptions) -> None:
    """Run the drill, and end the command with its exit status."""
    setup: Mapping[str, Json] = {}
    if options.setup:
        setup = _read_document(options.setup, "--setup", "mockserver sandbox dump")
    with (
        termination_as_interrupt(),
        open_server(options) as server,
        ThreadPoolExecutor(options.jobs) as pool,
        ProcessGroups() as groups,  # inside the pool: clients are killed before the pool waits for threads
        _errors_told(options),
    ):
        client = make_client(options, server, groups)
        try:
            drill = Drill(
                server.control,
                server.vendor,
                client,
                setup,
                options.assumptions,
                options.expected,
                can_kill=True,
                webhook=options.webhook,
                # A real server has the keys of earlier drills, and a client may make its keys of {sandbox}.
                mark=print_instant(system_clock()) if options.forward else "",
            )
            status = _run(options, drill, pool)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    raise SystemExit(status)


def _run(options: DrillOptions, drill: Drill, pool: ThreadPoolExecutor) -> int:
    """Run the cases and the exploration, print and write the results, and return the exit status."""
    began, clock = print_instant(system_clock()), perf_counter()
    known = {one[:-1]: one.reason for one in read_known(options.baseline, KnownFault)}
    token = drill.control.request("GET", f"/vendors/{drill.vendor}/access")["token"]
    try:
        plan = drill.learn()
    except OSError as error:
        what = f"the client cannot be started: {error.strerror or error}"
        fail_usage(what, f"-- {' '.join(options.command)}", "-- COMMAND that runs in this folder")
    report = DrillReport(
        vendor=drill.vendor,
        command=options.command,
        plan=plan,
        results=(),
        began=began,
        seconds=perf_counter() - clock,
        options=options.needed_again,
        chosen=tuple(
            word
            for name, given in (("--case", options.cases), ("--tag", options.tags))
            if given
            for word in (name, ",".join(given))
        ),
        exploring=("--explore", str(options.explore), "--seed", str(options.seed)),
        known=known,
        secrets={token: "{token}"} if len(token) >= _SHORTEST_SECRET else {},
    )
    if plan.obstacle:
        _finish(options, report)
        _end_at_obstacle(options, report)
    cases = choose_cases(plan.cases, options)
    _say(options, f"{drill.vendor}   {plan.says} · {counted(len(cases), 'cases')} · {options.jobs} at a time")
    if options.verbose:
        _say(options, *(row_line(report, row) for row in report.rows))
    results: list[Result] = []
    line = open_progress_line(is_silent=options.as_json or options.verbose)
    for result in pool.map(lambda case: drill.run(case, plan.clean), cases):
        results.append(result)
        if options.verbose:
            _say(options, row_line(report, report.row(result)))
        silent = sum(one.verdict == SILENT for one in results)
        line.show(f"{len(results)} of {counted(len(cases), 'cases')} · {silent} silent · {result.case.id}")
    line.clear()
    results += _explore(options, drill, plan, pool)
    report = replace(report, results=tuple(results), seconds=perf_counter() - clock)
    _say(options, *cause_lines(report))
    _say(options, *closing_lines(report, _finish(options, report)))
    return EXIT_FINDINGS if report.counts[SILENT] else 0


def _say(options: DrillOptions, *lines: str) -> None:
    if not options.as_json:
        write_lines(lines)


def _explore(options: DrillOptions, drill: Drill, plan: Plan, pool: ThreadPoolExecutor) -> Sequence[Result]:
    """If `--explore` is given, find, print and write schedules that the client fails; return their runs."""
    if not options.explore:
        return ()
    from mockserver.cli.drill_explore import Explorer, pytest_file

    found = Explorer(drill, plan, pool).explore(options.explore, options.seed)
    more = {"did not fail again": found.unrepeated, "not shrunk": found.left}
    said = "".join(f", {number} {words}" for words, number in more.items() if number)
    _say(options, f"explored {found.schedules} schedules, {found.failed} failed{said}")
    _say(options, *(f"  {find.result.word:<9}{find.sentence}" for find in found.finds))
    written = [find for find in found.finds if not find.result.case.crash]
    if len(written) < len(found.finds) and (options.scenario_file or options.pytest_file):
        _say(options, "  schedules that kill the client are written to no file")
    with _writing(options):
        if options.scenario_file and written:
            scenario = yaml.dump(written[0].result.case.scenario)
            options.scenario_file.write_text(scenario, encoding="utf-8")
        if options.pytest_file and written:
            options.pytest_file.write_text(pytest_file(drill.vendor, written), encoding="utf-8")
    return [find.result for find in found.finds]


def _finish(options: DrillOptions, report: DrillReport) -> Sequence[Path]:
    """Write the reports and the baseline, and return the files of the reports."""
    with _writing(options):
        files = write_reports([one for one in options.reports if one in KINDS], options.folder, report)
        if options.write_baseline and not report.plan.obstacle:
            known = (KnownFault(*place, reason) for place, reason in report.to_be_known.items())
            write_baseline(options.write_baseline, known)
        if "github" in options.reports:
            append_step_summary(markdown_summary(report))
    if "github" in options.reports:
        write_lines(annotation_lines(report))
    if options.as_json:
        write_json(report_document(report))
    return files


@contextmanager
def _writing(options: DrillOptions) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"a report cannot be written: {error}"
        fail_usage(what, f"--report-dir {options.folder}", "--report-dir DIR")


def _end_at_obstacle(options: DrillOptions, report: DrillReport) -> NoReturn:
    clean, obstacle = report.plan.clean, report.plan.obstacle
    write_lines(report.output(clean), err=True)
    cure = report.said(_find_cure(options, clean.calls[-1] if clean.calls else {}))
    if clean.ending.status is None:
        cure = "--timeout SECONDS, or --until-idle 5 for a client that never ends"
    elif not clean.calls:
        address = "--env API_URL={url} -- …, by the name that the client reads"
        cure = f"mockserver drill {options.vendor} {address}"
        if left := clean.ending.left:
            processes = "1 process" if left == 1 else f"{left} processes"
            obstacle = f"{obstacle}; the program ended after {clean.duration_s:.1f} s and left {processes}"
            cure = "--until-idle 5, which waits for the calls of such processes"
    fail(report.said(obstacle), report.command_line(), cure, EXIT_REFUSED)


def _find_cure(options: DrillOptions, last: Mapping[str, Json]) -> str:
    """Return what cures the refusal of the client's last call, or the lack of records."""
    refusal, reason = last.get("refusal"), str(last.get("reason") or "")
    works = reason.partition("; ")[2] or reason
    if refusal in _OF_PATHS and last["operation"] is None:
        return f"call a path below {{url}} that the vendor has: {works}"
    if refusal in _OF_ACCESS:
        return f"send what the vendor lets in ({{token}} and {{tenant}} stand for such): {works}"
    if refusal not in _OF_RECORDS and not (options.forward and int(str(last["status"])) >= _FIRST_FAILURE):
        return f"mend the client: its call was refused, {reason}"
    if options.forward:
        return f"send new keys in each run, such as {{sandbox}}-1, because {options.forward} is not reset"
    return "--setup FILE with the records that it needs, and see docs/test-your-client.md"


@contextmanager
def _errors_told(options: DrillOptions) -> Iterator[None]:
    """End the command with a message if the server refuses a call or does not answer."""
    try:
        yield
    except ServerUnreachableError as error:
        fail(str(error), f"--against {options.against}", "mockserver run --port 8080", EXIT_NO_SERVER)
    except ControlPlaneError as error:
        fail_usage(str(error), f"mockserver drill {options.vendor}", "mockserver drill --help")
