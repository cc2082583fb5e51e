"""Execute `mockserver scenario …`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import click

from mockserver.cli.options import EXIT_FINDINGS, EXIT_USAGE, fail, nearest
from mockserver.cli.output import counted, shorten, table_lines, write_done, write_json, write_lines
from mockserver.cli.remote import scenario_files
from mockserver.cli.server import ControlPlane, ServerOptions, connected, end, end_unknown
from mockserver.codec import json, yaml
from mockserver.model import Document
from mockserver.scenario import parser
from mockserver.scenario.parser import InvalidScenarioError, parse_text

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_CHANGES_CALLS = frozenset({"envelope", "response", "quota", "transitionsState", "commit"})
"""Members of a rule that change a call whatever items it has."""


def list_scenarios(*, server: ServerOptions, packaged: bool) -> None:
    """List the scenarios of a sandbox: armed or only stored, rules, hits, hits left."""
    with connected(server) as control:
        found = control.call("GET", "/scenarios") if packaged else control.here("GET", "/scenarios")
        if not packaged and not server.json:
            found = [control.here("GET", f"/scenarios/{one['name']}") for one in found]
    if server.json:
        write_json(found)
    elif found:
        rows = [(one["name"], shorten(one["description"], 100)) for one in found]
        write_lines(table_lines(rows if packaged else [_row(one) for one in found]))
    else:
        note = f"no scenarios in {server.sandbox}; arm one: mockserver scenario apply flaky-third"
        write_lines([note], err=True)


def show(*, server: ServerOptions, name: str) -> None:
    """Print a scenario of the sandbox, or a packaged one, as YAML, with the hits of its rules."""
    with connected(server) as control:
        own = {str(one["name"]) for one in control.here("GET", "/scenarios")}
        packaged = {} if name in own else {one["name"]: one for one in control.call("GET", "/scenarios")}
        if name not in own and name not in packaged:
            end_unknown(server, "scenario", name, [*own, *packaged], "mockserver scenario list --packaged")
        found = control.here("GET", f"/scenarios/{name}") if name in own else packaged[name]
    if server.json:
        write_json(found)
        return
    write_lines([*_count_lines(found), yaml.dump(found["document"]).rstrip("\n")])


def new(*, name: str, source: str, vendor: str, output: Path | None, as_json: bool) -> None:
    """Print a scenario to edit. Needs no server."""
    if not _NAME.fullmatch(name):
        what = f"{shorten(name)} is not a scenario's name: lower-case letters, digits and hyphens, at most 64"
        fail(what, "NAME", "mockserver scenario new third-fails", EXIT_USAGE)
    names = scenario_files.packaged_names()
    if source and source not in names:
        near = nearest(source, names)
        cure = (
            f"mockserver scenario new {name} --from {near}" if near else "mockserver scenario list --packaged"
        )
        fail(
            f"there is no packaged scenario {shorten(source)}", f"--from {shorten(source)}", cure, EXIT_USAGE
        )
    text = scenario_files.new_scenario(name, vendor, source)
    if as_json:
        text = f"{json.encode(yaml.load(text)).decode()}\n"
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        fail(f"{output} exists", f"--output {output}", "another file, or delete it", EXIT_USAGE)
    output.write_text(text, encoding="utf-8")
    write_lines([f"written: {output}"], err=True)


def validate(
    *, files: tuple[str, ...], only: tuple[str, ...], specs: tuple[Path, ...], form: str, as_json: bool
) -> None:
    """Check scenario files and print all their problems. Needs no server. Exit 1: there are some."""
    vendors = _known_vendors(specs, only)
    documents: list[Document] = []
    lines: list[str] = []
    problems = 0
    for file in files:
        text, source = _text_of(file)
        error, found = scenario_files.find_problems(text, source, vendors)
        problems += len(found) + (error.more if error else 0)
        documents.append(scenario_files.problem_document(source, found))
        if error:
            told = scenario_files.problem_lines(error)
            lines.extend(scenario_files.github_lines(source, found) if form == "github" else told)
    if as_json or form == "json":
        write_json(documents)
    else:
        write_lines(lines)
        write_lines([f"{counted(len(files), 'file')}, {counted(problems, 'problem')}"], err=True)
    if problems:
        raise SystemExit(EXIT_FINDINGS)


def apply(*, server: ServerOptions, file: str, once: bool, vendor: str) -> None:
    """Store and arm a scenario: a file, - for standard input, or the name of a packaged one."""
    text, source = _text_of(file)
    with connected(server) as control:
        vendors = {one["name"]: frozenset(one["operations"]) for one in control.call("GET", "/vendors")}
        if vendor and vendor not in vendors:
            end_unknown(server, "vendor", vendor, vendors, "mockserver vendors")
        try:
            read = parse_text(text, vendors, source=source)
        except InvalidScenarioError as error:
            _end_invalid(server, source, error)
        document = parser.limited(read.document, vendor, once=once)
        stored = control.here("PUT", f"/scenarios/{read.name}", document)
    _print(server, stored)


def clear(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Delete scenarios of the sandbox with their counts: those named, or all."""
    with connected(server) as control:
        for name in names:
            _delete(control, name)
        if not names:
            control.here("DELETE", "/scenarios")
    document = {"sandbox": server.sandbox, "deleted": list(names) or "all"}
    write_done(f"deleted: {', '.join(names) or 'all scenarios'}", document, as_json=server.json)


def _delete(control: ControlPlane, name: str) -> None:
    if not _NAME.fullmatch(name):
        known = [str(one["name"]) for one in control.here("GET", "/scenarios")]
        end_unknown(control.server, "scenario", name, known, "mockserver scenario list")
    control.here("DELETE", f"/scenarios/{name}")


def _known_vendors(specs: tuple[Path, ...], only: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    from mockserver.engine.registry import discover_vendors  # noqa: PLC0415 - slow
    from mockserver.errors import MockServerError  # noqa: PLC0415

    try:
        served = discover_vendors(specs, only)
    except MockServerError as error:
        fail(str(error), "--vendor, --specs", "mockserver scenario validate FILE", EXIT_USAGE)
    return {one.name: frozenset(one.spec.operations) for one in served}


def _text_of(file: str) -> tuple[str, str]:
    try:
        return scenario_files.read_scenario(file)
    except scenario_files.UnreadableFileError as error:
        near = nearest(file, scenario_files.packaged_names())
        cure = f"mockserver scenario apply {near}" if near else "mockserver scenario list --packaged"
        fail(str(error), "FILE", cure, EXIT_USAGE)


def _end_invalid(server: ServerOptions, source: str, error: InvalidScenarioError) -> NoReturn:
    first, others = error.problems[0], len(error.problems) + error.more - 1
    more = f" and {counted(others, 'more problem')}" if others else ""
    problem = {
        **scenario_files.problem_document(source, error.problems),
        "title": "Invalid scenario",
        "code": "invalid-scenario",
        "detail": f"the scenario is not applied: {first.detail}{more}",
    }
    cure = f"{first.hint}; all problems: mockserver scenario validate {source}" if others else first.hint
    end(server, problem, error.where(first), cure, EXIT_FINDINGS)


def _print(server: ServerOptions, found: Document) -> None:
    if server.json:
        write_json(found)
    else:
        write_lines(table_lines([_row(found)]))


def _row(found: Document) -> tuple[str, ...]:
    left = [one["left"] for one in found["counts"]]
    rest = "" if None in left else f"left {sum(left):,}"
    armed = "armed" if found["armed"] else "stored"
    return (str(found["name"]), armed, counted(found["rules"], "rule"), counted(found["hits"], "hit"), rest)


def _count_lines(found: Document) -> Iterator[str]:
    """Yield the counts of each rule; one that changes items alone counts only calls with such items."""
    for rule, count in zip(found["document"]["rules"], found.get("counts", ()), strict=False):
        needs_items = rule.get("items") and _CHANGES_CALLS.isdisjoint(rule)
        matched = "matched and had its items" if needs_items else "matched"
        left = "" if count["left"] is None else f", {count['left']:,} left"
        calls, hits = counted(count["calls"], "call"), counted(count["hits"], "hit")
        yield f"# {count['id']}: {calls} {matched}, {hits}{left}"
