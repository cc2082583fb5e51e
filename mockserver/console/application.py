"""All pages as one Flask application: the console (a blueprint for each subject) and pages of the APIs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from flask import Flask, Response
from jinja2 import StrictUndefined
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.exceptions import HTTPException

from mockserver import __version__
from mockserver.codec.instants import print_span
from mockserver.console import (
    call_screen,
    cases_screen,
    documentation,
    item_screen,
    journal_screen,
    overview_screen,
    reports_screen,
    sandbox_screen,
    scenario_screen,
    site,
    state_screen,
    vendors_screen,
)
from mockserver.console.assets import HTMX, Assets, static_address
from mockserver.console.data_views import json_html
from mockserver.console.live import LiveCalls
from mockserver.console.pages import FURTHER_SCREENS, NAVIGATION, Shared, answer_missing, site_page
from mockserver.console.report_file import FILTERS
from mockserver.console.screen import CONSOLE, ControlRefusal
from mockserver.console.site import Site
from mockserver.model import call_tone

SCREENS = (
    journal_screen.BLUEPRINT,
    overview_screen.BLUEPRINT,
    call_screen.BLUEPRINT,
    item_screen.BLUEPRINT,
    state_screen.BLUEPRINT,
    sandbox_screen.BLUEPRINT,
    documentation.BLUEPRINT,
    scenario_screen.BLUEPRINT,
    cases_screen.BLUEPRINT,
    vendors_screen.BLUEPRINT,
    reports_screen.BLUEPRINT,
)
"""The blueprints of the console; each has the screens of one subject."""

_SMALLEST_COMPRESSED = 1024
_LARGEST_TEXT = 64 * 1024 * 1024
"""Maximum size of a text in a form, in bytes. It is large because a user may paste a dump."""

_QUERY_SIGNS = bytes(range(0x21, 0x7F)).decode()


def flask_app(shared: Shared, pages: Site, server: str, *, has_console: bool = True) -> Flask:
    """Build the Flask application; `server` is an id of this run, by which an open page sees a restart."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_FORM_MEMORY_SIZE=_LARGEST_TEXT, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.strict_slashes = False
    app.extensions.update(mockserver=shared, site=pages)
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.filters.update(FILTERS, tone=call_tone, span=print_span, json=json_html)
    app.jinja_env.globals.update(
        names=shared.names,
        navigation=NAVIGATION,
        further_screens=FURTHER_SCREENS,
        has_console=has_console,
        forwards=shared.forwards,
        version=__version__,
        static=static_address,
        server=server,
        htmx=Assets.find().address(HTMX),
    )
    for blueprint in (site.BLUEPRINT, *(SCREENS if has_console else ())):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, answer_missing)
    app.register_error_handler(ControlRefusal, _refuse)
    return app


def _refuse(refusal: ControlRefusal) -> Response:
    shown: dict[str, Any] = {"layout": "site.html", "here": "", **refusal.problem, "status": refusal.status}
    return site_page("refusal.html", **shown)


class PagesApp:
    """The pages as an ASGI application: Flask in threads and, with a console, the stream of live calls."""

    def __init__(self, pages: Flask, live: LiveCalls | None) -> None:
        self._pages: ASGIApp = GZipMiddleware(WSGIMiddleware(pages), minimum_size=_SMALLEST_COMPRESSED)  # type: ignore[arg-type] # a2wsgi has types of its own for ASGI
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._live and (scope["method"], scope["path"]) == ("GET", f"{CONSOLE}/events"):
            await self._live.stream(scope, receive, send)
            return
        # WSGI expects the query in ASCII.
        query = quote_from_bytes(scope["query_string"], _QUERY_SIGNS).encode()
        await self._pages({**scope, "query_string": query}, receive, send)
