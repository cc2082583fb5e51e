"""The command `mockserver verify`: compare recorded traffic with a spec and with this server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    INPUT_FILE,
    OUTPUT_FILE,
    argument,
    assume_option,
    check_extra,
    complete_vendors,
    fail_usage,
    option,
    own_option,
)
from mockserver.cli.output import append_step_summary, read_known
from mockserver.model import Value

if TYPE_CHECKING:
    from mockserver.contract.api import ApiUnderTest
    from mockserver.contract.traffic import Drift


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("archive", type=INPUT_FILE, metavar="FILE.har")
@option(
    "--vendor",
    default="",
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Vendor that was called.",
)
@option("--spec", scope="verify", type=INPUT_FILE, help="OpenAPI file that replaces the vendor's file.")
@option(
    "--base",
    default="",
    metavar="URL",
    help="Base address of the recorded calls.  [default: found from the paths]",
)
@option(
    "--state",
    scope="verify",
    type=INPUT_FILE,
    help="Dump with the first records of our server. Replaces the fixtures.",
)
@assume_option("in our server")
@option("--baseline", scope="verify", type=OUTPUT_FILE, help="Known differences: counted, not failures.")
@option("--write-baseline", scope="verify", type=OUTPUT_FILE, help="Write all differences for --baseline.")
@own_option("--messages", is_flag=True, help="Fail also if only the message of a refusal would be another.")
@option("--json-to", type=OUTPUT_FILE, metavar="FILE", help="Write the drift report as JSON.")
@option("--html-to", type=OUTPUT_FILE, metavar="FILE", help="Write the drift report as one HTML page.")
@option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def verify(
    *, messages: bool, json_to: Path | None, html_to: Path | None, as_json: bool, **chosen: Any
) -> None:
    """Check a recorded HAR file: do the answers match the spec, and would this server answer the same?

    FORBIDDEN: the spec forbids the recorded answer. OTHERWISE: this server would answer with another outcome
    or status. WORDED: this server would refuse with another message; that fails only with --messages.

    A job of GitHub gets the result in its summary.
    Exit status: 0 no difference that the baseline lacks, 1 differences, 2 wrong usage.

    \b
    mockserver verify traffic.har --vendor VENDOR
    mockserver verify traffic.har --vendor VENDOR --base https://api.example --html-to drift.html
    mockserver verify traffic.har --spec theirs.yaml --baseline known.json
    """
    check_extra("contract", "mockserver verify")
    options = VerifyOptions(**chosen)
    api = _api(options.spec, options.vendor)
    name = options.archive.name
    from mockserver.codec import json
    from mockserver.contract.baseline import KnownFindings, write_baseline
    from mockserver.contract.report.drift import document, lines, markdown, page

    known = read_known(options.baseline, KnownFindings)
    drift = _drift(options, api).without(api, known)
    if options.write_baseline:
        new = [entry for call in drift.calls for entry in call.entries(api)]
        write_baseline(options.write_baseline, {*known, *new} - {*drift.gone})
    append_step_summary(markdown(drift, name))

    if json_to:
        json_to.write_bytes(json.encode(document(drift, name)))
    if html_to:
        html_to.write_text(page(drift, name), encoding="utf-8")
    click.echo(json.encode(document(drift, name)).decode() if as_json else "\n".join(lines(drift, name)))
    if drift.fails(messages=messages):
        raise SystemExit(EXIT_FINDINGS)


class VerifyOptions(Value, frozen=True):
    archive: Path
    vendor: str
    spec: Path | None
    """A user's OpenAPI file, instead of `vendor`."""
    base: str
    """URL at which the vendor's paths begin; "" means that the command finds the paths in recorded URLs."""
    state: Path | None
    """Dump whose records our server has at its start; None means the records of the fixtures."""
    assumptions: Mapping[str, str]
    """Values of assumptions of our server."""
    baseline: Path | None
    write_baseline: Path | None


def _api(spec: Path | None, vendor: str) -> ApiUnderTest:
    from mockserver.contract.loading import load_api, load_vendor_api
    from mockserver.engine.registry import vendor_packages
    from mockserver.errors import MockServerError

    if spec and vendor:
        cure = f"mockserver verify … --spec {spec}"
        fail_usage("--spec and --vendor exclude each other", f"--spec {spec}", cure)
    if spec:
        try:
            return load_api(spec)
        except MockServerError as error:
            fail_usage(str(error), f"--spec {spec}", f"mockserver spec check {spec}")
    if not vendor:
        cure = "--vendor VENDOR     or --spec FILE for your own spec"
        fail_usage("the vendor or spec that was called is missing", "--vendor, --spec", cure)
    if vendor not in vendor_packages():
        known = ", ".join(vendor_packages())
        fail_usage(f"no vendor named {vendor}; there are {known}", f"--vendor {vendor}", f"one of {known}")
    return load_vendor_api(vendor)


def _drift(wanted: VerifyOptions, vendor: ApiUnderTest) -> Drift:
    from mockserver.contract.oracle.checks import ExchangeJudge
    from mockserver.contract.run_state import RunConfig
    from mockserver.contract.traffic import (
        DriftComparison,
        InvalidArchiveError,
        UnfitStateError,
        local_server,
        read_har,
    )
    from mockserver.errors import MockServerError

    archive = wanted.archive
    try:
        traffic = read_har(archive.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, InvalidArchiveError) as error:
        cure = "save it as HAR from a browser or a proxy, or GET …/journal/export?format=har"
        fail_usage(f"{archive.name} cannot be read: {error}", str(archive), cure)
    try:
        files = (wanted.spec,) if wanted.spec else ()
        with local_server(vendor, wanted.state, wanted.assumptions, files) as call:
            judge = ExchangeJudge(vendor, RunConfig(), is_recorded=True)
            found = DriftComparison(vendor, wanted.base, judge, call).drift(traffic)
    except (OSError, UnfitStateError, MockServerError) as error:
        what = f"our server cannot begin so: {error}"
        fail_usage(what, "--state, --assume", "mockserver verify --help")
    if not found.calls:
        what = f"{archive.name} has no call of {vendor.name} ({found.foreign:,} of others)"
        cure = "mockserver verify … --base URL, the address at which the vendor's paths begin"
        fail_usage(what, str(archive), cure)
    return found
