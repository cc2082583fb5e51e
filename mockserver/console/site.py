"""The pages outside the console: home, one page for each API, contracts, and what is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.console.api_pages import ApiPages
from mockserver.console.assets import Assets
from mockserver.console.control_client import ControlClient, ControlRefusal
from mockserver.console.first_calls import FirstCalls
from mockserver.console.home_page import HomePage
from mockserver.console.missing_page import MissingPage
from mockserver.console.site_templates import SiteTemplates
from mockserver.console.static_files import icon, static_file
from mockserver.control.cases.transport import HttpClient
from mockserver.control.contract import control_contract
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.registry import LoadedVendor

_SMALLEST_COMPRESSED = 1024
_Page: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Site:
    """The pages, and the files that they use."""

    home: HomePage
    apis: ApiPages
    missing: MissingPage
    assets: Assets

    @classmethod
    def of(
        cls,
        served: tuple[LoadedVendor, ...],
        control: HttpClient,
        directory: OperationDirectory,
        *,
        has_console: bool = True,
        assets: Assets | None = None,
    ) -> Site:
        """Return the pages of the served vendors, which ask `control` for examples and credentials."""
        vendors = {vendor.name: vendor for vendor in served}
        templates, client = SiteTemplates(tuple(vendors), has_console), ControlClient(control)
        found = Assets.find() if assets is None else assets
        return cls(
            HomePage(vendors, FirstCalls(client), templates),
            ApiPages(vendors, control_contract(), client, found, templates),
            MissingPage(tuple(vendors), directory, templates),
            found,
        )

    async def refuse(self, request: Request, error: Any) -> Response:
        """Answer instead of a page for which the control plane refuses what it needs."""
        page = {"layout": "site.html", "here": "", **error.problem, "status": error.status}
        return self.missing.templates.response(request, "refusal.html", **page)


def site_app(site: Site) -> Starlette:
    """Build the application for everything except vendors, control plane and console."""
    return Starlette(
        routes=[
            Route("/", site.home.show),
            Route("/favicon.ico", _icon),
            Route("/_console/static/{name}", static_file),
            site.assets.route(),
            Route("/_console/api/", _in_thread(site.apis.control_page)),
            Route("/{vendor}/ui/", _in_thread(site.apis.page)),
            Route("/{vendor}/openapi.yaml", site.apis.yaml),
            Route("/{vendor}/openapi.json", site.apis.json),
        ],
        exception_handlers={HTTPException: site.missing.answer, ControlRefusal: site.refuse},
        middleware=[Middleware(GZipMiddleware, minimum_size=_SMALLEST_COMPRESSED)],
    )


def _in_thread(page: _Page) -> _Page:
    """Make a page, of which some are large, beside the event loop."""

    async def answer(request: Request) -> Response:
        return await asyncio.to_thread(asyncio.run, page(request))

    return answer


async def _icon(_request: Request) -> Response:
    return icon()
