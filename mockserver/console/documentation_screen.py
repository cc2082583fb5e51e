"""The documentation, and its search."""

from __future__ import annotations

from functools import cache

from starlette.concurrency import run_in_threadpool

from mockserver.console.control_client import ControlRefusal
from mockserver.console.documentation import (
    INDEX,
    TEMPLATE,
    DocumentationPages,
    UnknownPageError,
    documentation_document,
)
from mockserver.console.screen import Download, Screen, ScreenRoute, Shown
from mockserver.console.visit import Visit

_IMAGES = (".svg", ".png", ".webp")


async def show_documentation(visit: Visit) -> Shown:
    """Show a page, the sections that a search finds, or a picture."""
    name = visit.path.get("page") or INDEX
    try:
        if name.endswith(_IMAGES):
            image = _pages().image(name)
            return Download(name.rpartition("/")[2], image.media_type, image.content)
        # The first search renders every page, which takes a while: meanwhile the server answers others.
        search = visit.query.get("search", "")
        return Screen(TEMPLATE, await run_in_threadpool(documentation_document, _pages(), name, search))
    except UnknownPageError as error:
        raise ControlRefusal(404, {"detail": str(error)}) from None


ROUTES = (ScreenRoute("/docs/", show_documentation), ScreenRoute("/docs/{page:path}", show_documentation))


@cache
def _pages() -> DocumentationPages:
    return DocumentationPages()
