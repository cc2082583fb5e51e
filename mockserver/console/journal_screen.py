"""The calls of a sandbox, newest first, with the outcomes of their items."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, move_to
from mockserver.control.http_client import HttpRequest
from mockserver.model import SHOWN_OUTCOMES, Document, Json
from mockserver.spec.openapi import METHODS

BLUEPRINT = Blueprint("journal", __name__, url_prefix=CONSOLE)


ROWS = 100
"""Maximum number of calls on a page."""

_OF_RULES = ("scenario", "fault", "differs")
FILTERS = ("text", "outcome", "vendor", "status", "item", "since", "method", "operation", *_OF_RULES)
"""Filters of the journal that the form offers, as the control plane names them."""


@page(BLUEPRINT, "/")
def show_journal(visit: Visit) -> Screen:
    vendors = visit.control.get("/vendors")
    filters = _filters()
    return Screen(
        "journal.html",
        {
            **_rows(visit),
            "filters": filters,
            "chips": [
                {"name": name, "text": text, "address": visit.address("/", **{**filters, name: ""})}
                for name, text in filters.items()
                if text
            ],
            "methods": [method.upper() for method in METHODS],
            "vendors": [vendor["name"] for vendor in vendors],
            "outcomes": list(SHOWN_OUTCOMES),
            "pageRows": ROWS,
            "examples": [{"vendor": one["name"], "address": visit.base(one["base"])} for one in vendors],
        },
    )


@page(BLUEPRINT, "/journal/rows")
def show_new_rows(visit: Visit) -> Screen:
    return Screen("parts/journal_rows.html", _rows(visit), is_part=True)


@action(BLUEPRINT, "/journal/clear")
def clear(visit: Visit) -> Response:
    visit.control.delete(visit.of_sandbox("/journal"))
    return move_to(visit.address("/"))


@action(BLUEPRINT, "/journal/example")
def send_example(visit: Visit) -> Response:
    """Send an example batch and show its call: one bad item, and two good items if such a batch exists."""
    vendor = request.form.get("vendor", "")
    asked = {"vendor": vendor, "items": 3, "bad": 1}
    try:
        batch = visit.control.post(visit.of_sandbox("/examples"), asked)
    except ControlRefusal:  # a vendor whose batches are accepted or refused as a whole
        batch = visit.control.post(visit.of_sandbox("/examples"), {**asked, "items": 1})
    headers = {
        "Host": visit.origin.partition("://")[2],  # the address that an export of the call names
        "User-Agent": "mockserver-console",
        **batch["headers"],
        "Mock-Sandbox": visit.sandbox,
    }
    path = f"/{vendor}{batch['path']}"
    call = HttpRequest(batch["method"], path, tuple(headers.items()), batch["body"].encode())
    visit.control.run(visit.server.send(call))
    (newest,) = visit.control.get(visit.of_sandbox("/journal"), last=1)
    return move_to(visit.address(f"/x/{newest['number']}"))


def _filters() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in FILTERS}


def _rows(visit: Visit) -> Document:
    query: dict[str, Json] = {**_filters(), "strips": True}
    query["since"] = request.args.get("after") or query["since"]
    if before := request.args.get("before", ""):
        query["to"] = max(1, int(before) - 1) if before.isdecimal() else before
    found = visit.control.get(visit.of_sandbox("/journal"), last=ROWS + 1, **query)
    calls = found[-ROWS:][::-1]
    return {
        "calls": calls,
        "older": calls[-1]["number"] if len(found) > ROWS else None,
        "newest": calls[0]["number"] if calls else 0,
    }
