"""One item: every call that had the item, on a timeline and as a table."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit
from mockserver.console.waterfall import draw_timeline

BLUEPRINT = Blueprint("item", __name__, url_prefix=CONSOLE)


@page(BLUEPRINT, "/item")
def show_item(visit: Visit) -> Screen:
    """Show each operation's items with the query's key or name. Raises ControlRefusal (404: none)."""
    asked = {name: request.args.get(name, "") for name in ("item", "vendor")}
    if not asked["item"]:
        raise ControlRefusal(400, {"title": "Bad Request", "detail": "an item goes by its key, such as R-17"})
    found = visit.control.get(visit.of_sandbox("/journal/items"), **asked)
    if not found:
        detail = f"no call carried the item {asked['item']}"
        raise ControlRefusal(404, {"title": "Not Found", "detail": detail})
    calls = visit.control.get(visit.of_sandbox("/timeline"), **asked)
    drawn = {"timeline": draw_timeline(calls, visit.address, **asked), "items": found}
    return Screen("item.html", {"key": found[0]["key"], "vendor": asked["vendor"], **drawn})
