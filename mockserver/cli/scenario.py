"""The commands `mockserver scenario …`: arm, show and delete scenarios, and check scenario files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import CompletionItem

from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_FINDINGS, fail_usage, nearest, own_option
from mockserver.cli.options import complete_scenarios as complete_packaged
from mockserver.cli.output import counted, shorten, table_lines, write_json, write_lines
from mockserver.cli.server import (
    ServerOptions,
    complete_scenarios,
    complete_vendors,
    connected,
    create_missing_sandbox,
    end,
    end_unknown,
    in_sandbox,
    output_option,
    server_options,
    write_result,
)

if TYPE_CHECKING:
    from mockserver.model import Document
    from mockserver.scenario.parser import InvalidScenarioError
    from mockserver.scenario.yaml_positions import DocumentProblem

GROUPS = ("answers", "items", "quotas", "transport", "vendor")

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_CHANGES_CALLS = frozenset({"envelope", "response", "quota", "transitionsState", "commit"})
"""Members of a rule that change every matching call, whatever items the call has."""

STDIN = "-"
_TEMPLATE = """\
version: 1
name: {name}
description: The item whose key is 3 fails twice and works at the third attempt.
rules:
  - id: r1{match}
    items:
      - select: {{key: "3"}} # or {{index: 2}}, {{all: true}}, {{where: {{path: $.amount, gt: 100}}}}
        effect: {{fail: {{code: internal}}, failTimes: 2}}
"""


def _files_and_names(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[str] | list[CompletionItem]:
    return complete_packaged(context, parameter, begun) or [CompletionItem(begun, type="file")]


@click.group(context_settings=CONTEXT_SETTINGS)
def scenario() -> None:
    """Make calls fail: arm scenarios in a sandbox, see which rules hit, check scenario files.

    \b
    mockserver scenario apply flaky-third
    mockserver scenario validate scenarios/*.yaml
    """


@scenario.command("list", context_settings=CONTEXT_SETTINGS)
@own_option("--packaged", is_flag=True, help="List the scenarios that ship with the server, by group.")
@own_option("--group", type=click.Choice(GROUPS), help="List the packaged scenarios of this group.")
@server_options
def list_scenarios(*, server: ServerOptions, packaged: bool, group: str | None) -> None:
    """List the scenarios of a sandbox with their hits.

    A hit is a call that a rule applied to.

    \b
    mockserver scenario list
    mockserver scenario list --packaged
    mockserver scenario list --group transport
    """
    packaged = packaged or group is not None
    with connected(server) as control:
        found = control.call("GET", "/scenarios") if packaged else control.here("GET", "/scenarios")
        if not packaged and not server.json:
            found = [control.here("GET", f"/scenarios/{one['name']}") for one in found]
    if packaged:
        found = [one for name in GROUPS for one in found if one["group"] == name and group in (None, name)]
    if server.json:
        write_json(found)
    elif packaged:
        rows = [(str(one["group"]), str(one["name"]), shorten(one["description"], 100)) for one in found]
        write_lines(table_lines(rows))
    elif found:
        write_lines(table_lines([_row(one) for one in found]))
    else:
        line = in_sandbox(server, "mockserver scenario apply flaky-third")
        note = f"no scenarios in {server.sandbox}; arm one: {line}"
        write_lines([note], err=True)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name", shell_complete=complete_scenarios)
@server_options
def show(*, server: ServerOptions, name: str) -> None:
    """Print a scenario as YAML, with the hits of its rules.

    NAME is a scenario of the sandbox or a packaged scenario. A hit is a call that the rule applied to. A rule
    that changes only items counts only the calls that have items selected by the rule.

    \b
    mockserver scenario show flaky-third
    mockserver scenario show flaky-third > mine.yaml
    """
    with connected(server) as control:
        own = {str(one["name"]) for one in control.here("GET", "/scenarios")}
        packaged = {} if name in own else {one["name"]: one for one in control.call("GET", "/scenarios")}
        if name not in own and name not in packaged:
            end_unknown(server, "scenario", name, [*own, *packaged], "mockserver scenario list --packaged")
        found = control.here("GET", f"/scenarios/{name}") if name in own else packaged[name]
    write_result(server, found, _scenario_lines(found))


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name")
@own_option(
    "--from",
    "source",
    default="",
    metavar="NAME",
    shell_complete=complete_packaged,
    help="Packaged scenario to begin with.",
)
@own_option("--vendor", default="", shell_complete=complete_vendors, help="Change only calls of this vendor.")
@output_option
@own_option("--json", "as_json", is_flag=True, help="Write JSON instead of YAML.")
def new(*, name: str, source: str, vendor: str, output: Path | None, as_json: bool) -> None:
    """Print a scenario to edit. No server is needed.

    \b
    mockserver scenario new third-fails -o third-fails.yaml
    mockserver scenario new lost --from commit-then-drop
    """
    from mockserver.codec import json, yaml
    from mockserver.scenario.parser import load_packaged

    if not _NAME.fullmatch(name):
        what = f"{shorten(name)} is not a scenario's name: lower-case letters, digits and hyphens, at most 64"
        fail_usage(what, "NAME", "mockserver scenario new third-fails")
    packaged = load_packaged()
    if source and source not in packaged:
        near, lists = nearest(source, packaged), "mockserver scenario list --packaged"
        cure = f"mockserver scenario new {name} --from {near}" if near else lists
        fail_usage(f"there is no packaged scenario {shorten(source)}", f"--from {shorten(source)}", cure)
    text = new_scenario(name, vendor, source)
    if as_json:
        text = f"{json.encode(yaml.load(text)).decode()}\n"
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        fail_usage(f"{output} exists", f"--output {output}", "another file, or delete it")
    output.write_text(text, encoding="utf-8")
    write_lines([f"written: {output}"], err=True)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(allow_dash=True))
@own_option(
    "--vendor",
    "only",
    multiple=True,
    shell_complete=complete_vendors,
    help="Vendor that scenarios may name; may be repeated.",
)
@own_option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with specs of more vendors; may be repeated.",
)
@own_option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    help="Format of the problems.",
)
@own_option("--json", "as_json", is_flag=True, help="The same as --format json.")
def validate(
    *, files: tuple[str, ...], only: tuple[str, ...], specs: tuple[Path, ...], form: str, as_json: bool
) -> None:
    """Check scenario files and print all their problems. No server is needed. Exit 1: there are problems.

    \b
    mockserver scenario validate flaky.yaml
    mockserver scenario validate scenarios/*.yaml --format github
    """
    from mockserver.scenario.parser import InvalidScenarioError, parse_text

    vendors = _known_vendors(specs, only)
    documents: list[Document] = []
    lines: list[str] = []
    problems = 0
    for file in files:
        text, source = _text_of(file)
        found: Sequence[DocumentProblem] = ()
        try:
            parse_text(text, vendors, source=source)
        except InvalidScenarioError as error:
            found = error.problems
            problems += len(found) + error.more
            lines += github_lines(source, found) if form == "github" else str(error).splitlines()
        documents.append(problem_document(source, found))
    if as_json or form == "json":
        write_json(documents)
    else:
        write_lines(lines)
        write_lines([f"{counted(len(files), 'file')}, {counted(problems, 'problem')}"], err=True)
    if problems:
        raise SystemExit(EXIT_FINDINGS)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", metavar="FILE|NAME", shell_complete=_files_and_names)
@own_option("--once", is_flag=True, help="Let each rule change at most one call.")
@own_option("--vendor", default="", shell_complete=complete_vendors, help="Change only calls of this vendor.")
@own_option("--operation", default="", help="Change only calls of this operation (its operationId).")
@server_options
def apply(*, server: ServerOptions, file: str, once: bool, vendor: str, operation: str) -> None:
    """Store and arm a scenario.

    FILE is a scenario file, or - for standard input; NAME is a packaged scenario. The sandbox is
    created if it does not exist.

    \b
    mockserver scenario apply flaky.yaml -s acme
    mockserver scenario apply commit-then-drop --once
    """
    from mockserver.scenario import parser
    from mockserver.scenario.parser import InvalidScenarioError, parse_text

    text, source = _text_of(file, server)
    with connected(server) as control:
        vendors = {one["name"]: frozenset(one["operations"]) for one in control.call("GET", "/vendors")}
        if vendor and vendor not in vendors:
            end_unknown(server, "vendor", vendor, vendors, "mockserver vendors")
        known = vendors[vendor] if vendor else frozenset().union(*vendors.values())
        if operation and operation not in known:
            end_unknown(server, "operation", operation, known, "mockserver vendors --json")
        try:
            read = parse_text(text, vendors, source=source)
        except InvalidScenarioError as error:
            _end_invalid(server, source, error)
        document = parser.limited(read.document, vendor, operation, once=once)
        create_missing_sandbox(control)
        stored = control.here("PUT", f"/scenarios/{read.name}", document)
    write_result(server, stored, table_lines([_row(stored)]))


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=complete_scenarios)
@server_options
def clear(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Delete the named scenarios of the sandbox; without NAME, delete all scenarios of the sandbox.

    \b
    mockserver scenario clear
    mockserver scenario clear flaky-third -s acme
    """
    with connected(server) as control:
        for name in names:
            if not _NAME.fullmatch(name):
                known = [str(one["name"]) for one in control.here("GET", "/scenarios")]
                end_unknown(server, "scenario", name, known, "mockserver scenario list")
            control.here("DELETE", f"/scenarios/{name}")
        if not names:
            control.here("DELETE", "/scenarios")
    document = {"sandbox": server.sandbox, "deleted": list(names) or "all"}
    write_result(server, document, [f"deleted: {', '.join(names) or 'all scenarios'}"], err=True)


def _known_vendors(specs: tuple[Path, ...], only: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    from mockserver.engine.registry import discover_vendors
    from mockserver.errors import MockServerError

    try:
        served = discover_vendors(specs, only)
    except MockServerError as error:
        fail_usage(str(error), "--vendor, --specs", "mockserver scenario validate FILE")
    return {one.name: frozenset(one.spec.operations) for one in served}


def _text_of(source: str, server: ServerOptions | None = None) -> tuple[str, str]:
    """Return text and name of the source: a file, standard input (`-`), or a packaged scenario.

    End with exit 2 if the source does not exist or is not UTF-8.
    """
    from mockserver.scenario.parser import load_packaged

    file, packaged = Path(source), load_packaged()
    if source in packaged and not file.exists():
        return packaged[source], source
    try:
        content = sys.stdin.buffer.read() if source == STDIN else file.read_bytes()
        return content.decode("utf-8-sig"), "standard input" if source == STDIN else source
    except (OSError, UnicodeDecodeError) as error:
        reason = f": {error.strerror or error}" if isinstance(error, OSError) else " is not UTF-8"
        near = nearest(source, packaged)
        cure = f"mockserver scenario apply {near}" if near else "mockserver scenario list --packaged"
        place = f"mockserver scenario … {shorten(source)}"
        fail_usage(f"{shorten(source)}{reason}", place, in_sandbox(server, cure) if server else cure)


def _end_invalid(server: ServerOptions, source: str, error: InvalidScenarioError) -> NoReturn:
    first, others = error.problems[0], len(error.problems) + error.more - 1
    more = f" and {counted(others, 'more problem')}" if others else ""
    problem = {
        **problem_document(source, error.problems),
        "title": "Invalid scenario",
        "code": "invalid-scenario",
        "detail": f"the scenario is not applied: {first.detail}{more}",
    }
    cure = f"{first.hint}; all problems: mockserver scenario validate {source}" if others else first.hint
    end(server, problem, error.where(first), cure, EXIT_FINDINGS)


def _row(found: Document) -> tuple[str, ...]:
    left = [count["left"] for count in found["counts"]]
    rest = "" if None in left else f"left {sum(left):,}"
    armed = "stored" if not found["armed"] else "armed" if any(one != 0 for one in left) else "used up"
    return (str(found["name"]), armed, counted(found["rules"], "rule"), counted(found["hits"], "hit"), rest)


def _scenario_lines(found: Document) -> Iterator[str]:
    """Yield the calls that each rule is for and its counts, then the scenario as YAML.

    A rule that changes only items counts only the calls that have items selected by the rule.
    """
    from mockserver.codec import yaml
    from mockserver.scenario.rule_words import describe_rule, describe_selection

    for rule, count in zip_longest(found["document"]["rules"], found.get("counts", ())):
        line = f"# {rule['id']}: {describe_rule(rule).when}"
        if count is None:
            yield line
            continue
        needs_items = rule.get("items") and _CHANGES_CALLS.isdisjoint(rule)
        matched = f"had {describe_selection(rule)}" if needs_items else "matched"
        left = "" if count["left"] is None else f", {count['left']:,} left"
        calls, hits = counted(count["calls"], "call"), counted(count["hits"], "hit")
        told = f"{calls} {matched}, {hits}" if count["calls"] else f"never hit: no call {matched}"
        yield f"{line}; {told}{left}"
    yield yaml.dump(found["document"]).rstrip("\n")


def new_scenario(name: str, vendor: str, source: str) -> str:
    from mockserver.scenario.parser import load_packaged

    if source:
        lines = load_packaged()[source].splitlines()
        return "".join(f"name: {name}\n" if line.startswith("name:") else f"{line}\n" for line in lines)
    return _TEMPLATE.format(name=name, match=f"\n    match: {{vendor: {vendor}}}" if vendor else "")


def github_lines(source: str, problems: Sequence[DocumentProblem]) -> Iterator[str]:
    from mockserver.contract.report.text import workflow_command

    for one in problems:
        place = [("file", source), ("line", one.line or 1), ("col", one.column or 1)]
        yield workflow_command("error", place, f"{one.pointer or '/'}: {one.detail}; {one.hint}")


def problem_document(source: str, problems: Sequence[DocumentProblem]) -> Document:
    return {
        "file": source,
        "errors": [
            {
                "pointer": problem.pointer,
                "code": problem.code,
                "detail": problem.detail,
                "try": problem.hint,
                "line": problem.line,
                "column": problem.column,
            }
            for problem in problems
        ],
    }
