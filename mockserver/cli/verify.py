"""Options of `mockserver verify`; `verify_run` executes it."""

from __future__ import annotations

from pathlib import Path

import click

from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_USAGE, assumption_values, fail, option

_INPUT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("archive", type=_INPUT_FILE)
@option("--vendor", required=True, help="Vendor of the recorded traffic.")
@option("--base", default="", metavar="URL", help="Base URL of the vendor's paths.  [default: detected]")
@option("--state", type=_INPUT_FILE, help="Dump to start this server from, instead of the fixtures.")
@option(
    "--assume",
    "assumptions",
    multiple=True,
    callback=assumption_values,
    metavar="ID=VALUE",
    help="Value of an assumption in this server, see `mockserver assumptions`; repeatable.",
)
@option("--json-to", type=_OUTPUT_FILE, metavar="FILE", help="Write the drift report as JSON.")
@option("--html-to", type=_OUTPUT_FILE, metavar="FILE", help="Write the drift report as one HTML page.")
@option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def verify(  # noqa: PLR0913 - click passes one argument per option
    *,
    archive: Path,
    vendor: str,
    base: str,
    state: Path | None,
    assumptions: dict[str, str],
    json_to: Path | None,
    html_to: Path | None,
    as_json: bool,
) -> None:
    """Compare recorded traffic (a HAR file) with a vendor's spec and with this server.

    Report responses that violate the spec, and outcomes that differ here. Exit status: 0 for no difference,
    1 for some.

    \b
    mockserver verify traffic.har --vendor NAME
    mockserver verify traffic.har --vendor NAME --base https://api.example --html-to drift.html
    """  # noqa: D301 - the character tells click not to wrap the lines
    from mockserver.cli import verify_run  # noqa: PLC0415 - slow import

    options = verify_run.VerifyOptions(archive, vendor, base, state, assumptions)
    try:
        verify_run.verify_traffic(options, json_to, html_to, as_json=as_json)
    except verify_run.UnusableInputError as error:
        fail(str(error), error.where, error.remedy, EXIT_USAGE)
