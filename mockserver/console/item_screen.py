"""One item: every call that had the item, as a plot and as a table."""

from __future__ import annotations

from flask import Blueprint, request

from mockserver.console.pages import page
from mockserver.console.screen import CONSOLE, Screen, Visit
from mockserver.journal.item_plot import STYLE

BLUEPRINT = Blueprint("item", __name__, url_prefix=CONSOLE)


@page(BLUEPRINT, "/item")
def show_item(visit: Visit) -> Screen:
    """Show each operation's items with the query's key. Raises ControlRefusal (404: no call had the key)."""
    asked = {name: request.args.get(name, "") for name in ("item", "vendor")}
    path = visit.of_sandbox("/journal/items")
    drawn = visit.control.call("GET", f"{path}/plot", query=asked)
    found = visit.control.get(path, **asked)
    # The page colours the plot itself; its policy forbids styles inside elements.
    plot = drawn.body.decode().replace(STYLE, "")
    return Screen("item.html", {"key": asked["item"], "items": found, "plot": plot})
