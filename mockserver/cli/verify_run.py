"""Execute `mockserver verify`: compare recorded traffic with a spec and with this server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from mockserver.cli.options import EXIT_FINDINGS
from mockserver.codec import json
from mockserver.contract.drift import report
from mockserver.contract.drift.archive import Unarchived, recorded
from mockserver.contract.drift.drifting import Drift, Drifting
from mockserver.contract.drift.here import Unfit, here
from mockserver.contract.effort import Effort
from mockserver.contract.judging import Judge
from mockserver.contract.profiles import Contracted, contracted
from mockserver.engine.registry import vendor_packages
from mockserver.errors import MockServerError


class UnusableInputError(Exception):
    """The command cannot run: message, location, remedy."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(what)
        self.where, self.remedy = where, remedy


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What to compare; `base` is the URL of the vendor's paths, "" to detect it.

    `state` is a dump to start this server from, None for the fixtures; `assumptions` are set in it.
    """

    archive: Path
    vendor: str
    base: str
    state: Path | None
    assumptions: Mapping[str, str]


def verify_traffic(
    options: VerifyOptions, json_to: Path | None, html_to: Path | None, *, as_json: bool
) -> None:
    """Print and write the drift report; exit 1 if there is any drift.

    Raises:
        UnusableInputError: the archive, the vendor or the state cannot be used.
    """
    drift, name = _drift(options), options.archive.name
    document = report.document(drift, name)
    if json_to:
        json_to.write_bytes(json.encode(document))
    if html_to:
        html_to.write_text(report.page(drift, name), encoding="utf-8")
    click.echo(json.encode(document).decode() if as_json else "\n".join(report.lines(drift, name)))
    if drift.drifted:
        raise SystemExit(EXIT_FINDINGS)


def _vendor(name: str) -> Contracted:
    if name not in vendor_packages():
        known = ", ".join(vendor_packages())
        raise UnusableInputError(
            f"no vendor named {name}; there are {known}", f"--vendor {name}", f"one of {known}"
        )
    return contracted(name)


def _drift(options: VerifyOptions) -> Drift:
    archive, vendor = options.archive, _vendor(options.vendor)
    try:
        traffic = recorded(archive.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, Unarchived) as error:
        remedy = "save it as HAR from a browser or a proxy, or GET …/journal/export?format=har"
        raise UnusableInputError(f"{archive.name} cannot be read: {error}", str(archive), remedy) from None
    try:
        with here(vendor, options.state, options.assumptions) as call:
            drift = Drifting(vendor, options.base, Judge(vendor, Effort()), call).drift(traffic)
    except (OSError, Unfit, MockServerError) as error:
        what = f"this server cannot start: {error}"
        raise UnusableInputError(what, "--state, --assume", "mockserver verify --help") from None
    if not drift.calls:
        what = f"{archive.name} has no calls of {vendor.name} ({drift.foreign:,} of others)"
        remedy = "mockserver verify … --base URL, the base URL of the vendor's paths"
        raise UnusableInputError(what, str(archive), remedy)
    return drift
