"""`mockserver spec`: check, show and compare OpenAPI files."""

from __future__ import annotations

from pathlib import Path

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    InvalidValueError,
    argument,
    choices,
    complete_vendors,
    nearest,
    option,
    shown,
    spec_files,
)

_FORMAT = click.Choice(["text", "github", "json"])
_FILE = click.Path(exists=True, path_type=Path)
_SUFFIXES = (".yaml", ".yml", ".json")


@click.group(context_settings=CONTEXT_SETTINGS)
def spec() -> None:
    """Check, show and compare OpenAPI files.

    \b
    Examples:
      mockserver spec check specs/mine.yaml
      mockserver spec diff VENDOR theirs.yaml
    """  # noqa: D301 - the character, which tells click to leave the lines alone


_as_json = option("--json", "as_json", is_flag=True, help="The same as --format json.")


def _spec_file(_context: click.Context, _param: click.Parameter, name: str) -> Path:
    """Return the file that a vendor's name or a path stands for.

    Raises:
        InvalidValueError: there is neither.
    """
    known = spec_files()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        what = f"no file and no vendor named {shown(name)}; vendors are {choices(known)}"
        raise InvalidValueError(what, name, nearest(name, known) or next(iter(known), "FILE"))
    return Path(name)


def _files_of(_context: click.Context, _param: click.Parameter, given: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the files, with those of a folder in its place.

    Raises:
        InvalidValueError: a folder has none.
    """
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
@option("--format", "style", type=_FORMAT, default="text", help="github: annotations for a workflow.")
@_as_json
def check(*, files: tuple[Path, ...], style: str, as_json: bool) -> None:
    """Report every problem of OpenAPI files: line, column, and what to write.

    It reports what keeps `mockserver run` from serving a file, what OpenAPI does not allow, and names that
    are nowhere else in the file. What may be meant is a warning. A folder stands for its .yaml, .yml and
    .json files. Without FILE it checks the specs that ship. Exit status: 0 no problem, or warnings only,
    1 problems.

    \b
    Examples:
      mockserver spec check
      mockserver spec check specs/mine.yaml --format github
      mockserver spec check specs
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    from mockserver.cli.spec_check import find_problems  # noqa: PLC0415 - loads vendors
    from mockserver.cli.spec_files.lines import problem_lines  # noqa: PLC0415

    style = "json" if as_json else style
    wanted = files or tuple(spec_files().values())
    problems = [problem for file in wanted for problem in find_problems(file)]
    for line in problem_lines(problems, style):
        click.echo(line)
    errors = sum(not one.is_warning for one in problems)
    if style == "text":
        checked = "1 file" if len(wanted) == 1 else f"{len(wanted):,} files"
        warned = _counted(len(problems) - errors, "warning")
        said = f"{checked} checked, {_counted(errors, 'problem')}"
        click.echo(said if errors == len(problems) else f"{said}, {warned}", err=bool(errors))
    if errors:
        raise SystemExit(EXIT_FINDINGS)


def _counted(number: int, name: str) -> str:
    return {0: f"no {name}", 1: f"1 {name}"}.get(number, f"{number:,} {name}s")


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("vendor", callback=_spec_file, metavar="VENDOR", shell_complete=complete_vendors)
@option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def show(*, vendor: Path, as_json: bool) -> None:
    """Print a vendor's OpenAPI file.

    \b
    Examples:
      mockserver spec show VENDOR
      mockserver spec show VENDOR --json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    text = vendor.read_text(encoding="utf-8")
    if as_json:
        from mockserver.codec import json, yaml  # noqa: PLC0415 - slow for help

        text = json.encode(yaml.load(text)).decode()
    click.echo(text.rstrip("\n"))


@spec.command(context_settings=CONTEXT_SETTINGS)
@argument("old", callback=_spec_file, metavar="OLD", shell_complete=complete_vendors)
@argument("new", callback=_spec_file, metavar="NEW", shell_complete=complete_vendors)
@option("--format", "style", type=_FORMAT, default="text", help="github: annotations for a workflow.")
@_as_json
def diff(*, old: Path, new: Path, style: str, as_json: bool) -> None:
    """Compare two OpenAPI files, or a vendor's and a file: what changed, and what may break a client.

    Exit status: 0 nothing that may break a client, 1 at least one such change.

    \b
    Examples:
      mockserver spec diff old.yaml new.yaml
      mockserver spec diff VENDOR theirs.yaml --format json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    from mockserver.cli.spec_files.diff import spec_changes  # noqa: PLC0415 - slow for help
    from mockserver.cli.spec_files.document import read_document  # noqa: PLC0415
    from mockserver.cli.spec_files.lines import change_lines  # noqa: PLC0415

    style = "json" if as_json else style
    changes = spec_changes(read_document(old), read_document(new))
    for line in change_lines(changes, style):
        click.echo(line)
    breaking = sum(one.breaking for one in changes)
    if style == "text":
        click.echo(f"{len(changes):,} changes, {breaking:,} of them may break a client")
    if breaking:
        raise SystemExit(EXIT_FINDINGS)
