"""Render screens as pages: templates, and what the head of every page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mockserver.console.control_client import ControlRefusal
from mockserver.console.screen import Screen
from mockserver.console.static_files import static_address
from mockserver.console.visit import CONSOLE, Visit
from mockserver.model import Document, Json

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

FOREIGN_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Headers of a page that others wrote: it runs nothing, loads nothing, and has an origin of its own."""

NAVIGATION = (
    ("Calls", "/"),
    ("State", "/state"),
    ("Scenarios", "/scenarios"),
    ("Clock", "/clock"),
    ("Sandboxes", "/sandboxes"),
    ("Cases", "/cases"),
    ("Vendors", "/vendors"),
    ("Reports", "/reports"),
    ("Docs", "/docs/"),
)
"""The name of each screen in the head of every page, and its path below `/_console`."""


def template_environment() -> Environment:
    """Return the templates of the console and of the pages beside it; all texts are escaped."""
    environment = Environment(
        loader=PackageLoader("mockserver.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    return environment


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders screens; `server` names this run of the server, so that an open page sees a restart.

    `htmx` is the address of that script, "" where it was not fetched: a link then loads a whole page.
    """

    version: str
    server: str
    htmx: str = ""
    environment: Environment = field(default_factory=template_environment)
    headers: Mapping[str, str] = field(default_factory=lambda: SECURITY_HEADERS)

    async def render(self, screen: Screen, visit: Visit, path: str) -> str:
        """Return the screen as HTML: a whole page, or a part of one."""
        template = self.environment.get_template(screen.template)
        shared = {"visit": visit, "address": visit.address, "static": static_address}
        if screen.is_part:
            return template.render(**screen.document, **shared)
        return template.render(
            **screen.document,
            **shared,
            **await self._head(visit, screen.sandboxes),
            navigation=NAVIGATION,
            here=path.removeprefix(CONSOLE),
            version=self.version,
            server=self.server,
            htmx=self.htmx,
            twin=_twin_address(path, visit),
        )

    async def _head(self, visit: Visit, sandboxes: Json) -> dict[str, Json]:
        """Return what the head of a page shows: all sandboxes, and this one's clock, if they are there."""
        names: list[str] = []
        clock: Document | None = None
        try:
            names = [one["name"] for one in sandboxes or await visit.control.get("/sandboxes")]
            clock = await visit.control.get(visit.of_sandbox("/clock"))
        except ControlRefusal:
            names.append(visit.sandbox)
        return {"sandbox_names": names, "sandbox_clock": clock}


def _twin_address(path: str, visit: Visit) -> str:
    below = path.removeprefix(CONSOLE).rstrip("/") or "/journal"
    return f"{CONSOLE}{below}.json?{urlencode({**visit.query, 'sandbox': visit.sandbox})}"
