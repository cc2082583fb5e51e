"""The sandboxes with their snapshots, and the clock of each."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from mockserver.codec.instants import parse_duration, parse_instant
from mockserver.console.screen import (
    ControlRefusal,
    Moved,
    Screen,
    ScreenRoute,
    Visit,
    counted,
    question,
    refusal_of,
    shown_refusal,
)
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX


def said_duration(span: timedelta) -> str:
    """A duration in its two largest units: `6 min 1 s`, `2 days 3 h`."""
    seconds = int(span.total_seconds())
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    named = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    parts = [f"{count:,} {unit}" for count, unit in named if count]
    return " ".join(parts[:2]) or "0 s"


_FROM_FIXTURES, _EMPTY, _COPY = "fixtures", "empty", "copy:"
_OWN_SCOPE = "sandbox/"


async def show_sandboxes(visit: Visit) -> Screen:
    return await _page(visit)


async def create(visit: Visit) -> Moved | Screen:
    """Create a sandbox: from the fixtures, empty, or as a copy of a state of this one."""
    name, begin = visit.form.get("name", "").strip(), visit.form.get("begin", _FROM_FIXTURES)
    seed = visit.form.get("seed", "").strip()
    if seed and not seed.isdecimal():
        return await _page(visit, refusal_of("The seed is not a whole number.", "leave it empty, or write 7"))
    asked: dict[str, Json] = {"name": name, "empty": begin == _EMPTY}
    if seed:
        asked["seed"] = int(seed)
    if freeze := visit.form.get("freeze", "").strip():
        asked["freeze"] = freeze
    try:
        copied = await _copied(visit, begin)
        await visit.control.post("/sandboxes", asked)
        if copied is not None:
            await _load(_inside(visit, name), copied, asked)
    except ControlRefusal as refusal:
        return await _page(visit, shown_refusal(refusal), refusal.status)
    return Moved(_inside(visit, name).address("/sandboxes"))


async def ask_reset(visit: Visit) -> Screen:
    found = await visit.control.get(visit.of_sandbox())
    return question(
        f"Reset the sandbox {visit.sandbox}?",
        [
            f"Its {counted(found['records'], 'record')} and its clock go back to how it began.",
            f"Its journal of {counted(found['calls'], 'call')} is deleted, and numbers begin again at 1.",
            "Snapshots are kept.",
        ],
        "Reset",
        visit.address("/sandboxes/reset"),
        visit.address("/sandboxes"),
    )


async def reset(visit: Visit) -> Moved:
    await visit.control.post(visit.of_sandbox("/reset"))
    return Moved(visit.address("/sandboxes"))


async def ask_delete(visit: Visit) -> Screen:
    if visit.sandbox == DEFAULT_SANDBOX:
        return _not_default()
    found = await visit.control.get(visit.of_sandbox())
    return question(
        f"Delete the sandbox {visit.sandbox}?",
        [
            f"It holds {counted(found['records'], 'record')} and {counted(found['calls'], 'call')}.",
            "All of it is lost, and its snapshots too.",
        ],
        "Delete",
        visit.address("/sandboxes/delete"),
        visit.address("/sandboxes"),
    )


async def delete(visit: Visit) -> Moved | Screen:
    if visit.sandbox == DEFAULT_SANDBOX:
        return _not_default()
    await visit.control.delete(visit.of_sandbox())
    return Moved(_inside(visit, DEFAULT_SANDBOX).address("/sandboxes"))


async def ask_restore(visit: Visit) -> Screen:
    snapshot = await _snapshot(visit)
    return question(
        f"Restore snapshot {snapshot['id']} of {visit.sandbox}?",
        [
            f"It was taken at {snapshot['at']} by the sandbox's clock.",
            f"It has {counted(snapshot['records'], 'record')}.",
            "What the sandbox holds now is lost. Calls and snapshots are kept.",
        ],
        "Restore",
        visit.address(f"/sandboxes/snapshots/{snapshot['id']}/restore"),
        visit.address("/sandboxes"),
    )


async def restore(visit: Visit) -> Moved:
    await visit.control.post(visit.of_sandbox(f"/snapshots/{_snapshot_id(visit)}/restore"))
    return Moved(visit.address("/state"))


async def ask_delete_snapshot(visit: Visit) -> Screen:
    snapshot = await _snapshot(visit)
    return question(
        f"Delete snapshot {snapshot['id']} of {visit.sandbox}?",
        [f"It has {counted(snapshot['records'], 'record')}. Nothing else changes."],
        "Delete",
        visit.address(f"/sandboxes/snapshots/{snapshot['id']}/delete"),
        visit.address("/sandboxes"),
    )


async def delete_snapshot(visit: Visit) -> Moved:
    await visit.control.delete(visit.of_sandbox(f"/snapshots/{_snapshot_id(visit)}"))
    return Moved(visit.address("/sandboxes") + "#snapshots")


async def _page(visit: Visit, error: Document | None = None, status: int = 422) -> Screen:
    sandboxes = await visit.control.get("/sandboxes")
    is_there = visit.sandbox in [sandbox["name"] for sandbox in sandboxes]
    snapshots = await visit.control.get(visit.of_sandbox("/snapshots")) if is_there else []
    document = {
        "sandboxes": [
            {**sandbox, "idle": said_duration(timedelta(seconds=sandbox["idleSeconds"]))}
            for sandbox in sandboxes
        ],
        "default": DEFAULT_SANDBOX,
        "isThere": is_there,
        "snapshots": snapshots,
        "taken": visit.query.get("taken", ""),
        "form": {
            "name": visit.form.get("name", "" if is_there else visit.sandbox),
            "seed": visit.form.get("seed", ""),
            "freeze": visit.form.get("freeze", ""),
            "begin": visit.form.get("begin", _FROM_FIXTURES),
        },
        "error": error,
    }
    return Screen("sandboxes.html", document, status if error else 200, sandboxes=sandboxes)


async def _copied(visit: Visit, begin: str) -> Json:
    if not begin.startswith(_COPY):
        return None
    return await visit.control.get(visit.of_sandbox("/dump"), of=begin.removeprefix(_COPY))


async def _load(created: Visit, dump: Document, asked: Document) -> None:
    """Load the dump into a new sandbox, which is deleted if that is refused; `asked` has priority."""
    if "seed" in asked:
        settings = dump[_OWN_SCOPE]["settings"]
        own = {**dump[_OWN_SCOPE], "settings": {**settings, "seed": {"value": asked["seed"]}}}
        dump = {**dump, _OWN_SCOPE: own}
    try:
        await created.control.put(created.of_sandbox("/state"), dump)
        if "freeze" in asked:
            await created.control.post(created.of_sandbox("/clock/freeze"), {"at": asked["freeze"]})
    except ControlRefusal:
        with suppress(ControlRefusal):
            await created.control.delete(created.of_sandbox())
        raise


def _inside(visit: Visit, sandbox: str) -> Visit:
    return Visit(visit.control, visit.server, visit.contract, sandbox, visit.origin)


async def _snapshot(visit: Visit) -> Document:
    wanted = visit.path["snapshot"]
    for one in await visit.control.get(visit.of_sandbox("/snapshots")):
        if one["id"] == wanted:
            found: Document = one
            return found
    raise ControlRefusal(
        404,
        {"title": "Not Found", "detail": f"the sandbox has no snapshot {wanted}", "code": "unknown-snapshot"},
    )


def _snapshot_id(visit: Visit) -> str:
    return quote(visit.path["snapshot"], safe="")


def _not_default() -> Screen:
    problem = {
        "title": "The default sandbox stays",
        "detail": "The default sandbox is not deleted here.",
        "errors": [{"detail": "", "try": "reset it, or delete its snapshots"}],
    }
    return Screen("refusal.html", problem, 409)


ROUTES = (
    ScreenRoute("/sandboxes", show_sandboxes),
    ScreenRoute("/sandboxes", create, ("POST",)),
    ScreenRoute("/sandboxes/reset", ask_reset),
    ScreenRoute("/sandboxes/reset", reset, ("POST",)),
    ScreenRoute("/sandboxes/delete", ask_delete),
    ScreenRoute("/sandboxes/delete", delete, ("POST",)),
    ScreenRoute("/sandboxes/snapshots/{snapshot}/restore", ask_restore),
    ScreenRoute("/sandboxes/snapshots/{snapshot}/restore", restore, ("POST",)),
    ScreenRoute("/sandboxes/snapshots/{snapshot}/delete", ask_delete_snapshot),
    ScreenRoute("/sandboxes/snapshots/{snapshot}/delete", delete_snapshot, ("POST",)),
)


STEPS = (("1s", "+1 s"), ("1m", "+1 min"), ("6m", "+6 min"), ("1h", "+1 h"), ("1d", "+1 day"))
"""Steps that the page offers as buttons."""

_KINDS = {
    "idempotency-key": ("idempotency key", "idempotency keys"),
    "token": ("token", "tokens"),
    "quota-window": ("quota window", "quota windows"),
}


async def show_clock(visit: Visit) -> Screen:
    return await _clock_page(visit)


async def set_clock(visit: Visit) -> Moved | Screen:
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
        return await _clock_page(visit, {"step": problem})
    except ControlRefusal as refusal:
        return await _clock_page(visit, {"at" if do == "freeze" else "step": shown_refusal(refusal)})
    return Moved(visit.address("/clock", since=before))


async def _clock_page(visit: Visit, errors: Document | None = None) -> Screen:
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


CLOCK_ROUTES = (ScreenRoute("/clock", show_clock), ScreenRoute("/clock", set_clock, ("POST",)))
