"""The catalogue of cases: the failures of batches, the mock's reactions, and runs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from urllib.parse import quote

from mockserver.console.screen import ControlRefusal, Download, Moved, Screen, ScreenRoute, Shown, Visit
from mockserver.journal.export.case_file import render_case
from mockserver.model import Document

FILTERS = ("search", "vendor", "section", "source")
"""Filters of the list, as the control plane names them."""

FORMS = ("curl", "pytest")
"""Forms in which a case can be copied."""

LABELS: Mapping[str, str] = {
    "seed": "documented: in the vendor's own document of the operation",
    "public": "documented: in another public document or program",
    "rfc": "documented: in an RFC",
    "field": "reported: seen in a recording of the live API, or in a program that uses it",
    "report": "reported: in public reports of users",
    "assumed": "assumed: no document says it; a plausible choice",
}
"""What each source of a case means."""


async def show_cases(visit: Visit) -> Screen:
    filters = {name: visit.query.get(name, "") for name in FILTERS}
    rows = await visit.control.get("/cases")
    found = await visit.control.get("/cases", **filters) if any(filters.values()) else rows
    vendors = await visit.control.get("/vendors")
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


async def show_case(visit: Visit, refused: Document | None = None, status: int = 200) -> Screen:
    row = await visit.control.get(_path(visit))
    run: Document | None = None
    if number := visit.query.get("run", ""):
        try:
            found = await visit.control.get(f"/case-runs/{quote(number, safe='')}")
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


async def run_case(visit: Visit) -> Shown:
    row = await visit.control.get(_path(visit))
    name = ""
    try:
        name = await _new_sandbox(visit, f"case-{row['row']}")
        path = f"/sandboxes/{name}/cases/{row['id']}/run"
        verdict = await visit.control.post(path, {"vendor": visit.form.get("vendor", "")})
    except ControlRefusal as refusal:
        if name:
            await visit.control.delete(f"/sandboxes/{name}")
        return await show_case(visit, refusal.problem, refusal.status)
    return Moved(visit.address(f"/cases/{row['id']}", run=verdict["run"]))


async def show_export(visit: Visit) -> Screen:
    text = await _exported(visit)
    shown = {"vendor": visit.query.get("vendor", ""), "format": visit.query.get("format", "")}
    return Screen("case_export.html", {"id": visit.path["case"], **shown, "text": text.content.decode()})


async def keep_export(visit: Visit) -> Download:
    return await _exported(visit)


ROUTES = (
    ScreenRoute("/cases", show_cases),
    ScreenRoute("/cases/{case}", show_case),
    ScreenRoute("/cases/{case}/run", run_case, ("POST",)),
    ScreenRoute("/cases/{case}/export", show_export),
    ScreenRoute("/cases/{case}/file", keep_export),
)


def _path(visit: Visit) -> str:
    return f"/cases/{quote(visit.path['case'], safe='')}"


async def _new_sandbox(visit: Visit, stem: str) -> str:
    taken = {one["name"] for one in await visit.control.get("/sandboxes")}
    name = next(name for name in (f"{stem}-{number}" for number in count(1)) if name not in taken)
    await visit.control.post("/sandboxes", {"name": name})
    return name


async def _exported(visit: Visit) -> Download:
    query = {name: visit.query.get(name, "") for name in ("vendor", "format")}
    answered = await visit.control.call("GET", f"{_path(visit)}/export", query=query)
    name = answered.headers["content-disposition"].partition('filename="')[2].rstrip('"')
    return Download(name, answered.headers["content-type"], answered.body)
