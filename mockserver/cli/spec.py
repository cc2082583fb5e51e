"""The commands `mockserver spec …`: check, show and compare OpenAPI files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from mockserver.cli.errors import fail_to_load
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    EXIT_USAGE,
    InvalidValueError,
    argument,
    choices,
    complete_vendors,
    fail,
    fail_usage,
    nearest,
    option,
    overlay_option,
    shown,
    spec_files,
)
from mockserver.cli.settings import shown_path
from mockserver.model import Value

if TYPE_CHECKING:
    from mockserver.cli.spec_check import SpecProblem
    from mockserver.cli.spec_cures import Member
    from mockserver.spec.overlay import Overlay

_FORMAT = click.Choice(["text", "github", "json"])

_FILE = click.Path(exists=True, path_type=Path)

_SUFFIXES = (".yaml", ".yml", ".json")

_NOTHING: Document = {}


@click.group(context_settings=CONTEXT_SETTINGS)
def spec() -> None:
    """Check, show and compare OpenAPI files.

    \b
    mockserver spec check specs/mine.yaml
    mockserver spec diff VENDOR theirs.yaml
    """


_as_json = option("--json", "as_json", is_flag=True, help="The same as --format json.")


def _spec_file(_context: click.Context, _param: click.Parameter, name: str) -> Path:
    known = spec_files()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        what = f"no file and no vendor named {shown(name)}; vendors are {choices(known)}"
        raise InvalidValueError(what, name, nearest(name, known) or next(iter(known), "FILE"))
    return Path(name)


def _files_of(_context: click.Context, _param: click.Parameter, given: tuple[Path, ...]) -> tuple[Path, ...]:
    files: list[Path] = []
    for path in given:
        inside = (
            [one for one in sorted(path.iterdir()) if one.suffix in _SUFFIXES] if path.is_dir() else [path]
        )
        if not inside:
            raise InvalidValueError(
                f"{path} has no .yaml, .yml or .json file", str(path), f"{path}/FILE.yaml"
            )
        files += inside
    return tuple(files)


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("files", nargs=-1, type=_FILE, metavar="[FILE]…", callback=_files_of)
@overlay_option
@option("--format", "style", type=_FORMAT, default="text", help="github: annotations for a workflow.")
@_as_json
@click.pass_context
def check(
    context: click.Context,
    /,
    *,
    files: tuple[Path, ...],
    overlays: tuple[Path, ...],
    style: str,
    as_json: bool,
) -> None:
    """Report every problem of OpenAPI files: line, column, and what to write.

    A problem is what prevents `mockserver run` from serving a file, what OpenAPI (3.0, 3.1, 3.2, Swagger 2.0)
    does not allow, or a name that the rest of the file lacks. A problem that may be intended, or that makes
    the server ignore or reinterpret a part of the file, is only a warning. A folder means its .yaml, .yml and
    .json files. Without FILE, check the packaged specs. Exit status: 0 no problem or only warnings,
    1 problems.

    \b
    mockserver spec check
    mockserver spec check specs/mine.yaml --format github
    mockserver spec check specs
    """
    from mockserver.cli.output import counted
    from mockserver.cli.spec_check import find_problems

    style = "json" if as_json else style
    wanted = files or tuple(spec_files().values())
    if overlays and len(wanted) != 1:
        fail_usage("an overlay changes one file", "--overlay", "mockserver spec check FILE --overlay OVERLAY")
    changes = _read_overlays(overlays, context)
    problems = [problem for file in wanted for problem in find_problems(file, changes)]
    for line in problem_lines(problems, style):
        click.echo(line)
    errors = sum(not problem.is_warning for problem in problems)
    if style == "text":
        warned = counted(len(problems) - errors, "warning")
        message = f"{counted(len(wanted), 'file')} checked, {counted(errors, 'problem')}"
        click.echo(message if errors == len(problems) else f"{message}, {warned}", err=bool(errors))
    if errors:
        raise SystemExit(EXIT_FINDINGS)


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("vendor", callback=_spec_file, metavar="VENDOR", shell_complete=complete_vendors)
@overlay_option
@option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@click.pass_context
def show(context: click.Context, /, *, vendor: Path, overlays: tuple[Path, ...], as_json: bool) -> None:
    """Print a vendor's OpenAPI file, or any other OpenAPI file, with the changes of overlays.

    \b
    mockserver spec show VENDOR
    mockserver spec show VENDOR --json
    """
    from mockserver.codec import json, yaml

    if overlays:
        text = _changed(vendor, _read_overlays(overlays, context), as_json=as_json)
    else:
        text = vendor.read_text(encoding="utf-8")
        text = json.encode(yaml.load(text)).decode() if as_json else text
    click.echo(text.rstrip("\n"))


def _changed(file: Path, overlays: Sequence[Overlay], *, as_json: bool) -> str:
    """Return the text of a file's document, with parts from other files, after applying the overlays."""
    from json import loads

    import yaml

    from mockserver.codec import json
    from mockserver.spec.overlay import apply_overlays
    from mockserver.spec.source_files import read_source

    document = read_source(file).document
    for note in apply_overlays(document, overlays):
        click.echo(f"warning: {note.message}", err=True)
    text = json.encode(document).decode()
    return text if as_json else yaml.safe_dump(loads(text), sort_keys=False, allow_unicode=True, width=110)


def _read_overlays(files: Sequence[Path], context: click.Context) -> list[Overlay]:
    from mockserver.errors import MockServerError
    from mockserver.spec.overlay import read_overlay

    try:
        return [read_overlay(one) for one in files]
    except MockServerError as error:
        fail_to_load(error, context)


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("file", callback=_spec_file, metavar="FILE", shell_complete=complete_vendors)
@overlay_option
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@click.pass_context
def explain(context: click.Context, /, *, file: Path, overlays: tuple[Path, ...], as_json: bool) -> None:
    """Show how `mockserver run` answers each operation of a file, why, and how to correct the answer.

    The column "answered by" has `batch` (an outcome for each item), `stored` (records are created, shown,
    listed and changed), `example` (the file's example, otherwise a value for the schema), `package` (a
    packaged vendor's code) or `not served`. To correct an answer, write the last column under the operation
    with an overlay.

    \b
    mockserver spec explain openapi.yaml
    mockserver spec explain openapi.yaml --overlay changes.yaml
    """
    from mockserver.cli.output import table_lines, write_json, write_lines
    from mockserver.engine.explanation import explain as explained
    from mockserver.engine.registry import load_vendor
    from mockserver.errors import MockServerError

    try:
        vendor = load_vendor(file, _read_overlays(overlays, context))
    except MockServerError as error:
        fail_to_load(error, context)
    found = list(explained(vendor))
    if as_json:
        write_json([asdict(one) for one in found])
        return
    rows = [(one.operation, one.kind, one.reason, one.correction) for one in found]
    write_lines(table_lines([("operation", "answered by", "from", "correct it by"), *rows]))
    if keys := vendor.idempotency and vendor.idempotency.in_words(vendor.assumptions):
        write_lines([keys])


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("file", callback=_spec_file, metavar="FILE", shell_complete=complete_vendors)
@overlay_option
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@click.pass_context
def suggest(context: click.Context, /, *, file: Path, overlays: tuple[Path, ...], as_json: bool) -> None:
    """Propose an overlay that tells where batches of a file have their items and outcomes.

    For each operation that looks like a batch, the overlay has an `x-batch` and, as comments, the reason, the
    confidence, and three calls with their answers: all items good, one bad, all bad. Read these comments
    before you use the overlay. At a confidence of 95 %, `run` takes the batch without an overlay.

    \b
    mockserver spec suggest openapi.yaml > batches.yaml
    mockserver run openapi.yaml --overlay batches.yaml
    """
    from mockserver.cli.output import write_json, write_lines
    from mockserver.cli.spec_suggest import overlay_text, with_calls
    from mockserver.cli.spec_suggest import suggest as suggested
    from mockserver.errors import MockServerError

    try:
        found = suggested(file, overlays)
        told = with_calls(file, overlays, found) if found else []
    except MockServerError as error:
        fail_to_load(error, context)
    if as_json:
        write_json([one.document for one in told])
    elif not told:
        cure = "an x-batch at the operation: mockserver docs x-batch"
        fail("no operation looks like a batch", str(file), cure, EXIT_FINDINGS)
    else:
        write_lines(overlay_text(file, told).splitlines())


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("old", callback=_spec_file, metavar="OLD", shell_complete=complete_vendors)
@argument("new", callback=_spec_file, metavar="NEW", shell_complete=complete_vendors)
@option("--format", "style", type=_FORMAT, default="text", help="github: annotations for a workflow.")
@_as_json
def diff(*, old: Path, new: Path, style: str, as_json: bool) -> None:
    """Compare two OpenAPI files (or vendors' files): print what changed, and what may break a client.

    Exit status: 0 no change may break a client, 1 at least one change may break a client.

    \b
    mockserver spec diff old.yaml new.yaml
    mockserver spec diff VENDOR theirs.yaml --format json
    """
    style = "json" if as_json else style
    changes = spec_changes(read_document(old), read_document(new))
    for line in change_lines(changes, style):
        click.echo(line)
    breaking = sum(change.breaking for change in changes)
    if style == "text":
        click.echo(f"{len(changes):,} changes, {breaking:,} of them may break a client")
    if breaking:
        raise SystemExit(EXIT_FINDINGS)


def read_document(file: Path) -> dict[str, Any]:
    from mockserver.codec import yaml

    try:
        document = yaml.load(file.read_bytes().decode())
    except (UnicodeError, yaml.YAMLError) as error:
        fail(
            f"{file.name} is not YAML: {shown(error)}", str(file), f"mockserver spec check {file}", EXIT_USAGE
        )
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        what = f"{file.name} is not an OpenAPI document: it has no paths"
        fail(what, str(file), f"mockserver spec check {file}", EXIT_USAGE)
    return document


Document = Mapping[str, Any]


class SpecChange(Value, frozen=True):
    operation: str
    change: str
    breaking: bool
    """Whether the change may break a client of the old version."""


def spec_changes(old: Document, new: Document) -> list[SpecChange]:
    before, after = _operations(old), _operations(new)
    found: list[SpecChange] = []
    for name in [*before, *(one for one in after if one not in before)]:
        if name not in after:
            found.append(SpecChange(name, "operation removed", breaking=True))
        elif name not in before:
            found.append(SpecChange(name, "operation added", breaking=False))
        else:
            changes = _operation_changes((old, before[name]), (new, after[name]))
            found += [SpecChange(name, what, breaking=breaking) for what, breaking in changes]
    return found


def _operations(document: Document) -> dict[str, Document]:
    from mockserver.spec.openapi import METHODS

    return {
        f"{method.upper()} {path}": {**item[method], "shared": item.get("parameters", ())}
        for path, item in (document.get("paths") or {}).items()
        for method in METHODS
        if method in item
    }


_Side = tuple[Document, Document]


_Changes = Iterator[tuple[str, bool]]


def _operation_changes(old: _Side, new: _Side) -> _Changes:
    if old[1].get("operationId") != new[1].get("operationId"):
        yield f"operationId {old[1].get('operationId')} is now {new[1].get('operationId')}", False
    yield from _parameter_changes(_parameters(*old), _parameters(*new))
    yield from _body_changes(old, new)
    yield from _response_changes(old, new)


def _parameters(document: Document, operation: Document) -> dict[str, Document]:
    from mockserver.spec.openapi import resolve

    nodes = [resolve(document, one) for one in (*operation["shared"], *operation.get("parameters", ()))]
    return {f"{node['in']} parameter {node['name']}": node for node in nodes}


def _parameter_changes(old: Mapping[str, Document], new: Mapping[str, Document]) -> _Changes:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        needed = bool((after or _NOTHING).get("required"))
        if after is None:
            yield f"{name} removed", True
        elif before is None:
            yield f"{name} added, {'required' if needed else 'optional'}", needed
        elif bool(before.get("required")) != needed:
            yield f"{name} is now {'required' if needed else 'optional'}", needed


def _body_changes(old: _Side, new: _Side) -> _Changes:
    from mockserver.spec.openapi import resolve

    before, after = (resolve(side[0], side[1].get("requestBody", _NOTHING)) for side in (old, new))
    contents = before.get("content", _NOTHING), after.get("content", _NOTHING)
    yield from _media_changes("request", contents, (old[0], new[0]), is_request=True)
    if not before.get("required") and after.get("required"):
        yield "request body is now required", True


def _response_changes(old: _Side, new: _Side) -> _Changes:
    from mockserver.spec.openapi import resolve

    before, after = (
        {str(key): one for key, one in side[1].get("responses", {}).items()} for side in (old, new)
    )
    for status in sorted({*before, *after}):
        if status not in after:
            yield f"status {status} removed", status.startswith("2")
        elif status not in before:
            yield f"status {status} added", False
        else:
            answers = resolve(old[0], before[status]), resolve(new[0], after[status])
            contents = answers[0].get("content", _NOTHING), answers[1].get("content", _NOTHING)
            yield from _media_changes(status, contents, (old[0], new[0]), is_request=False)


def _media_changes(
    where: str, contents: tuple[Document, Document], documents: tuple[Document, Document], *, is_request: bool
) -> _Changes:
    from mockserver.cli.spec_cures import members_of

    before, after = contents
    for media in sorted({*before, *after}):
        if media not in after:
            yield f"{where}: {media} removed", True
        elif media not in before:
            yield f"{where}: {media} added", False
        else:
            old = members_of(documents[0], before[media].get("schema", {}))
            new = members_of(documents[1], after[media].get("schema", {}))
            yield from _member_changes(where, old, new, is_request=is_request)


def _member_changes(
    where: str, old: Mapping[str, Member], new: Mapping[str, Member], *, is_request: bool
) -> _Changes:
    for pointer in [*old, *(one for one in new if one not in old)]:
        name, before, after = f"{where} {pointer or 'body'}", old.get(pointer), new.get(pointer)
        if after is None:
            if _has_parent(pointer, new):
                yield f"{name} removed", True
        elif before is None:
            if _has_parent(pointer, old):
                yield f"{name} added, {_need(after)}", is_request and after.required
        else:
            if before.required != after.required:
                yield f"{name} is now {_need(after)}", is_request == after.required
            yield from _fact_changes(name, before, after, is_request=is_request)


def _fact_changes(name: str, before: Member, after: Member, *, is_request: bool) -> _Changes:
    for fact in sorted({*before.facts, *after.facts}):
        was, now = before.facts.get(fact), after.facts.get(fact)
        if was != now:
            yield f"{name}: {fact} {was or 'none'} is now {now or 'none'}", fact != "default"
    gone = [value for value in before.values if value not in after.values]
    more = [value for value in after.values if value not in before.values]
    if gone and after.values:
        yield f"{name}: values removed: {', '.join(gone)}", is_request
    if more and before.values:
        yield f"{name}: values added: {', '.join(more)}", not is_request
    if bool(before.values) != bool(after.values):
        yield (
            f"{name}: {'any value' if before.values else 'only listed values'} now",
            is_request == bool(after.values),
        )


def _has_parent(pointer: str, members: Mapping[str, Member]) -> bool:
    return pointer.rpartition("/")[0] in members


def _need(member: Member) -> str:
    return "required" if member.required else "optional"


def problem_lines(problems: Sequence[SpecProblem], style: str) -> Iterator[str]:
    from mockserver.codec import json
    from mockserver.contract.report.text import workflow_command

    if style == "json":
        yield json.encode([_problem_document(problem) for problem in problems]).decode()
        return
    for one in problems:
        name = shown_path(one.file)
        if style == "github":
            where = [("file", name), ("line", one.place.line), ("col", one.place.column)]
            yield workflow_command(_severity(one), where, f"{one.what}; try: {one.cure}")
        else:
            mark = "warning: " if one.is_warning else ""
            yield f"{name}:{one.place.line}:{one.place.column}: {mark}{one.what}"
            yield f"    try: {one.cure}"


def change_lines(changes: Sequence[SpecChange], style: str) -> Iterator[str]:
    from mockserver.codec import json
    from mockserver.contract.report.text import workflow_command

    if style == "json":
        yield json.encode([asdict(one) for one in changes]).decode()
        return
    for one in changes:
        text = f"{one.operation}  {one.change}"
        if style == "github":
            yield workflow_command("error" if one.breaking else "notice", (), text)
        else:
            yield f"{'BREAKING' if one.breaking else 'ok      '}  {text}"


def _problem_document(one: SpecProblem) -> dict[str, str | int]:
    return {
        "file": shown_path(one.file),
        "line": one.place.line,
        "column": one.place.column,
        "pointer": one.pointer,
        "detail": one.what,
        "try": one.cure,
        "severity": _severity(one),
    }


def _severity(one: SpecProblem) -> str:
    return "warning" if one.is_warning else "error"
