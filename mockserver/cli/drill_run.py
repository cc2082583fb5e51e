"""Run a drill: its server, the client in its places, the cases side by side, the result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import NoReturn

import click
from yaml import YAMLError

from mockserver.cli.drill_report.document import report_document
from mockserver.cli.drill_report.files import KINDS, write_reports
from mockserver.cli.drill_report.github import annotation_lines, markdown_summary
from mockserver.cli.drill_report.known import KnownFault, read_known, write_known
from mockserver.cli.drill_report.results import DrillReport
from mockserver.cli.drill_report.terminal import closing_lines, row_lines, terminal_width
from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.options import (
    EXIT_FINDINGS,
    EXIT_NO_SERVER,
    EXIT_REFUSED,
    choices,
    fail,
    fail_usage,
    nearest,
    vendor_names,
)
from mockserver.cli.output import write_json, write_lines
from mockserver.codec import yaml
from mockserver.codec.instants import print_instant
from mockserver.contract.baseline import UnreadableBaselineError
from mockserver.contract.report.text import counted
from mockserver.errors import MockServerError
from mockserver.model import Json
from mockserver.sandbox.clock import system_clock
from mockserver.server import ignore_connexion_warnings
from mockserver.spec.loading import vendor_name
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.control_client import ControlClient, ControlPlaneError, ServerUnreachableError
from mockserver.testing.drill import Case, Drill, DrillTarget, Ending, Plan, Result, list_cases
from mockserver.testing.server import TOKEN_VARIABLE

ignore_connexion_warnings()

from mockserver.contract.examples import ProfileExamples  # noqa: E402 - after the warnings of Connexion
from mockserver.server.application import Application, Options, create_app  # noqa: E402
from mockserver.server.listening import make_certificate  # noqa: E402
from mockserver.server.protocol import TlsFactory  # noqa: E402
from mockserver.testing.threaded_server import run_in_thread  # noqa: E402

_FILE_SUFFIXES = (".yaml", ".yml", ".json")
_MAX_SANDBOXES = 100_000
_SHORTEST_SECRET = 8
_SCENARIO_NAME = "drill"
"""The name by which the control plane knows the scenario of a case."""

_SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_TLS_FOLDER = Path(".mockserver")
_ROOTS = ("{root}", "{https}", "{ca}")


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """Options of `drill`; `vendor` is a name or a spec file, `against` "" starts a server."""

    vendor: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cases: tuple[str, ...]
    tags: tuple[str, ...]
    lists: bool
    jobs: int
    timeout_s: float
    setup: Path | None
    repeats: int
    against: str
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

    @property
    def file(self) -> Path | None:
        """The spec file, if VENDOR is one."""
        return Path(self.vendor) if self.vendor.endswith(_FILE_SUFFIXES) else None


@dataclass(frozen=True, slots=True)
class DrillServer:
    """The server of a drill; `app` is None for one that runs elsewhere."""

    control: ControlClient
    vendor: str
    app: Application | None


@contextmanager
def open_server(options: DrillOptions) -> Iterator[DrillServer]:
    """Start a server for the vendor, or reach the one that is named; end the command if it cannot be."""
    name = options.vendor if options.file is None else vendor_name(options.file)
    if options.against:
        yield DrillServer(ControlClient(options.against, os.environ.get(TOKEN_VARIABLE, "")), name, None)
        return
    known = vendor_names(options.specs)
    if options.file is None and name not in known:
        message = f"no vendor named {name}; there are {choices(known)}, or an OpenAPI file"
        fail_usage(message, f"VENDOR {name}", nearest(name, known) or "mockserver vendors")
    try:
        app = create_app(
            Options(
                vendors=(name,),
                specs=options.specs,
                files=() if options.file is None else (options.file,),
                overlays=options.overlays,
                at_root=name,
                hosts=("127.0.0.1",),
                max_sandboxes=_MAX_SANDBOXES,
                examples=ProfileExamples,
            )
        )
    except MockServerError as error:
        fail_usage(str(error), options.vendor, "mockserver spec check FILE")
    with run_in_thread(app) as url:
        yield DrillServer(ControlClient(url), name, app)


@dataclass(frozen=True, slots=True)
class CommandClient:
    """The command as a client, with addresses of its own where it needs them."""

    command: ClientCommand
    server: DrillServer
    needs_root: bool
    tls: TlsFactory | None = None

    def __call__(self, target: DrillTarget) -> Ending:
        values = {
            "url": target.url,
            "token": target.token,
            "tenant": target.tenant,
            "sandbox": target.sandbox,
            "port": str(target.port),
        }
        with ExitStack() as opened:
            if self.needs_root and self.server.app:
                values["root"] = opened.enter_context(run_in_thread(self.server.app, target.sandbox))
            if self.tls and self.server.app:
                tls = run_in_thread(self.server.app, target.sandbox, self.tls)
                values |= {"https": opened.enter_context(tls), "ca": str(_TLS_FOLDER.absolute() / "ca.pem")}
            return self.command.run(target, values)


def build_client(options: DrillOptions, server: DrillServer, groups: ProcessGroups) -> CommandClient:
    texts = " ".join((*options.command, *options.environment.values()))
    used = [name for name in _ROOTS if name in texts]
    if used and server.app is None:
        cure = "a server of the drill's own: leave out --against"
        fail_usage(f"{used[0]} needs a port for each case", f"--against {options.against}", cure)
    tls: TlsFactory | None = None
    if "{https}" in texts or "{ca}" in texts:
        try:
            context = make_certificate(_TLS_FOLDER, ()).context
        except MockServerError as error:
            fail_usage(str(error), "{https}", "pip install '.[tls]' in the folder of the checkout")

        def tls(*_: object) -> object:  # type: ignore[misc] # uvicorn's own form, see TlsFactory
            return context

    command = ClientCommand(options.command, options.environment, groups, options.timeout_s, options.repeats)
    return CommandClient(command, server, "{root}" in texts, tls)


def _read_document(file: Path, option: str, cure: str) -> Mapping[str, Json]:
    """The object in a YAML or JSON file; end the command if there is none."""
    try:
        found = yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, YAMLError) as error:
        fail_usage(f"{file} cannot be read: {error}", f"{option} {file}", cure)
    if not isinstance(found, dict):
        fail_usage(f"{file} is not an object of YAML or JSON", f"{option} {file}", cure)
    return found


def choose_cases(plan: Plan, options: DrillOptions) -> list[Case]:
    """The cases that the options choose; end the command if one is not there."""
    by_id = {case.id: case for case in plan.cases}
    chosen = []
    for name in options.cases:
        if Path(name).suffix in _FILE_SUFFIXES:
            document = _read_document(Path(name), "--case", "mockserver scenario check FILE")
            says = str(document.get("description", ""))
            chosen.append(Case(name, says, {**document, "name": _SCENARIO_NAME}))
        elif name in by_id:
            chosen.append(by_id[name])
        else:
            cure = f"mockserver drill {options.vendor} --list"
            near = nearest(name, by_id)
            hint = f"; did you mean {near}?" if near else ""
            fail_usage(f"no case is called {name}{hint}", f"--case {name}", cure)
    tagged = [case for case in plan.cases if set(case.tags) & set(options.tags) and case not in chosen]
    return [*chosen, *tagged] if options.cases or options.tags else list(plan.cases)


def run_cases(drill: Drill, plan: Plan, cases: Sequence[Case], jobs: int) -> Iterator[Result]:
    """Yield the results in the order of the cases, each as soon as it and those before it are there."""
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(lambda case: drill.run(case, plan.clean), cases)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def list_drill_cases(options: DrillOptions) -> None:
    """Print the cases of the vendor."""
    with open_server(options) as server, _errors_told(options):
        cases = list_cases(server.control, server.vendor)
    chosen = [case for case in cases if not options.tags or set(case.tags) & set(options.tags)]
    if options.as_json:
        found = [{"id": one.id, "says": one.says, "rows": one.rows, "tags": one.tags} for one in chosen]
        write_json(found)
        return
    for case in chosen:
        click.echo(f"{case.id:<26}{','.join(case.tags):<26}{case.says}")


def run_drill(options: DrillOptions) -> None:
    """Run the drill; ends the command with its exit status."""
    with termination_as_interrupt(), open_server(options) as server, ProcessGroups() as groups:
        client = build_client(options, server, groups)
        setup: Mapping[str, Json] = {}
        if options.setup:
            setup = _read_document(options.setup, "--setup", "mockserver sandbox dump default")
        drill = Drill(
            server.control,
            server.vendor,
            client,
            setup,
            options.assumptions,
        )
        with _errors_told(options):
            status = _run(options, drill)
    raise SystemExit(status)


def _run(options: DrillOptions, drill: Drill) -> int:
    """Run all that is asked for, print and write it, and return the exit status."""
    began, clock = print_instant(system_clock()), perf_counter()
    plan = drill.learn()
    report = DrillReport(
        vendor=drill.vendor,
        command=options.command,
        plan=plan,
        results=(),
        began=began,
        seconds=0,
        at_once=options.jobs,
        options=_repeated_options(options),
        exploring=("--explore", str(options.explore), "--seed", str(options.seed)),
        known=_read_known(options),
        secrets={drill.token: "{token}"} if len(drill.token) >= _SHORTEST_SECRET else {},
    )
    if plan.obstacle:
        _finish(options, replace(report, seconds=perf_counter() - clock))
        _end_at_obstacle(options, report)
    cases, width = choose_cases(plan, options), terminal_width()
    if not options.as_json:
        click.echo(
            f"{drill.vendor}   {plan.says} · {counted(len(cases), 'cases')} · {options.jobs} at a time"
        )
    results: list[Result] = []
    for result in run_cases(drill, plan, cases, options.jobs):
        results.append(result)
        if not options.as_json:
            write_lines(row_lines(report, report.row(result), width))
    results += _explore(options, drill, plan)
    report = replace(report, results=tuple(results), seconds=perf_counter() - clock)
    files = _finish(options, report)
    if not options.as_json:
        write_lines(closing_lines(report, files, width))
    return EXIT_FINDINGS if report.has_failed else 0


def _explore(options: DrillOptions, drill: Drill, plan: Plan) -> Sequence[Result]:
    """Explore if it is asked for: print and write what is found, and return the runs that show it."""
    if not options.explore:
        return ()
    from mockserver.cli.drill_explore import Explorer, pytest_file

    exploration = Explorer(drill, plan, options.jobs, options.seed).explore(options.explore)
    if not options.as_json:
        click.echo(f"explored {exploration.schedules} schedules, {exploration.failed} failed")
        for find in exploration.found:
            click.echo(f"  {find.result.word:<9}{find.sentence}")
    if options.scenario_file and exploration.found:
        options.scenario_file.write_text(yaml.dump(exploration.found[0].case.scenario), encoding="utf-8")
    if options.pytest_file and exploration.found:
        options.pytest_file.write_text(pytest_file(drill.vendor, exploration.found), encoding="utf-8")
    return [find.result for find in exploration.found]


def _finish(options: DrillOptions, report: DrillReport) -> Sequence[Path]:
    """Write the reports and the baseline, and return the files of the reports."""
    try:
        files = write_reports([one for one in options.reports if one in KINDS], options.folder, report)
        if options.write_baseline:
            write_known(options.write_baseline, report.to_be_known)
        if "github" in options.reports:
            write_lines(annotation_lines(report))
            if summary := os.environ.get(_SUMMARY_VARIABLE):
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(markdown_summary(report))
    except OSError as error:
        fail_usage(
            f"a report cannot be written: {error}", f"--report-dir {options.folder}", "--report-dir DIR"
        )
    if options.as_json:
        write_json(report_document(report))
    return files


def _end_at_obstacle(options: DrillOptions, report: DrillReport) -> NoReturn:
    plan = report.plan
    if plan.clean.ending.output.strip():
        write_lines(report.output(plan.clean), err=True)
    cure = "--setup FILE with the records that it needs, and see docs/test-your-client.md"
    if not plan.clean.calls:
        cure = (
            f"mockserver drill {options.vendor} --env API_URL={{url}} -- …, by the name that the client reads"
        )
    fail(report.said(plan.obstacle), report.command_line(), cure, EXIT_REFUSED)


def _repeated_options(options: DrillOptions) -> tuple[str, ...]:
    """The options that a repetition of one case needs."""
    return (
        *(word for name, text in options.environment.items() for word in ("--env", f"{name}={text}")),
        *(("--setup", str(options.setup)) if options.setup else ()),
        *(word for name, value in options.assumptions.items() for word in ("--assume", f"{name}={value}")),
        *(("--repeat", str(options.repeats)) if options.repeats > 1 else ()),
    )


def _read_known(options: DrillOptions) -> tuple[KnownFault, ...]:
    if options.baseline is None:
        return ()
    try:
        return read_known(options.baseline)
    except UnreadableBaselineError as error:
        fail_usage(str(error), f"--baseline {options.baseline}", "--write-baseline FILE")


@contextmanager
def _errors_told(options: DrillOptions) -> Iterator[None]:
    """End the command with a message where the server refuses, or the client cannot be started."""
    try:
        yield
    except ServerUnreachableError as error:
        fail(str(error), f"--against {options.against}", "mockserver run --port 8080", EXIT_NO_SERVER)
    except ControlPlaneError as error:
        fail(str(error), f"VENDOR {options.vendor}", "mockserver vendors", EXIT_REFUSED)
    except OSError as error:
        what = f"the client cannot be started: {error.strerror or error}"
        fail_usage(what, f"-- {' '.join(options.command)}", "-- COMMAND that runs in this folder")
