"""The difference between two states of a sandbox, or what one call changed."""

from __future__ import annotations

from mockserver.console.control_client import ControlRefusal
from mockserver.console.difference import shown_difference
from mockserver.console.forms import shown_refusal
from mockserver.console.screen import Screen, ScreenRoute
from mockserver.console.visit import Visit
from mockserver.model import Document

_RECENT_CALLS = 10
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


ROUTES = (ScreenRoute("/state/diff", show_difference),)
