"""The sandboxes; snapshots and clock of one sandbox."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from flask import Blueprint, Response, request

from mockserver.codec.instants import parse_duration, parse_instant
from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, find_one, move_to, refusal_of
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX
from mockserver.scenario.rule_words import counted

BLUEPRINT = Blueprint("sandbox", __name__, url_prefix=CONSOLE)

_FROM_FIXTURES, _EMPTY, _COPY = "fixtures", "empty", "copy:"
_OWN_SCOPE = "sandbox/"
STEPS = (("1s", "+1 s"), ("1m", "+1 min"), ("6m", "+6 min"), ("1h", "+1 h"), ("1d", "+1 day"))
"""Steps of the clock that the page offers as buttons, each with its label."""

_KINDS = {
    "idempotency-key": ("idempotency key", "idempotency keys"),
    "token": ("token", "tokens"),
    "quota-window": ("quota window", "quota windows"),
}


def said_duration(span: timedelta) -> str:
    """Return a duration in its two largest units: `6 min 1 s`, `2 days 3 h`."""
    seconds = int(span.total_seconds())
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    named = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    parts = [f"{count:,} {unit}" for count, unit in named if count]
    return " ".join(parts[:2]) or "0 s"


@page(BLUEPRINT, "/sandboxes")
def show_sandboxes(visit: Visit, error: Document | None = None, status: int = 422) -> Screen:
    sandboxes = visit.control.get("/sandboxes")
    is_there = visit.sandbox in [sandbox["name"] for sandbox in sandboxes]
    snapshots = visit.control.get(visit.of_sandbox("/snapshots")) if is_there else []
    document = {
        "sandboxes": [
            {**sandbox, "idle": said_duration(timedelta(seconds=sandbox["idleSeconds"]))}
            for sandbox in sandboxes
        ],
        "default": DEFAULT_SANDBOX,
        "isThere": is_there,
        "snapshots": snapshots,
        "webhooks": visit.control.get(visit.of_sandbox("/webhooks")) if is_there else [],
        "taken": request.args.get("taken", ""),
        "form": {
            "name": request.form.get("name", "" if is_there else visit.sandbox),
            "seed": request.form.get("seed", ""),
            "freeze": request.form.get("freeze", ""),
            "begin": request.form.get("begin", _FROM_FIXTURES),
        },
        "error": error,
    }
    return Screen("sandboxes.html", document, status if error else 200, sandboxes=sandboxes)


@action(BLUEPRINT, "/sandboxes")
def create(visit: Visit) -> Screen | Response:
    """Create a sandbox: from the fixtures, empty, or as a copy of a state of the visited sandbox."""
    name, begin = request.form.get("name", "").strip(), request.form.get("begin", _FROM_FIXTURES)
    seed = request.form.get("seed", "").strip()
    if seed and not seed.isdecimal():
        return show_sandboxes(
            visit, refusal_of("The seed is not a whole number.", "leave it empty, or write 7")
        )
    asked: dict[str, Json] = {"name": name, "empty": begin == _EMPTY}
    if seed:
        asked["seed"] = int(seed)
    if freeze := request.form.get("freeze", "").strip():
        asked["freeze"] = freeze
    try:
        dump = visit.of_sandbox("/dump")
        copied = visit.control.get(dump, of=begin.removeprefix(_COPY)) if begin.startswith(_COPY) else None
        visit.control.post("/sandboxes", asked)
        if copied is not None:
            _load(_inside(visit, name), copied, asked)
    except ControlRefusal as refusal:
        return show_sandboxes(visit, refusal.problem, refusal.status)
    return move_to(_inside(visit, name).address("/sandboxes"))


@page(BLUEPRINT, "/sandboxes/reset")
def ask_reset(visit: Visit) -> Screen:
    found = visit.control.get(visit.of_sandbox())
    return _question(
        visit,
        f"Reset the sandbox {visit.sandbox}?",
        [
            f"Its {counted(found['records'], 'record')} and its clock go back to how it began.",
            f"Its journal of {counted(found['calls'], 'call')} is deleted, and numbers begin again at 1.",
            "Snapshots are kept.",
        ],
        "Reset",
        "/sandboxes/reset",
    )


@action(BLUEPRINT, "/sandboxes/reset")
def reset(visit: Visit) -> Response:
    visit.control.post(visit.of_sandbox("/reset"))
    return move_to(visit.address("/sandboxes"))


@page(BLUEPRINT, "/sandboxes/delete")
def ask_delete(visit: Visit) -> Screen:
    if visit.sandbox == DEFAULT_SANDBOX:
        return _not_default()
    found = visit.control.get(visit.of_sandbox())
    return _question(
        visit,
        f"Delete the sandbox {visit.sandbox}?",
        [
            f"It holds {counted(found['records'], 'record')} and {counted(found['calls'], 'call')}.",
            "All of it is lost, and its snapshots too.",
        ],
        "Delete",
        "/sandboxes/delete",
    )


@action(BLUEPRINT, "/sandboxes/delete")
def delete(visit: Visit) -> Screen | Response:
    if visit.sandbox == DEFAULT_SANDBOX:
        return _not_default()
    visit.control.delete(visit.of_sandbox())
    return move_to(_inside(visit, DEFAULT_SANDBOX).address("/sandboxes"))


@page(BLUEPRINT, "/sandboxes/snapshots/<snapshot>/restore")
def ask_restore(visit: Visit) -> Screen:
    snapshot = _snapshot(visit)
    return _question(
        visit,
        f"Restore snapshot {snapshot['id']} of {visit.sandbox}?",
        [
            f"It was taken at {snapshot['at']} by the sandbox's clock.",
            f"It has {counted(snapshot['records'], 'record')}.",
            "What the sandbox holds now is lost. Calls and snapshots are kept.",
        ],
        "Restore",
        f"/sandboxes/snapshots/{snapshot['id']}/restore",
    )


@action(BLUEPRINT, "/sandboxes/snapshots/<snapshot>/restore")
def restore(visit: Visit) -> Response:
    visit.control.post(visit.of_sandbox(f"/snapshots/{_snapshot_id(visit)}/restore"))
    return move_to(visit.address("/state"))


@page(BLUEPRINT, "/sandboxes/snapshots/<snapshot>/delete")
def ask_delete_snapshot(visit: Visit) -> Screen:
    snapshot = _snapshot(visit)
    return _question(
        visit,
        f"Delete snapshot {snapshot['id']} of {visit.sandbox}?",
        [f"It has {counted(snapshot['records'], 'record')}. Nothing else changes."],
        "Delete",
        f"/sandboxes/snapshots/{snapshot['id']}/delete",
    )


@action(BLUEPRINT, "/sandboxes/snapshots/<snapshot>/delete")
def delete_snapshot(visit: Visit) -> Response:
    visit.control.delete(visit.of_sandbox(f"/snapshots/{_snapshot_id(visit)}"))
    return move_to(visit.address("/sandboxes") + "#snapshots")


def _question(visit: Visit, title: str, says: list[str], button: str, action: str) -> Screen:
    form = {"button": button, "action": visit.address(action), "back": visit.address("/sandboxes")}
    return Screen("question.html", {"title": title, "says": says, **form})


def _load(created: Visit, dump: Document, asked: Document) -> None:
    """Load the dump into a new sandbox, with seed and clock of `asked`. On a refusal, delete the sandbox."""
    if "seed" in asked:
        settings = dump[_OWN_SCOPE]["settings"]
        own = {**dump[_OWN_SCOPE], "settings": {**settings, "seed": {"value": asked["seed"]}}}
        dump = {**dump, _OWN_SCOPE: own}
    try:
        created.control.put(created.of_sandbox("/state"), dump)
        if "freeze" in asked:
            created.control.post(created.of_sandbox("/clock/freeze"), {"at": asked["freeze"]})
    except ControlRefusal:
        with suppress(ControlRefusal):
            created.control.delete(created.of_sandbox())
        raise


def _inside(visit: Visit, sandbox: str) -> Visit:
    return Visit(visit.control, visit.server, visit.contract, sandbox, visit.origin)


def _snapshot(visit: Visit) -> Document:
    wanted = visit.path["snapshot"]
    found = visit.control.get(visit.of_sandbox("/snapshots"))
    return find_one(found, "id", wanted, "unknown-snapshot", f"the sandbox has no snapshot {wanted}")


def _snapshot_id(visit: Visit) -> str:
    return quote(visit.path["snapshot"], safe="")


def _not_default() -> Screen:
    problem = refusal_of("The default sandbox is not deleted here.", "reset it, or delete its snapshots")
    return Screen("refusal.html", {"title": "The default sandbox stays", **problem}, 409)


@page(BLUEPRINT, "/clock")
def show_clock(visit: Visit, errors: Document | None = None) -> Screen:
    clock = visit.control.get(visit.of_sandbox("/clock"))
    since = request.args.get("since", "")
    found = visit.control.get(visit.of_sandbox("/clock/expirations"), since=since)
    now = parse_instant(found["now"])
    document = {
        "clock": clock,
        "since": since,
        "wentBack": bool(since) and parse_instant(since) > now,
        "said": _said_counts(found["counts"]) if since else "",
        "expired": [_row(one, now) for one in found["expired"]] if since else [],
        "next": [_row(one, now) for one in found["next"]],
        "steps": [{"by": by, "says": says} for by, says in STEPS],
        "form": {"at": request.form.get("at", ""), "by": request.form.get("by", "")},
        "errors": errors or {},
    }
    return Screen("clock.html", document, 422 if errors else 200)


@action(BLUEPRINT, "/clock")
def set_clock(visit: Visit) -> Screen | Response:
    before = (visit.control.get(visit.of_sandbox("/clock")))["now"]
    do, at, by = (request.form.get(name, "").strip() for name in ("do", "at", "by"))
    try:
        if do == "freeze":
            visit.control.post(visit.of_sandbox("/clock/freeze"), {"at": at} if at else {})
        elif do == "thaw":
            visit.control.post(visit.of_sandbox("/clock/thaw"))
        else:
            seconds = int(parse_duration(by).total_seconds())
            visit.control.post(visit.of_sandbox("/clock/advance"), {"seconds": seconds})
    except ValueError:
        problem = refusal_of(f"{by or 'nothing'} is not a step", "write 90s, 6m, 1h30m or 2d")
        return show_clock(visit, {"step": problem})
    except ControlRefusal as refusal:
        return show_clock(visit, {"at" if do == "freeze" else "step": refusal.problem})
    return move_to(visit.address("/clock", since=before))


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
