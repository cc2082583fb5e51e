"""One call: its request and reply, and what was decided of each item."""

from __future__ import annotations

from mockserver.console.screen import Screen, ScreenRoute
from mockserver.console.visit import Visit


async def show_call(visit: Visit) -> Screen:
    """Show one call."""
    call = await visit.control.get(visit.of_sandbox(f"/journal/{visit.path['number']}"))
    return Screen("call.html", {"call": call})


ROUTES = (ScreenRoute("/x/{number:int}", show_call),)
