"""One call: its request and reply, and what was decided of each item."""

from __future__ import annotations

from mockserver.console.call_bodies import bodies
from mockserver.console.call_exports import EXPORTS, export_file, export_part
from mockserver.console.call_items import ItemChoice, item_page
from mockserver.console.control_client import ControlRefusal
from mockserver.console.difference import shown_difference
from mockserver.console.journal_screen import OUTCOMES
from mockserver.console.screen import Download, Screen, ScreenRoute
from mockserver.console.visit import CONSOLE, Visit
from mockserver.model import Document, Json

TABS = (
    ("items", "Items"),
    ("headers", "Headers"),
    ("raw", "Raw"),
    ("decided", "Decided"),
    ("state", "State"),
)
"""The parts of the page, one shown at a time."""

RAW_CHARACTERS = 200_000
"""Most characters of a raw body on a page."""

FRESH, ADDRESS = "fresh", "address"
"""Places where a call can be sent again, beside its own sandbox; a fresh sandbox disturbs nobody."""


async def show_call(visit: Visit) -> Screen:
    """Show one call."""
    return Screen("call.html", await _document(visit))


async def replay(visit: Visit) -> Screen:
    """Send the call again, and show what came of it above the call."""
    chosen = visit.form.get("into", "")
    to = visit.form.get("to", "")
    # Recorded credentials are sent to no other address.
    headers = {"authorization": text} if (text := visit.form.get("authorization", "")) else {}
    asked = {"to": to, "headers": headers} if chosen == ADDRESS else {"into": chosen or FRESH}
    try:
        found = await visit.control.post(visit.of_sandbox(f"/journal/{visit.path['number']}/replay"), asked)
    except ControlRefusal as refusal:
        failed = {"into": chosen, "to": to, "error": refusal.problem}
        return Screen("call.html", {**await _document(visit), "replay": failed}, refusal.status)
    return Screen("call.html", {**await _document(visit), "replay": _replayed(found, chosen, to)})


async def download_request(visit: Visit) -> Download:
    """Return the body of the request as a file."""
    return await _body_file(visit, "request")


async def download_reply(visit: Visit) -> Download:
    """Return the body of the reply as a file."""
    return await _body_file(visit, "reply")


async def download_export(visit: Visit) -> Download:
    """Return the call as a file in the format `as`."""
    return await export_file(visit)


ROUTES = (
    ScreenRoute("/x/{number:int}", show_call),
    ScreenRoute("/x/{number:int}", replay, ("POST",)),
    ScreenRoute("/x/{number:int}/request", download_request),
    ScreenRoute("/x/{number:int}/reply", download_reply),
    ScreenRoute("/x/{number:int}/export", download_export),
)


async def _document(visit: Visit) -> Document:
    number = int(visit.path["number"])
    call: Document = await visit.control.get(visit.of_sandbox(f"/journal/{number}"))
    decided = call["decided"]
    choice = ItemChoice.of(visit.query, len(decided))
    tab = visit.query.get("tab", "")
    tab = tab if tab in dict(TABS) else TABS[0][0]
    switches = await _switches(visit, call)
    page = item_page(decided, choice, {"applied": call["applied"], "switches": switches})
    picked = choice.picked
    return {
        **await _neighbours(visit, {name: value for name, value in call.items() if name != "decided"}),
        "tabs": [{"name": name, "title": title} for name, title in TABS],
        "tab": tab,
        "outcomes": list(OUTCOMES),
        "outcome": choice.outcome,
        "picked": picked,
        "item": None if picked is None else {"index": picked, "key": decided[picked]["key"]},
        "items": page,
        "bodies": bodies(call, decided, page["rows"], picked) if tab == "items" else None,
        "rawCharacters": RAW_CHARACTERS,
        "changes": await _changes(visit, number) if tab == "state" else None,
        "exports": [{"name": one.name, "title": one.title, "file": one.file} for one in EXPORTS],
        "export": await export_part(visit),
        "replay": None,
    }


async def _neighbours(visit: Visit, call: Document) -> Document:
    """Return the call with its strip, and the numbers of those before and after it."""
    number = call["number"]
    around = await visit.control.get(visit.of_sandbox("/journal"), last=3, to=number + 1, strips=True)
    numbers = [one["number"] for one in around]
    strip: list[Json] = next((one["strip"] for one in around if one["number"] == number), [])
    return {
        "call": {**call, "strip": strip},
        "previous": next((one for one in reversed(numbers) if one < number), None),
        "next": next((one for one in numbers if one > number), None),
    }


async def _changes(visit: Visit, number: int) -> Document:
    """Return what the call changed as a `difference`, or the `reason` why that is not known."""
    states = {"against": f"before:{number}", "of": f"after:{number}"}
    try:
        found = await visit.control.get(visit.of_sandbox("/diff"), **states)
    except ControlRefusal as refusal:
        return {"difference": None, "reason": str(refusal)}
    return {"difference": shown_difference(found), "reason": None}


async def _switches(visit: Visit, call: Document) -> list[str]:
    """Return the names of the assumptions of the call's vendor."""
    if not (call["warned"] or call["outcomes"].get("rejected")):
        return []
    listed = await visit.control.get(visit.of_sandbox("/assumptions"))
    of_vendor = f"{call['vendor']}."
    return [one["id"].removeprefix(of_vendor) for one in listed if one["id"].startswith(of_vendor)]


def _replayed(found: Document, chosen: str, to: str) -> Document:
    address = calls = None
    if found["number"] is not None:
        address = f"{CONSOLE}/x/{found['number']}?sandbox={found['into']}"
        calls = f"{CONSOLE}/?sandbox={found['into']}"
    result: Json = {**found, "address": address, "calls": calls}
    return {"into": chosen, "to": to, "error": None, "result": result}


async def _body_file(visit: Visit, side: str) -> Download:
    number = visit.path["number"]
    call = await visit.control.get(visit.of_sandbox(f"/journal/{number}"))
    # Whatever it says of itself, a browser is to keep it and not to open it.
    return Download(f"call-{number}-{side}.txt", "application/octet-stream", call[side]["body"].encode())
