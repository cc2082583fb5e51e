"""The commands `mockserver scenario …`: what is armed in a sandbox, and scenario files."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from mockserver.cli.options import CONTEXT_SETTINGS
from mockserver.cli.options import complete_scenarios as complete_packaged
from mockserver.cli.server import (
    ServerOptions,
    complete_scenarios,
    complete_vendors,
    output_option,
    own_option,
    server_options,
)


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
    """  # noqa: D301 - the character, which tells click to leave the lines alone


@scenario.command("list", context_settings=CONTEXT_SETTINGS)
@own_option("--packaged", is_flag=True, help="List the scenarios that ship with the server.")
@server_options
def list_scenarios(*, server: ServerOptions, packaged: bool) -> None:
    """List the scenarios of a sandbox with their hits.

    A hit is a call that a rule applied to.

    \b
    mockserver scenario list
    mockserver scenario list --packaged
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.list_scenarios(server=server, packaged=packaged)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("name", shell_complete=complete_scenarios)
@server_options
def show(*, server: ServerOptions, name: str) -> None:
    """Print a scenario as YAML, with the hits of its rules.

    It is one of the sandbox, or a packaged one. A hit is a call that the rule applied to. A rule that changes
    items alone counts only calls with such an item.

    \b
    mockserver scenario show flaky-third
    mockserver scenario show flaky-third > mine.yaml
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.show(server=server, name=name)


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
@own_option("--vendor", default="", shell_complete=complete_vendors, help="Only for calls of this vendor.")
@output_option
@own_option("--json", "as_json", is_flag=True, help="Write JSON instead of YAML.")
def new(*, name: str, source: str, vendor: str, output: Path | None, as_json: bool) -> None:
    """Print a scenario to edit. Needs no server.

    \b
    mockserver scenario new third-fails -o third-fails.yaml
    mockserver scenario new lost --from commit-then-drop
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.new(name=name, source=source, vendor=vendor, output=output, as_json=as_json)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(allow_dash=True))
@own_option(
    "--vendor", "only", multiple=True, shell_complete=complete_vendors, help="Vendors that are known."
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
    help="Form of the problems.",
)
@own_option("--json", "as_json", is_flag=True, help="The same as --format json.")
def validate(
    *, files: tuple[str, ...], only: tuple[str, ...], specs: tuple[Path, ...], form: str, as_json: bool
) -> None:
    """Check scenario files and print all their problems. Needs no server. Exit 1: there are some.

    \b
    mockserver scenario validate flaky.yaml
    mockserver scenario validate scenarios/*.yaml --format github
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.validate(files=files, only=only, specs=specs, form=form, as_json=as_json)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("file", metavar="FILE|NAME", shell_complete=_files_and_names)
@own_option("--once", is_flag=True, help="Each rule hits one call at most.")
@own_option("--vendor", default="", shell_complete=complete_vendors, help="Only for calls of this vendor.")
@server_options
def apply(*, server: ServerOptions, file: str, once: bool, vendor: str) -> None:
    """Store and arm a scenario.

    It is a file, - for standard input, or the name of a packaged one.

    \b
    mockserver scenario apply flaky.yaml -s acme
    mockserver scenario apply commit-then-drop --once
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.apply(server=server, file=file, once=once, vendor=vendor)


@scenario.command(context_settings=CONTEXT_SETTINGS)
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=complete_scenarios)
@server_options
def clear(*, server: ServerOptions, names: tuple[str, ...]) -> None:
    """Delete scenarios of the sandbox: those named, or all.

    \b
    mockserver scenario clear
    mockserver scenario clear flaky-third -s acme
    """  # noqa: D301
    from mockserver.cli.remote import scenario_run  # noqa: PLC0415 - slow for help

    scenario_run.clear(server=server, names=names)
