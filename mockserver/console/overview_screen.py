"""The calls of a sandbox at a glance: the ledger and its items, the timeline, and two calls side by side."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit
from mockserver.console.waterfall import draw_timeline
from mockserver.journal.ledger import FIGURES, SENT

BLUEPRINT = Blueprint("overview", __name__, url_prefix=CONSOLE)

ROWS = 100
"""Maximum number of items on a page."""


@page(BLUEPRINT, "/overview")
def show_overview(visit: Visit) -> Screen:
    vendor = request.args.get("vendor", "")
    found = visit.control.get(visit.of_sandbox("/overview"), vendor=vendor)
    calls = visit.control.get(visit.of_sandbox("/timeline"), vendor=vendor)
    drawn = {"timeline": draw_timeline(calls, visit.address, vendor=vendor), "figures": FIGURES}
    return Screen("overview.html", {**found, **drawn, "vendor": vendor, "vendors": _vendors(visit)})


@page(BLUEPRINT, "/differences")
def show_differences(visit: Visit) -> Screen:
    return Screen("differences.html", {"groups": visit.control.get(visit.of_sandbox("/differences"))})


@page(BLUEPRINT, "/items")
def show_items(visit: Visit) -> Screen:
    """Show the items that a figure of the ledger counts, with the reason of each end."""
    vendor, why, skip = (request.args.get(name, "") for name in ("vendor", "why", "skip"))
    figure = request.args.get("figure") or SENT
    asked = {"vendor": vendor, "figure": figure, "why": why}
    found = visit.control.get(visit.of_sandbox("/journal/items"), **asked, skip=skip, limit=ROWS + 1)
    ledger = visit.control.get(visit.of_sandbox("/ledger"), vendor=vendor)
    words = ", ".join(FIGURES[one] for one in figure.split(","))
    pages = {"skip": int(skip or 0), "rows": ROWS, "items": found[:ROWS], "hasMore": len(found) > ROWS}
    return Screen("items.html", {**asked, **pages, "ledger": ledger, "figures": FIGURES, "words": words})


@page(BLUEPRINT, "/timeline")
def show_timeline(visit: Visit) -> Screen:
    """Show the calls over time, from one instant to another if the query has `from` and `to`."""
    kept = {name: request.args.get(name, "") for name in ("vendor", "item")}
    bounds = {name: request.args.get(name, "") for name in ("from", "to")}
    found = visit.control.get(visit.of_sandbox("/timeline"), **kept, **bounds)
    drawn = {"timeline": draw_timeline(found, visit.address, **kept), "vendors": _vendors(visit)}
    return Screen("timeline.html", {**kept, "bounds": bounds, **drawn})


@page(BLUEPRINT, "/compare")
def show_comparison(visit: Visit) -> Screen:
    """If the query names two calls as `a` and `b`, show what differs between them; else show only a form."""
    a, b = (request.args.get(name, "").strip().removeprefix("#") for name in ("a", "b"))
    if not (a + b or "0").isdecimal() or not (a + b).isascii():
        raise ControlRefusal(400, {"title": "Bad Request", "detail": "a call goes by its number, such as 3"})
    found = visit.control.get(visit.of_sandbox(f"/journal/{a}/compare/{b}")) if a and b else None
    return Screen("compare.html", {"a": a, "b": b, "found": found})


def _vendors(visit: Visit) -> list[str]:
    return [one["name"] for one in visit.control.get("/vendors")]
