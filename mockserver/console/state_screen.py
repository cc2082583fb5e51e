"""The records of a sandbox, and the difference between two of its states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from mockserver.codec.http import JSON_TYPE
from mockserver.console.data_views import (
    MAX_LINES,
    document_lines,
    shown_difference,
    table_columns,
    table_rows,
)
from mockserver.console.screen import (
    ControlRefusal,
    Download,
    Moved,
    RawBody,
    Screen,
    ScreenRoute,
    Visit,
    refusal_of,
    shown_refusal,
)
from mockserver.model import Document

ROWS = 100
"""Records of a page."""


async def show_state(visit: Visit) -> Screen:
    scopes = await _scopes(visit)
    vendors = await visit.control.get("/vendors")
    return Screen(
        "state.html",
        {
            "vendors": [_vendor(vendor["name"], vendor["title"], scopes) for vendor in vendors],
            "snapshots": await visit.control.get(visit.of_sandbox("/snapshots")),
        },
    )


async def take_snapshot(visit: Visit) -> Moved:
    label = visit.form.get("label", "").strip()
    taken = await visit.control.post(visit.of_sandbox("/snapshots"), {"label": label})
    return Moved(visit.address("/sandboxes", taken=taken["id"]) + "#snapshots")


async def show_vendor(visit: Visit) -> Screen:
    name = visit.path["vendor"]
    scopes = await _scopes(visit)
    shown = _vendor(name, name, scopes)
    if not shown["scopes"]:
        return _nothing(f"This sandbox holds nothing of {name}.", "see the state of all vendors")
    return Screen("state_vendor.html", shown)


async def show_collection(visit: Visit) -> Screen:
    vendor, collection = visit.path["vendor"], visit.path["collection"]
    scopes = [
        scope["scope"]
        for scope in _vendor(vendor, vendor, await _scopes(visit))["scopes"]
        if collection in [one["collection"] for one in scope["collections"]]
    ]
    scope = visit.query.get("scope") or (scopes[0] if scopes else f"{vendor}/")
    offset, text = _number(visit.query.get("offset", "")), visit.query.get("text", "")
    page = await visit.control.get(
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


async def show_record(visit: Visit) -> Screen | Moved:
    vendor, collection, key = (visit.path[name] for name in ("vendor", "collection", "key"))
    if not key:
        return Moved(visit.address(f"/state/{quote(vendor)}/{quote(collection)}"))
    scope = visit.query.get("scope") or f"{vendor}/"
    page = await visit.control.get(
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


async def download_dump(visit: Visit) -> Download:
    vendor, of = visit.query.get("vendor", ""), visit.query.get("of", "")
    query = {"vendor": vendor, "of": of}
    dump = await visit.control.call("GET", visit.of_sandbox("/dump"), query=query)
    name = "-".join(part for part in (visit.sandbox, vendor, of.replace(":", "-")) if part)
    return Download(f"{name}.json", JSON_TYPE, dump.body)


async def ask_for_dump(visit: Visit) -> Screen:
    return await _load_form(visit, None)


async def load_dump(visit: Visit) -> Moved | Screen:
    content = visit.files.get("file") or visit.form.get("text", "").strip().encode()
    if not content:
        return await _load_form(visit, refusal_of("No dump was given.", "choose a file or paste its text"))
    vendor = visit.form.get("vendor", "")
    try:
        await visit.control.call(
            "PUT", visit.of_sandbox("/state"), RawBody(content, JSON_TYPE), {"vendor": vendor}
        )
    except ControlRefusal as refusal:
        return await _load_form(visit, shown_refusal(refusal), refusal.status)
    return Moved(visit.address(f"/state/{vendor}" if vendor else "/state"))


async def _load_form(visit: Visit, error: Document | None, status: int = 422) -> Screen:
    vendors = await visit.control.get("/vendors")
    await visit.control.get(visit.of_sandbox())  # refused if the sandbox is not there
    document = {
        "vendors": [vendor["name"] for vendor in vendors],
        "vendor": visit.form.get("vendor", ""),
        "text": visit.form.get("text", ""),
        "error": error,
    }
    return Screen("state_load.html", document, status if error else 200)


def _nothing(detail: str, cure: str) -> Screen:
    problem = {"title": "Nothing there", "detail": detail, "errors": [{"detail": "", "try": cure}]}
    return Screen("refusal.html", problem, 404)


async def _scopes(visit: Visit) -> list[Document]:
    by_scope: dict[str, list[Document]] = {}
    for one in await visit.control.get(visit.of_sandbox("/collections")):
        by_scope.setdefault(one["scope"], []).append(one)
    return [
        {"scope": scope, "tenant": scope.partition("/")[2], "collections": collections}
        for scope, collections in by_scope.items()
    ]


def _vendor(name: str, title: str, scopes: Iterable[Document]) -> Document:
    own = [scope for scope in scopes if scope["scope"].startswith(f"{name}/")]
    return {"name": name, "title": title, "records": _count(own), "scopes": own}


def _count(scopes: Sequence[Document]) -> int:
    return sum(
        collection["records"]
        for scope in scopes
        for collection in scope["collections"]
        if not collection["own"]
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - digits of an offset


ROUTES = (
    ScreenRoute("/state", show_state),
    ScreenRoute("/state", take_snapshot, ("POST",)),
    ScreenRoute("/state/dump", download_dump),
    ScreenRoute("/state/load", ask_for_dump),
    ScreenRoute("/state/load", load_dump, ("POST",)),
    ScreenRoute("/state/{vendor}", show_vendor),
    ScreenRoute("/state/{vendor}/{collection}", show_collection),
    ScreenRoute("/state/{vendor}/{collection}/{key:path}", show_record),
)


_RECENT_CALLS = 10
_NAMES = {"now": "now", "fixtures": "the fixtures"}


async def show_difference(visit: Visit) -> Screen:
    """Show the changes between the states `from` and `to`, or by the call `call`."""
    before, after = _asked(visit)
    found: Document | None = None
    error: Document | None = None
    status = 200
    try:
        found = await visit.control.get(visit.of_sandbox("/diff"), against=before, of=after)
    except ControlRefusal as refusal:
        if refusal.problem.get("code") == "unknown-sandbox":
            raise
        error, status = shown_refusal(refusal), refusal.status
    return Screen(
        "diff.html",
        {
            "from": before,
            "to": after,
            "title": _title(before, after),
            "number": _call_number(before, after),
            "states": await _states(visit, before, after),
            "error": error,
            "difference": shown_difference(found) if found else None,
        },
        status,
    )


def _asked(visit: Visit) -> tuple[str, str]:
    call = visit.query.get("call", "").strip().lstrip("#")
    if call:
        return f"before:{call}", f"after:{call}"
    return visit.query.get("from") or "fixtures", visit.query.get("to") or "now"


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


async def _states(visit: Visit, before: str, after: str) -> list[Document]:
    snapshots = await visit.control.get(visit.of_sandbox("/snapshots"))
    calls = await visit.control.get(visit.of_sandbox("/journal"), last=_RECENT_CALLS)
    sandboxes = await visit.control.get("/sandboxes")
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


DIFFERENCE_ROUTES = (ScreenRoute("/state/diff", show_difference),)
