"""The records of a sandbox, and the difference between two of its states."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, request

from mockserver.codec.http import JSON_TYPE
from mockserver.console.data_views import (
    MAX_LINES,
    document_lines,
    shown_difference,
    table_columns,
    table_rows,
)
from mockserver.console.pages import action, page
from mockserver.console.screen import (
    CONSOLE,
    ControlRefusal,
    RawBody,
    Screen,
    Visit,
    download,
    move_to,
    refusal_of,
)
from mockserver.model import Document

BLUEPRINT = Blueprint("state", __name__, url_prefix=CONSOLE)

ROWS = 100
"""Maximum number of records on a page."""

_RECENT_CALLS = 10
_NAMES = {"now": "now", "fixtures": "the fixtures"}


@page(BLUEPRINT, "/state")
def show_state(visit: Visit) -> Screen:
    scopes = _scopes(visit)
    vendors = visit.control.get("/vendors")
    return Screen(
        "state.html",
        {
            "vendors": [_vendor(vendor["name"], vendor["title"], scopes) for vendor in vendors],
            "snapshots": visit.control.get(visit.of_sandbox("/snapshots")),
        },
    )


@action(BLUEPRINT, "/state")
def take_snapshot(visit: Visit) -> Response:
    label = request.form.get("label", "").strip()
    taken = visit.control.post(visit.of_sandbox("/snapshots"), {"label": label})
    return move_to(visit.address("/sandboxes", taken=taken["id"]) + "#snapshots")


@page(BLUEPRINT, "/state/<vendor>")
def show_vendor(visit: Visit) -> Screen:
    name = visit.path["vendor"]
    scopes = _scopes(visit)
    shown = _vendor(name, name, scopes)
    if not shown["scopes"]:
        return _nothing(f"This sandbox holds nothing of {name}.", "see the state of all vendors")
    return Screen("state_vendor.html", shown)


@page(BLUEPRINT, "/state/<vendor>/<collection>")
def show_collection(visit: Visit) -> Screen:
    vendor, collection = visit.path["vendor"], visit.path["collection"]
    scopes = [
        scope["scope"]
        for scope in _vendor(vendor, vendor, _scopes(visit))["scopes"]
        if collection in [one["collection"] for one in scope["collections"]]
    ]
    scope = request.args.get("scope") or (scopes[0] if scopes else f"{vendor}/")
    offset, text = _number(request.args.get("offset", "")), request.args.get("text", "")
    page = visit.control.get(
        visit.of_sandbox("/records"), scope=scope, collection=collection, text=text, offset=offset, last=ROWS
    )
    records = page["records"]
    columns = table_columns(records)
    return Screen(
        "state_collection.html",
        {
            "vendor": vendor,
            "collection": collection,
            "scope": scope,
            "scopes": scopes,
            "text": text,
            "offset": offset,
            "total": page["total"],
            "next": offset + ROWS if offset + ROWS < page["total"] else None,
            "previous": max(0, offset - ROWS) if offset else None,
            "columns": columns,
            "rows": table_rows(records, columns),
        },
    )


@page(BLUEPRINT, "/state/<vendor>/<collection>/<path:key>")
def show_record(visit: Visit) -> Screen:
    vendor, collection, key = (visit.path[name] for name in ("vendor", "collection", "key"))
    scope = request.args.get("scope") or f"{vendor}/"
    page = visit.control.get(
        visit.of_sandbox("/records"), scope=scope, collection=collection, key=key, last=1
    )
    if not page["records"]:
        return _nothing(
            f"{scope} {collection} has no record {key}.", "look for it in the collection, or in a diff"
        )
    (record,) = page["records"]
    lines = document_lines(record["document"])
    return Screen(
        "state_record.html",
        {
            "vendor": vendor,
            "collection": collection,
            "scope": scope,
            **record,
            "lines": lines[:MAX_LINES],
            "more": max(0, len(lines) - MAX_LINES),
        },
    )


@page(BLUEPRINT, "/state/dump")
def download_dump(visit: Visit) -> Response:
    vendor, of = request.args.get("vendor", ""), request.args.get("of", "")
    query = {"vendor": vendor, "of": of}
    dump = visit.control.call("GET", visit.of_sandbox("/dump"), query=query)
    name = "-".join(part for part in (visit.sandbox, vendor, of.replace(":", "-")) if part)
    return download(f"{name}.json", JSON_TYPE, dump.body)


@page(BLUEPRINT, "/state/load")
def ask_for_dump(visit: Visit, error: Document | None = None, status: int = 422) -> Screen:
    vendors = visit.control.get("/vendors")
    visit.control.get(visit.of_sandbox())  # raises if the sandbox is unknown
    document = {
        "vendors": [vendor["name"] for vendor in vendors],
        "vendor": request.form.get("vendor", ""),
        "text": request.form.get("text", ""),
        "error": error,
    }
    return Screen("state_load.html", document, status if error else 200)


@action(BLUEPRINT, "/state/load")
def load_dump(visit: Visit) -> Screen | Response:
    sent = request.files.get("file")
    content = (sent and sent.read()) or request.form.get("text", "").strip().encode()
    if not content:
        return ask_for_dump(visit, refusal_of("No dump was given.", "choose a file or paste its text"))
    vendor = request.form.get("vendor", "")
    try:
        visit.control.call("PUT", visit.of_sandbox("/state"), RawBody(content, JSON_TYPE), {"vendor": vendor})
    except ControlRefusal as refusal:
        return ask_for_dump(visit, refusal.problem, refusal.status)
    return move_to(visit.address(f"/state/{vendor}" if vendor else "/state"))


def _nothing(detail: str, cure: str) -> Screen:
    return Screen("refusal.html", {"title": "Nothing there", **refusal_of(detail, cure)}, 404)


def _scopes(visit: Visit) -> list[Document]:
    by_scope: dict[str, list[Document]] = {}
    for one in visit.control.get(visit.of_sandbox("/collections")):
        by_scope.setdefault(one["scope"], []).append(one)
    return [
        {"scope": scope, "tenant": scope.partition("/")[2], "collections": collections}
        for scope, collections in by_scope.items()
    ]


def _vendor(name: str, title: str, scopes: Iterable[Document]) -> Document:
    own = [scope for scope in scopes if scope["scope"].startswith(f"{name}/")]
    collections = [one for scope in own for one in scope["collections"] if not one["own"]]
    records = sum(one["records"] for one in collections)
    return {"name": name, "title": title, "records": records, "scopes": own}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - digits of an offset


@page(BLUEPRINT, "/state/diff")
def show_difference(visit: Visit) -> Screen:
    """Show what the query's `call` changed or, without it, what differs between states `from` and `to`."""
    before, after = _asked()
    found: Document | None = None
    error: Document | None = None
    status = 200
    try:
        found = visit.control.get(visit.of_sandbox("/diff"), against=before, of=after)
    except ControlRefusal as refusal:
        if refusal.problem.get("code") == "unknown-sandbox":
            raise
        error, status = refusal.problem, refusal.status
    return Screen(
        "diff.html",
        {
            "from": before,
            "to": after,
            "title": _title(before, after),
            "number": _call_number(before, after),
            "states": _states(visit, before, after),
            "error": error,
            "difference": shown_difference(found) if found else None,
        },
        status,
    )


def _asked() -> tuple[str, str]:
    call = request.args.get("call", "").strip().lstrip("#")
    if call:
        return f"before:{call}", f"after:{call}"
    return request.args.get("from") or "fixtures", request.args.get("to") or "now"


def _call_number(before: str, after: str) -> int | None:
    number = before.removeprefix("before:")
    return int(number) if after == f"after:{number}" and number.isdecimal() else None


def _title(before: str, after: str) -> str:
    number = _call_number(before, after)
    if number is not None:
        return f"What call #{number} changed"
    return f"From {_said(before)} to {_said(after)}"


def _said(state: str) -> str:
    kind, colon, name = state.partition(":")
    if colon:
        return f"sandbox {name}" if kind == "sandbox" else f"{kind} call #{name}"
    return _NAMES.get(state, f"snapshot {state}")


def _states(visit: Visit, before: str, after: str) -> list[Document]:
    snapshots = visit.control.get(visit.of_sandbox("/snapshots"))
    calls = visit.control.get(visit.of_sandbox("/journal"), last=_RECENT_CALLS)
    sandboxes = visit.control.get("/sandboxes")
    groups = {
        "This sandbox": ["fixtures", "now"],
        "Snapshots": [snapshot["id"] for snapshot in snapshots],
        "Calls": [f"{side}:{one['number']}" for one in reversed(calls) for side in ("before", "after")],
        "Other sandboxes": [f"sandbox:{one['name']}" for one in sandboxes if one["name"] != visit.sandbox],
    }
    known = [name for names in groups.values() for name in names]
    groups["Chosen"] = list(dict.fromkeys(one for one in (before, after) if one not in known))
    labels = {one["id"]: f" ({one['label']})" for one in snapshots if one["label"]}
    return [
        {
            "group": group,
            "states": [{"id": name, "says": _said(name) + labels.get(name, "")} for name in names],
        }
        for group, names in groups.items()
        if names
    ]
