"""Options of `mockserver verify`; `verify_run` executes it."""

from __future__ import annotations

from pathlib import Path

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_USAGE,
    argument,
    assumption_values,
    check_extra,
    complete_assumptions,
    complete_vendors,
    fail,
    option,
)

_INPUT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("archive", type=_INPUT_FILE, metavar="FILE.har")
@option(
    "--vendor",
    default="",
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Vendor that was called.",
)
@option("--spec", scope="verify", type=_INPUT_FILE, help="OpenAPI file to compare with, instead of a vendor.")
@option(
    "--base",
    default="",
    metavar="URL",
    help="Address under which the vendor's paths are.  [default: it is found]",
)
@option(
    "--state",
    scope="verify",
    type=_INPUT_FILE,
    help="Dump that our server starts with, instead of the fixtures.",
)
@option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    shell_complete=complete_assumptions,
    help="Set an assumption in our server (list: mockserver assumptions); may be repeated.",
)
@option("--json-to", type=_OUTPUT_FILE, metavar="FILE", help="Write the drift report as JSON.")
@option("--html-to", type=_OUTPUT_FILE, metavar="FILE", help="Write the drift report as one HTML page.")
@option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def verify(  # noqa: PLR0913 - click hands over one argument an option
    *,
    archive: Path,
    vendor: str,
    spec: Path | None,
    base: str,
    state: Path | None,
    assumptions: dict[str, str],
    json_to: Path | None,
    html_to: Path | None,
    as_json: bool,
) -> None:
    """Check a recorded HAR file: do the answers match the spec, and would this server answer the same?

    Exit status: 0 no difference, 1 differences, 2 wrong usage.

    \b
    Examples:
      mockserver verify traffic.har --vendor VENDOR
      mockserver verify traffic.har --vendor VENDOR --base https://api.example --html-to drift.html
      mockserver verify traffic.har --spec theirs.yaml
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    check_extra("contract", "mockserver verify")
    from mockserver.cli.suite.verify_run import UnusableInputError, VerifyOptions, verify_traffic  # noqa: PLC0415

    wanted = VerifyOptions(archive, vendor, spec, base, state, assumptions)
    try:
        verify_traffic(wanted, json_to, html_to, as_json=as_json)
    except UnusableInputError as error:
        fail(str(error), error.where, error.cure, EXIT_USAGE)
