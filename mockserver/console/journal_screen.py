"""The calls of a sandbox, newest first, with the outcomes of their items."""

from __future__ import annotations

from mockserver.console.screen import ControlRefusal, Moved, Screen, ScreenRoute, Visit
from mockserver.control.http_client import Request
from mockserver.model import SHOWN_OUTCOMES, Document, Json
from mockserver.spec.openapi import METHODS

ROWS = 100
"""Rows of a page."""

FILTERS = ("text", "outcome", "vendor", "status", "item", "since", "method", "operation", "scenario", "fault")
"""Filters of the journal that the form offers, as the control plane names them."""


async def show_journal(visit: Visit) -> Screen:
    vendors = await visit.control.get("/vendors")
    filters = _filters(visit)
    return Screen(
        "journal.html",
        {
            **await _rows(visit),
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


async def show_new_rows(visit: Visit) -> Screen:
    return Screen("parts/journal_rows.html", await _rows(visit), is_part=True)


async def clear(visit: Visit) -> Moved:
    await visit.control.delete(visit.of_sandbox("/journal"))
    return Moved(visit.address("/"))


async def send_example(visit: Visit) -> Moved:
    """Send an example batch of three items, one of them bad, and show its call."""
    vendor = visit.form.get("vendor", "")
    asked = {"vendor": vendor, "items": 3, "bad": 1}
    try:
        batch = await visit.control.post(visit.of_sandbox("/examples"), asked)
    except ControlRefusal:  # a vendor whose batches are accepted or refused as a whole
        batch = await visit.control.post(visit.of_sandbox("/examples"), {**asked, "items": 1})
    headers = {
        "Host": visit.origin.partition("://")[2],  # the address that an export of the call names
        "User-Agent": "mockserver-console",
        **batch["headers"],
        "Mock-Sandbox": visit.sandbox,
    }
    path = f"/{vendor}{batch['path']}"
    call = Request(batch["method"], path, tuple(headers.items()), batch["body"].encode())
    await visit.server.send(call)
    (newest,) = await visit.control.get(visit.of_sandbox("/journal"), last=1)
    return Moved(visit.address(f"/x/{newest['number']}"))


ROUTES = (
    ScreenRoute("/", show_journal),
    ScreenRoute("/journal/rows", show_new_rows),
    ScreenRoute("/journal/clear", clear, ("POST",)),
    ScreenRoute("/journal/example", send_example, ("POST",)),
)


def _filters(visit: Visit) -> dict[str, str]:
    return {name: visit.query.get(name, "") for name in FILTERS}


async def _rows(visit: Visit) -> Document:
    query: dict[str, Json] = {**_filters(visit), "strips": True}
    query["since"] = visit.query.get("after") or query["since"]
    if before := visit.query.get("before", ""):
        query["to"] = max(1, int(before) - 1) if before.isdecimal() else before
    found = await visit.control.get(visit.of_sandbox("/journal"), last=ROWS + 1, **query)
    calls = found[-ROWS:][::-1]
    return {
        "calls": calls,
        "older": calls[-1]["number"] if len(found) > ROWS else None,
        "newest": calls[0]["number"] if calls else 0,
    }
