"""Execute `mockserver verify`: compare recorded traffic with a spec and with this server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from mockserver.cli.options import EXIT_FINDINGS
from mockserver.codec import json
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.loading import load_foreign_api, load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.report import drift
from mockserver.contract.run_state import RunConfig
from mockserver.contract.traffic import (
    Drift,
    DriftComparison,
    InvalidArchiveError,
    UnfitStateError,
    local_server,
    read_har,
)
from mockserver.engine.registry import vendor_packages
from mockserver.errors import MockServerError


class UnusableInputError(Exception):
    """The command cannot be carried out: what happened, where, what to do."""

    def __init__(self, what: str, where: str, cure: str) -> None:
        super().__init__(what)
        self.where, self.cure = where, cure


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """Options of `verify`; `base` is where the vendor's paths begin, "" to search for it.

    `spec` is a file of a user's, instead of a `vendor`. `state` is a dump that our server begins with, None:
    the fixtures; `assumptions` are its assumptions.
    """

    archive: Path
    vendor: str
    spec: Path | None
    base: str
    state: Path | None
    assumptions: Mapping[str, str]


def verify_traffic(
    wanted: VerifyOptions, json_to: Path | None, html_to: Path | None, *, as_json: bool
) -> None:
    """Print and write what was found, and exit 1 where there is something.

    Raises:
        UnusableInputError: the archive, the vendor or the state cannot be used.
    """
    found, name = _drift(wanted), wanted.archive.name
    document = drift.document(found, name)
    if json_to:
        json_to.write_bytes(json.encode(document))
    if html_to:
        html_to.write_text(drift.page(found, name), encoding="utf-8")
    click.echo(json.encode(document).decode() if as_json else "\n".join(drift.lines(found, name)))
    if found.drifted:
        raise SystemExit(EXIT_FINDINGS)


def _api(wanted: VerifyOptions) -> ApiUnderTest:
    """Return what was called.

    Raises:
        UnusableInputError: there is no such vendor, or the spec cannot be served.
    """
    if wanted.spec and wanted.vendor:
        cure = f"mockserver verify … --spec {wanted.spec}"
        raise UnusableInputError("--spec and --vendor exclude each other", f"--spec {wanted.spec}", cure)
    if wanted.spec:
        return _foreign(wanted.spec)
    if not wanted.vendor:
        cure = "--vendor VENDOR     or --spec FILE for a spec of yours"
        raise UnusableInputError("it is not said what was called", "--vendor, --spec", cure)
    return _vendor(wanted.vendor)


def _foreign(spec: Path) -> ApiUnderTest:
    try:
        api, is_plain = load_foreign_api(spec, {})
    except MockServerError as error:
        raise UnusableInputError(str(error), f"--spec {spec}", "a file of OpenAPI 3.0") from None
    if is_plain:
        what = f"{spec.name} has no x-batch, so that this server cannot answer for it"
        raise UnusableInputError(what, f"--spec {spec}", "x-batch at the operation that takes a batch")
    return api


def _vendor(name: str) -> ApiUnderTest:
    if name not in vendor_packages():
        known = ", ".join(vendor_packages())
        raise UnusableInputError(
            f"no vendor named {name}; there are {known}", f"--vendor {name}", f"one of {known}"
        )
    return load_vendor_api(name)


def _drift(wanted: VerifyOptions) -> Drift:
    archive, vendor = wanted.archive, _api(wanted)
    try:
        traffic = read_har(archive.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, InvalidArchiveError) as error:
        cure = "save it as HAR from a browser or a proxy, or GET …/journal/export?format=har"
        raise UnusableInputError(f"{archive.name} cannot be read: {error}", str(archive), cure) from None
    try:
        specs = (wanted.spec.parent,) if wanted.spec else ()
        with local_server(vendor, wanted.state, wanted.assumptions, specs) as call:
            judge = ExchangeJudge(vendor, RunConfig(), is_recorded=True)
            found = DriftComparison(vendor, wanted.base, judge, call).drift(traffic)
    except (OSError, UnfitStateError, MockServerError) as error:
        what = f"our server cannot begin so: {error}"
        raise UnusableInputError(what, "--state, --assume", "mockserver verify --help") from None
    if not found.calls:
        what = f"{archive.name} has no call of {vendor.name} ({found.foreign:,} of others)"
        cure = "mockserver verify … --base URL, the address at which the vendor's paths begin"
        raise UnusableInputError(what, str(archive), cure)
    return found
