"""Screens rendered as pages by templates, and the page where nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mockserver import __version__
from mockserver.codec.http import problem_reply
from mockserver.codec.instants import print_span
from mockserver.console.assets import static_address
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit
from mockserver.engine.nearest import OperationDirectory
from mockserver.model import Document, Json, call_tone, shown_outcomes

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
    ("Overview", "/overview"),
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
    environment = Environment(
        loader=PackageLoader("mockserver.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["tone"] = call_tone
    environment.filters["shown_outcomes"] = shown_outcomes
    environment.filters["span"] = print_span
    return environment


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders screens; `server` names this run of the server, so that an open page sees a restart.

    `htmx` is the address of that script, "" if it was not fetched: a link then loads a whole page.
    """

    version: str
    server: str
    htmx: str = ""
    environment: Environment = field(default_factory=template_environment)
    headers: Mapping[str, str] = field(default_factory=lambda: SECURITY_HEADERS)

    async def render(self, screen: Screen, visit: Visit, path: str) -> str:
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
        """Data of a page's head: the number of calls by sandbox, and this sandbox's clock."""
        calls: dict[str, Json] = {}
        clock: Document | None = None
        try:
            calls = {one["name"]: one["calls"] for one in sandboxes or await visit.control.get("/sandboxes")}
            clock = await visit.control.get(visit.of_sandbox("/clock"))
        except ControlRefusal:
            calls[visit.sandbox] = None
        return {"sandbox_calls": calls, "sandbox_clock": clock}


def _twin_address(path: str, visit: Visit) -> str:
    below = path.removeprefix(CONSOLE).rstrip("/") or "/journal"
    return f"{CONSOLE}{below}.json?{urlencode({**visit.query, 'sandbox': visit.sandbox})}"


POLICY = SECURITY_HEADERS["Content-Security-Policy"]


@dataclass(frozen=True, slots=True)
class SiteTemplates:
    """The templates, and the common data: `names` of the vendors, and whether there is a console."""

    names: tuple[str, ...]
    has_console: bool = True
    environment: Environment = field(default_factory=template_environment)

    def response(
        self, request: Request, template: str, *, status: int = 200, policy: str = POLICY, **values: Json
    ) -> Response:
        """The page; `here` among the values is its API, "" for none."""
        text = self.environment.get_template(template).render(
            names=self.names,
            navigation=NAVIGATION,
            has_console=self.has_console,
            prefix=request.scope.get("root_path", ""),
            version=__version__,
            static=static_address,
            **values,
        )
        return HTMLResponse(text, status, {**SECURITY_HEADERS, "Content-Security-Policy": policy})


_NOWHERE = "nothing is served here; vendors are listed at /_mock/vendors"
_NEAR = 0.5
_MAX_SHOWN = 200
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Suggestion:
    what: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class MissingPage:
    """Answers for addresses that are not served, and for methods that they do not have."""

    names: tuple[str, ...]
    directory: OperationDirectory
    templates: SiteTemplates

    async def answer(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        title = HTTPStatus(status).phrase
        message = error.detail if isinstance(error, HTTPException) and error.detail != title else ""
        if wants_page(request.headers):
            page = self._page(request, int(status), title, message, headers.get("Allow", ""))
            page.headers.update(headers)
            return page
        detail = message or (_NOWHERE if status == HTTPStatus.NOT_FOUND else "")
        reply = problem_reply(int(status), title, detail, instance=request.url.path)
        return Response(reply.body, reply.status, headers, reply.media_type)

    def _page(self, request: Request, status: int, title: str, message: str, allowed: str) -> Response:
        prefix = request.scope.get("root_path", "")
        path = request.url.path
        return self.templates.response(
            request,
            "missing.html",
            status=status,
            here="",
            title=title,
            message=message,
            method=request.method,
            path=path if len(path) <= _MAX_SHOWN else f"{path[:_MAX_SHOWN]}…",
            allowed=allowed,
            suggestions=list(self._suggestions(request.method, path.removeprefix(prefix), prefix)),
        )

    def _suggestions(self, method: str, path: str, prefix: str) -> Iterator[Suggestion]:
        """Yield near addresses: a screen, the page of a named or misspelled vendor, an operation."""
        if path.startswith(f"{CONSOLE}/"):
            screens = {CONSOLE + below: name for name, below in NAVIGATION}
            for address in get_close_matches(path, screens, 1, _NEAR):
                yield Suggestion("The nearest screen", address, screens[address])
            return
        segments = [segment.lower() for segment in path.split("/") if segment]
        near = next(
            (found for segment in segments for found in get_close_matches(segment, self.names, 1, _NEAR)),
            None,
        )
        if near:
            address = f"{prefix}/{near}/ui/"
            yield Suggestion("The page of the vendor with the nearest name", address, address)
        operation = self.directory.nearest(method, path, prefix)
        if operation:
            below = operation.partition(" ")[2].removeprefix(prefix)
            vendor = below[1:].partition("/")[0]
            address = f"{prefix}/{vendor}/ui/" if vendor in self.names else f"{prefix}/"
            yield Suggestion("The nearest operation", address, operation)


def wants_page(headers: Headers) -> bool:
    """Whether a person asks, with a browser, and not a program."""
    accepted = headers.get("accept", "")
    if "sec-fetch-dest" in headers:
        return headers["sec-fetch-dest"] == "document" and _HTML in accepted
    return accepted.partition(",")[0].partition(";")[0].strip() == _HTML
