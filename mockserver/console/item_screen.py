"""One item: every call that carried it, drawn and as a table."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, Screen, Visit
from mockserver.journal.item_plot import STYLE

BLUEPRINT = Blueprint("item", __name__, url_prefix=CONSOLE)


@page(BLUEPRINT, "/item")
def show_item(visit: Visit) -> Screen:
    """The items with this key, of every operation. Raises ControlRefusal, with 404 if no call carried it."""
    asked = {name: request.args.get(name, "") for name in ("item", "vendor")}
    path = visit.of_sandbox("/journal/items")
    drawn = visit.control.call("GET", f"{path}/plot", query=asked)
    found = visit.control.get(path, **asked)
    # The page has colours of its own, and may not have styles among its elements.
    plot = drawn.body.decode().replace(STYLE, "")
    return Screen("item.html", {"key": asked["item"], "items": found, "plot": plot})
