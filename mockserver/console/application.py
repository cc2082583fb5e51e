"""Gather the screens into one application: page, JSON twin, refusal, redirection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import chain
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mockserver import __version__
from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, problem_reply
from mockserver.codec.urls import origin_of
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
    state_screen,
    vendors_screen,
)
from mockserver.console.assets import HTMX, Assets
from mockserver.console.contract_run import ContractRun
from mockserver.console.live import LiveCalls
from mockserver.console.pages import FOREIGN_HEADERS, MissingPage, Pages
from mockserver.console.screen import (
    CONSOLE,
    ControlClient,
    ControlRefusal,
    Download,
    Foreign,
    Moved,
    Screen,
    ScreenRoute,
    Shown,
    Visit,
)
from mockserver.control.http_client import HttpClient
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, is_sandbox_name

SCREENS: tuple[tuple[ScreenRoute, ...], ...] = (
    journal_screen.ROUTES,
    overview_screen.ROUTES,
    call_screen.ROUTES,
    item_screen.ROUTES,
    state_screen.DIFFERENCE_ROUTES,
    state_screen.ROUTES,
    sandbox_screen.ROUTES,
    sandbox_screen.CLOCK_ROUTES,
    documentation.ROUTES,
    scenario_screen.ROUTES,
    cases_screen.ROUTES,
    vendors_screen.ROUTES,
    reports_screen.ROUTES,
)
"""The routes of all screens, by subject."""

_log = logging.getLogger("mockserver")
_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
_Show: TypeAlias = Callable[[Request, Visit], Awaitable[Response]]
_Refuse: TypeAlias = Callable[[Request, Visit, ControlRefusal], Awaitable[Response]]
_SMALLEST_COMPRESSED = 1024
_LARGEST_TEXT = 64 * 1024 * 1024
"""Limit of one text of a form that also has files: a dump may be pasted."""


@dataclass(frozen=True, slots=True)
class Console:
    control: ControlClient
    server: HttpClient
    live: LiveCalls
    contract: ContractRun
    pages: Pages

    @classmethod
    def of(cls, control: HttpClient, server: HttpClient, live: LiveCalls, contract: ContractRun) -> Console:
        """The console that asks `control`, and sends calls to the vendors of `server`."""
        pages = Pages(__version__, live.server, Assets.find().address(HTMX))
        return cls(ControlClient(control), server, live, contract, pages)

    def routes(self) -> list[Route]:
        routes = [Route(f"{CONSOLE}/events", self.live.stream)]
        for route in chain.from_iterable(SCREENS):
            methods = list(route.methods)
            routes.append(Route(CONSOLE + route.path, self._page(route), methods=methods))
            if "GET" in methods:
                twin = route.path.rstrip("/") or "/journal"
                routes.append(Route(f"{CONSOLE}{twin}.json", self._twin(route)))
        # The parts of a path end before a dot only if the longer routes are tried first.
        return sorted(routes, key=lambda route: not route.path.endswith(".json"))

    def _page(self, route: ScreenRoute) -> _Endpoint:
        async def show(request: Request, visit: Visit) -> Response:
            return await self._response(visit, request, await route.show(visit))

        return self._endpoint(show, self._refusal)

    def _twin(self, route: ScreenRoute) -> _Endpoint:
        async def show(_request: Request, visit: Visit) -> Response:
            shown = await route.show(visit)
            if isinstance(shown, Screen):
                return Response(json.encode(shown.document), shown.status, media_type=JSON_TYPE)
            return _plain_response(shown)

        return self._endpoint(show, _problem_response)

    def _endpoint(self, show: _Show, refuse: _Refuse) -> _Endpoint:
        """The endpoint of a screen: `show`, or `refuse` with the reason."""

        async def made(request: Request, visit: Visit) -> Response:
            try:
                return await show(request, visit)
            except HTTPException:
                raise
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the answer says so
                refusal = error if isinstance(error, ControlRefusal) else _crash(error, request)
                return await refuse(request, visit, refusal)

        async def answer(request: Request) -> Response:
            visit = await self._visit(request)
            return await asyncio.to_thread(asyncio.run, made(request, visit))

        return answer

    async def _visit(self, request: Request) -> Visit:
        sandbox = request.query_params.get("sandbox") or DEFAULT_SANDBOX
        if not is_sandbox_name(sandbox):
            raise HTTPException(404, "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        form: dict[str, str] = {}
        files: dict[str, bytes] = {}
        if request.method == "POST":
            async with request.form(max_part_size=_LARGEST_TEXT) as sent:
                form = {name: text for name, text in sent.items() if isinstance(text, str)}
                files = {name: await file.read() for name, file in sent.items() if not isinstance(file, str)}
        return Visit(
            replace(self.control, origin=origin_of(request.scope["scheme"], *request.scope["server"])),
            self.server,
            self.contract,
            sandbox,
            str(request.base_url).rstrip("/"),
            {name: str(text) for name, text in request.path_params.items()},
            dict(request.query_params),
            form,
            files,
        )

    async def _response(self, visit: Visit, request: Request, shown: Shown) -> Response:
        if not isinstance(shown, Screen):
            return _plain_response(shown)
        text = await self.pages.render(shown, visit, request.url.path)
        return HTMLResponse(text, shown.status, self.pages.headers)

    async def _refusal(self, request: Request, visit: Visit, refusal: ControlRefusal) -> Response:
        title = HTTPStatus(refusal.status).phrase
        screen = Screen("refusal.html", {"title": title, **refusal.problem}, refusal.status)
        return await self._response(visit, request, screen)


def console_app(console: Console, missing: MissingPage) -> Starlette:
    return Starlette(
        routes=console.routes(),
        exception_handlers={HTTPException: missing.answer},
        middleware=[Middleware(GZipMiddleware, minimum_size=_SMALLEST_COMPRESSED)],
    )


def _crash(error: Exception, request: Request) -> ControlRefusal:
    _log.error("the console's %s broke", request.url.path, exc_info=error)
    detail = f"the console itself failed: {type(error).__name__}; the server's log has the trace"
    return ControlRefusal(500, {"title": "Internal Server Error", "detail": detail})


def _plain_response(shown: Moved | Download | Foreign) -> Response:
    if isinstance(shown, Moved):
        return RedirectResponse(shown.address, HTTPStatus.SEE_OTHER)
    if isinstance(shown, Foreign):
        return Response(shown.content, media_type=shown.media_type, headers=FOREIGN_HEADERS)
    disposition = f'attachment; filename="{shown.name}"'
    return Response(shown.content, media_type=shown.media_type, headers={"Content-Disposition": disposition})


async def _problem_response(request: Request, _visit: Visit, refusal: ControlRefusal) -> Response:
    members = {name: value for name, value in refusal.problem.items() if name not in ("status", "instance")}
    title, detail = str(members.pop("title", "")), str(members.pop("detail", ""))
    members.pop("type", None)
    reply = problem_reply(refusal.status, title, detail, instance=request.url.path, **members)
    return Response(reply.body, reply.status, media_type=reply.media_type)
