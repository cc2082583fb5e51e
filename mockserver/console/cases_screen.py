"""The catalogue of cases: failures of batches, how the mock reacts to them, and runs of cases."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from urllib.parse import quote

from flask import Blueprint, Response, request

from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, download, move_to
from mockserver.journal.export.case_file import render_case
from mockserver.model import Document

BLUEPRINT = Blueprint("cases", __name__, url_prefix=CONSOLE)


FILTERS = ("search", "vendor", "section", "source")
"""Filters of the list, as the control plane names them."""

FORMS = ("curl", "pytest")
"""Formats in which a case can be copied."""

LABELS: Mapping[str, str] = {
    "seed": "documented: in the vendor's own document of the operation",
    "public": "documented: in another public document or program",
    "rfc": "documented: in an RFC",
    "field": "reported: seen in a recording of the live API, or in a program that uses it",
    "report": "reported: in public reports of users",
    "assumed": "assumed: no document says it; a plausible choice",
}
"""What each source of a case means."""


@page(BLUEPRINT, "/cases")
def show_cases(visit: Visit) -> Screen:
    filters = {name: request.args.get(name, "") for name in FILTERS}
    rows = visit.control.get("/cases")
    found = visit.control.get("/cases", **filters) if any(filters.values()) else rows
    vendors = visit.control.get("/vendors")
    return Screen(
        "cases.html",
        {
            "cases": found,
            "total": len(rows),
            "filters": filters,
            "vendors": [vendor["name"] for vendor in vendors],
            "sections": list(dict.fromkeys(row["section"] for row in rows)),
            "sources": [one for one in LABELS if any(one in row["source"] for row in rows)],
            "labels": dict(LABELS),
        },
    )


@page(BLUEPRINT, "/cases/<case>")
def show_case(visit: Visit, refused: Document | None = None, status: int = 200) -> Screen:
    row = visit.control.get(_path(visit))
    run: Document | None = None
    if number := request.args.get("run", ""):
        try:
            found = visit.control.get(f"/case-runs/{quote(number, safe='')}")
            run = found if found["id"] == row["id"] else None
        except ControlRefusal as refusal:
            refused = refused or refusal.problem
    cases = [{**case, "text": render_case(case["document"])} for case in row["cases"]]
    document = {
        **row,
        "cases": cases,
        "run": run,
        "refused": refused,
        "labels": dict(LABELS),
        "forms": list(FORMS),
    }
    return Screen("case.html", document, status)


@action(BLUEPRINT, "/cases/<case>/run")
def run_case(visit: Visit) -> Screen | Response:
    row = visit.control.get(_path(visit))
    name = ""
    try:
        name = _new_sandbox(visit, f"case-{row['row']}")
        path = f"/sandboxes/{name}/cases/{row['id']}/run"
        verdict = visit.control.post(path, {"vendor": request.form.get("vendor", "")})
    except ControlRefusal as refusal:
        if name:
            visit.control.delete(f"/sandboxes/{name}")
        return show_case(visit, refusal.problem, refusal.status)
    return move_to(visit.address(f"/cases/{row['id']}", run=verdict["run"]))


@page(BLUEPRINT, "/cases/<case>/export")
def show_export(visit: Visit) -> Screen:
    text = keep_export(visit).get_data(as_text=True)
    shown = {"vendor": request.args.get("vendor", ""), "format": request.args.get("format", "")}
    return Screen("case_export.html", {"id": visit.path["case"], **shown, "text": text})


def _path(visit: Visit) -> str:
    return f"/cases/{quote(visit.path['case'], safe='')}"


def _new_sandbox(visit: Visit, stem: str) -> str:
    taken = {one["name"] for one in visit.control.get("/sandboxes")}
    name = next(name for name in (f"{stem}-{number}" for number in count(1)) if name not in taken)
    visit.control.post("/sandboxes", {"name": name})
    return name


@page(BLUEPRINT, "/cases/<case>/file")
def keep_export(visit: Visit) -> Response:
    query = {name: request.args.get(name, "") for name in ("vendor", "format")}
    answered = visit.control.call("GET", f"{_path(visit)}/export", query=query)
    name = answered.headers["content-disposition"].partition('filename="')[2].rstrip('"')
    return download(name, answered.headers["content-type"], answered.body)
