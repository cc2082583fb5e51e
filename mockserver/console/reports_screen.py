"""The reports in one folder: reports of contract runs, tests and cases. Their content is not trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from mockserver.codec.http import JSON_TYPE
from mockserver.codec.urls import is_loopback
from mockserver.console.pages import action, page
from mockserver.console.screen import (
    CONSOLE,
    ControlRefusal,
    Screen,
    Visit,
    download,
    find_one,
    foreign,
    move_to,
    refusal_of,
)
from mockserver.engine.registry import vendor_packages
from mockserver.installation import extra_command
from mockserver.model import Document

BLUEPRINT = Blueprint("reports", __name__, url_prefix=CONSOLE)

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9._-]")

MAX_SHOWN = 200_000
"""Maximum number of characters of a text on a page; the download is complete."""

KINDS: Mapping[str, str] = {
    "page": "page",
    "summary": "JSON",
    "junit": "JUnit XML",
    "har": "HTTP archive",
    "script": "script of calls",
    "test": "pytest file",
    "case": "YAML, such as a case",
    "text": "text",
    "badge": "badge (SVG)",
}
"""For each kind of report, the kind's name on the page."""


@page(BLUEPRINT, "/reports")
def show_reports(visit: Visit, refused: Document | None = None, status: int = 200) -> Screen:
    found = visit.control.get("/reports")
    own = {
        "runs": _runs(found["reports"]),
        "obstacle": _obstacle(visit),
        "vendors": _testable(visit),
        "run": visit.contract.document(),
    }
    return Screen("reports.html", {**found, **own, "kinds": dict(KINDS), "refused": refused}, status)


@action(BLUEPRINT, "/reports/run")
def run_contract(visit: Visit) -> Screen | Response:
    """Start a quick run of the contract suite against a vendor of this server."""
    vendor = request.form.get("vendor", "")
    refused = _obstacle(visit) or ("" if vendor in _testable(visit) else "the suite has no such vendor")
    try:
        if not refused and not visit.contract.start(vendor, visit.control.origin):
            refused = "a run goes on; it ends within a minute"
    except OSError as error:
        refused = f"the run cannot be started: {error.strerror}"
    return show_reports(visit, refusal_of(refused), 409) if refused else move_to(visit.address("/reports"))


def _runs(reports: list[Document]) -> list[Document]:
    """Return one report of each run: the run's page or, without page, its JSON."""
    found: dict[tuple[str, ...], Document] = {}
    for one in reports:
        if one["run"]:
            run = str(PurePosixPath(one["path"]).parent), *one["run"].values()
            if one["kind"] == "page" or run not in found:
                found[run] = one
    return list(found.values())


def _obstacle(visit: Visit) -> str:
    """Return the reason why no run can be started, or ""."""
    origin = urlsplit(visit.control.origin)
    if visit.contract.folder is None or origin.scheme != "http" or not is_loopback(origin.hostname or ""):
        return "it needs a server without --tls, --store and control token, and this page at http://127.0.0.1"
    return (
        ""
        if find_spec("schemathesis")
        else f"the extra contract is not installed: {extra_command('contract')}"
    )


def _testable(visit: Visit) -> list[str]:
    served = visit.control.get("/vendors")
    return [vendor["name"] for vendor in served if vendor["name"] in vendor_packages()]


@page(BLUEPRINT, "/reports/view")
def show_report(visit: Visit) -> Screen:
    """Show one report: a page in a frame, every other report as text."""
    report = _report(visit)
    content = b"" if report["kind"] == "page" else _content(visit)
    text = content.decode(errors="replace")
    document = {
        **report,
        "called": KINDS[report["kind"]],
        "text": text[:MAX_SHOWN],
        "is_cut": len(text) > MAX_SHOWN,
    }
    return Screen("report.html", document)


@page(BLUEPRINT, "/reports/page")
def show_page(visit: Visit) -> Response:
    """Return a report that is a page, unchanged; the page can neither run scripts nor load anything."""
    report = _report(visit)
    if report["kind"] != "page":
        detail = f"{report['path']} is not a page"
        raise ControlRefusal(404, {"title": "Not Found", "code": "unknown-report", "detail": detail})
    return foreign(_content(visit), "text/html; charset=utf-8")


@page(BLUEPRINT, "/reports/file")
def keep_report(visit: Visit) -> Response:
    report = _report(visit)
    media_type = JSON_TYPE if report["kind"] in ("summary", "har") else "application/octet-stream"
    name = _NOT_IN_NAMES.sub("_", PurePosixPath(report["path"]).name)
    return download(name, media_type, _content(visit))


def _report(visit: Visit) -> Document:
    path, reports = request.args.get("path", ""), visit.control.get("/reports")["reports"]
    return find_one(reports, "path", path, "unknown-report", f"the folder of reports has no {path}")


def _content(visit: Visit) -> bytes:
    answered = visit.control.call("GET", "/reports/file", query={"path": request.args["path"]})
    return answered.body
