"""The calls of a sandbox at a glance, and two calls side by side."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit

BLUEPRINT = Blueprint("overview", __name__, url_prefix=CONSOLE)


@page(BLUEPRINT, "/overview")
def show_overview(visit: Visit) -> Screen:
    vendor = request.args.get("vendor", "")
    found = visit.control.get(visit.of_sandbox("/overview"), vendor=vendor)
    vendors = [one["name"] for one in visit.control.get("/vendors")]
    return Screen("overview.html", {**found, "vendor": vendor, "vendors": vendors})


@page(BLUEPRINT, "/compare")
def show_comparison(visit: Visit) -> Screen:
    """If the query names two calls as `a` and `b`, show what differs between them; else show only a form."""
    a, b = (request.args.get(name, "").strip().removeprefix("#") for name in ("a", "b"))
    if not (a + b or "0").isdecimal() or not (a + b).isascii():
        raise ControlRefusal(400, {"title": "Bad Request", "detail": "a call goes by its number, such as 3"})
    found = visit.control.get(visit.of_sandbox(f"/journal/{a}/compare/{b}")) if a and b else None
    return Screen("compare.html", {"a": a, "b": b, "found": found})
