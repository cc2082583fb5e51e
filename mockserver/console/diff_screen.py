"""The difference between two states of a sandbox, or what one call changed."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.console.body_lines import MAX_LINES
from mockserver.console.control_client import ControlRefusal
from mockserver.console.document_lines import document_lines, json_text
from mockserver.console.forms import shown_refusal
from mockserver.console.record_table import record_label
from mockserver.console.screen import Screen, ScreenRoute
from mockserver.console.visit import Visit
from mockserver.model import Document

MAX_RECORDS = 200
"""Limit of records of one kind that a page draws."""

_RECENT_CALLS = 10
_OPEN_RECORDS = 5
_SIGNS = {"removed": "-", "changed": "~", "added": "+"}
_NAMES = {"now": "now", "fixtures": "the fixtures"}


async def show_difference(visit: Visit) -> Screen:
    """Show what was added, removed and changed between the states `from` and `to`, or by the call `call`."""
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
            "difference": _shown(found) if found else None,
        },
        status,
    )


def _asked(visit: Visit) -> tuple[str, str]:
    call = visit.query.get("call", "").strip().lstrip("#")
    if call:
        return f"before:{call}", f"after:{call}"
    return visit.query.get("from") or "fixtures", visit.query.get("to") or "now"


def _call_number(before: str, after: str) -> int | None:
    """Return the number of the call around which the states are, None if they are not around one."""
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
    """Return the states that the form offers, in groups."""
    snapshots = await visit.control.get(visit.of_sandbox("/snapshots"))
    calls = await visit.control.get(visit.of_sandbox("/journal"), last=_RECENT_CALLS)
    sandboxes = await visit.control.get("/sandboxes")
    groups = {
        "This sandbox": ["fixtures", "now"],
        "Snapshots": [one["id"] for one in snapshots],
        "Calls": [f"{side}:{one['number']}" for one in reversed(calls) for side in ("before", "after")],
        "Other sandboxes": [f"sandbox:{one['name']}" for one in sandboxes if one["name"] != visit.sandbox],
    }
    known = [name for names in groups.values() for name in names]
    groups["Chosen"] = list(dict.fromkeys(one for one in (before, after) if one not in known))
    labels = {one["id"]: f" ({one['label']})" for one in snapshots if one["label"]}
    return [
        {"group": group, "states": [{"id": one, "says": _said(one) + labels.get(one, "")} for one in names]}
        for group, names in groups.items()
        if names
    ]


def _shown(found: Document) -> Document:
    """Return the records that differ, by collection, and apart from them what the server keeps for itself.

    Of many, those that are no additions come first.
    """
    entries = [{**one, "kind": kind} for kind in _SIGNS for one in found[kind]]
    records = [one for one in entries if not one["own"]]
    own = [one for one in entries if one["own"]]
    kinds = [one["kind"] for one in records]
    return {
        "counts": {kind: kinds.count(kind) for kind in ("added", "removed", "changed")},
        "groups": _groups(records[:MAX_RECORDS]),
        "own": [_entry(one) for one in own[:MAX_RECORDS]],
        "more": max(0, len(records) - MAX_RECORDS) + max(0, len(own) - MAX_RECORDS),
        "open": len(records) <= _OPEN_RECORDS,
    }


def _groups(entries: Sequence[Document]) -> list[Document]:
    groups: dict[tuple[str, str], list[Document]] = {}
    for one in entries:
        groups.setdefault((one["scope"], one["collection"]), []).append(_entry(one))
    return [
        {"scope": scope, "collection": collection, "records": groups[scope, collection]}
        for scope, collection in sorted(groups)
    ]


def _entry(one: Document) -> Document:
    shown = {name: one[name] for name in ("kind", "scope", "collection", "key")}
    shown |= {"sign": _SIGNS[one["kind"]], "vendor": one["scope"].partition("/")[0]}
    if "document" in one:
        lines = document_lines(one["document"])[:MAX_LINES]
        return {**shown, "label": record_label(one["key"], one["document"]), "lines": lines}
    return {**shown, "label": "", "changes": [_change(change) for change in one["changes"]]}


def _change(change: Document) -> Document:
    kind = "changed" if "old" in change and "new" in change else "added" if "new" in change else "removed"
    return {
        "pointer": change["pointer"],
        "kind": kind,
        "sign": _SIGNS[kind],
        "old": json_text(change["old"]) if "old" in change else None,
        "new": json_text(change["new"]) if "new" in change else None,
    }


ROUTES = (ScreenRoute("/state/diff", show_difference),)
