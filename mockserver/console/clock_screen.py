"""The clock of a sandbox, and what ends by it."""

from __future__ import annotations

from datetime import datetime

from mockserver.codec.durations import parse_duration
from mockserver.codec.instants import parse_instant
from mockserver.console.control_client import ControlRefusal
from mockserver.console.durations import said_duration
from mockserver.console.forms import refusal_of, shown_refusal
from mockserver.console.screen import Moved, Screen, ScreenRoute
from mockserver.console.visit import Visit
from mockserver.model import Document

STEPS = (("1s", "+1 s"), ("1m", "+1 min"), ("6m", "+6 min"), ("1h", "+1 h"), ("1d", "+1 day"))
"""Steps that the page offers as buttons."""

_KINDS = {
    "idempotency-key": ("idempotency key", "idempotency keys"),
    "token": ("token", "tokens"),
    "quota-window": ("quota window", "quota windows"),
}


async def show_clock(visit: Visit) -> Screen:
    """Show the time, what ended since the time `since`, and what ends next."""
    return await _page(visit)


async def set_clock(visit: Visit) -> Moved | Screen:
    """Step, freeze or thaw the clock, and show what ended by that."""
    before = (await visit.control.get(visit.of_sandbox("/clock")))["now"]
    do, at, by = (visit.form.get(name, "").strip() for name in ("do", "at", "by"))
    try:
        if do == "freeze":
            await visit.control.post(visit.of_sandbox("/clock/freeze"), {"at": at} if at else {})
        elif do == "thaw":
            await visit.control.post(visit.of_sandbox("/clock/thaw"))
        else:
            seconds = int(parse_duration(by).total_seconds())
            await visit.control.post(visit.of_sandbox("/clock/advance"), {"seconds": seconds})
    except ValueError:
        problem = refusal_of(f"{by or 'nothing'} is not a step", "write 90s, 6m, 1h30m or 2d")
        return await _page(visit, {"step": problem})
    except ControlRefusal as refusal:
        return await _page(visit, {"at" if do == "freeze" else "step": shown_refusal(refusal)})
    return Moved(visit.address("/clock", since=before))


async def _page(visit: Visit, errors: Document | None = None) -> Screen:
    clock = await visit.control.get(visit.of_sandbox("/clock"))
    since = visit.query.get("since", "")
    found = await visit.control.get(visit.of_sandbox("/clock/expirations"), since=since)
    now = parse_instant(found["now"])
    document = {
        "clock": clock,
        "since": since,
        "wentBack": bool(since) and parse_instant(since) > now,
        "said": _said_counts(found["counts"]) if since else "",
        "expired": [_row(one, now) for one in found["expired"]] if since else [],
        "next": [_row(one, now) for one in found["next"]],
        "steps": [{"by": by, "says": says} for by, says in STEPS],
        "form": {"at": visit.form.get("at", ""), "by": visit.form.get("by", "")},
        "errors": errors or {},
    }
    return Screen("clock.html", document, 422 if errors else 200)


def _said_counts(counts: Document) -> str:
    """Return `2 idempotency keys and 1 token expired`."""
    parts = [f"{count:,} {_KINDS[kind][count != 1]}" for kind, count in counts.items()]
    if not parts:
        return "Nothing expired"
    listed = " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else parts[0]
    return f"{listed} expired"


def _row(one: Document, now: datetime) -> Document:
    at = parse_instant(one["at"])
    return {
        **one,
        "says": _KINDS[one["kind"]][0],
        "vendor": one["scope"].partition("/")[0],
        "distance": said_duration(abs(at - now)),
    }


ROUTES = (ScreenRoute("/clock", show_clock), ScreenRoute("/clock", set_clock, ("POST",)))
