"""Flask views that send screens as pages and as JSON; also the page of an unknown address."""

from __future__ import annotations

import logging
from asyncio import Runner
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, render_template, request
from msgspec.structs import replace
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, problem_reply
from mockserver.codec.urls import origin_of
from mockserver.console.contract_run import ContractRun
from mockserver.console.screen import CONSOLE, ConsoleControl, ControlRefusal, Screen, Visit
from mockserver.control.http_client import HttpClient
from mockserver.engine.nearest import OperationDirectory
from mockserver.model import Document, Json, Value
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, is_sandbox_name

POLICY = "default-src 'self'; frame-ancestors 'none'"
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
NAVIGATION = (
    ("Calls", "/", "j"),
    ("Overview", "/overview", "o"),
    ("Differences", "/differences", "x"),
    ("State", "/state", "s"),
    ("Scenarios", "/scenarios", "f"),
    ("Clock", "/clock", "t"),
    ("Sandboxes", "/sandboxes", "b"),
    ("Cases", "/cases", "c"),
    ("Vendors", "/vendors", "v"),
    ("Reports", "/reports", "r"),
    ("Docs", "/docs/", "d"),
)
"""Screens in the head of every page: name, path below `/_console`, and the key that opens it after `g`."""

FURTHER_SCREENS = (("Timeline", "/timeline", "l"), ("Items", "/items", "i"), ("Compare", "/compare", "m"))
"""Screens below those in the head, with the same members."""

_SHARED = "mockserver"
_NOWHERE = "nothing is served here; vendors are listed at /_mock/vendors"
_NEAR = 0.5
_MAX_SHOWN = 200
_HTML = "text/html"

_log = logging.getLogger("mockserver")
_Show = TypeVar("_Show", bound=Callable[..., Screen | Response])


class Shared(Value, frozen=True):
    """What all pages of a server share, stored among the extensions of the Flask application."""

    control: ConsoleControl
    server: HttpClient
    """Client that sends calls to the vendors."""
    contract: ContractRun
    names: tuple[str, ...]
    """Names of the vendors."""
    directory: OperationDirectory
    forwards: bool = False
    """Whether calls are passed on to a real server."""

    @classmethod
    def of_request(cls) -> Shared:
        found: Shared = current_app.extensions[_SHARED]
        return found

    def visit(self, path: Mapping[str, Any], runner: Runner) -> Visit:
        """Return the visit of this request; abort with 404 if the sandbox's name is invalid."""
        sandbox = request.args.get("sandbox") or DEFAULT_SANDBOX
        if not is_sandbox_name(sandbox):
            abort(404, "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        server = request.server or ("127.0.0.1", None)
        control = replace(self.control, origin=origin_of(request.scheme, *server), run=runner.run)
        texts = {name: str(value) for name, value in path.items()}
        return Visit(control, self.server, self.contract, sandbox, request.host_url.rstrip("/"), texts)


def page(blueprint: Blueprint, *paths: str) -> Callable[[_Show], _Show]:
    """Serve a screen as a page at each path, and its document (the JSON twin) at the path with `.json`."""

    def decorate(show: _Show) -> _Show:
        name = show.__name__
        as_page, as_document = (
            _view(show, *writers) for writers in ((_page, _refusal_page), (_document, _refusal_document))
        )
        for path in paths:
            blueprint.add_url_rule(path, name, as_page)
            blueprint.add_url_rule(f"{path.rstrip('/') or '/journal'}.json", f"{name}_document", as_document)
        return show

    return decorate


def action(blueprint: Blueprint, path: str) -> Callable[[_Show], _Show]:
    """Call the decorated function when a form is posted to `path`."""

    def decorate(change: _Show) -> _Show:
        view = _view(change, _page, _refusal_page)
        blueprint.add_url_rule(path, change.__name__, view, methods=["POST"])
        return change

    return decorate


def _view(
    show: Callable[..., Screen | Response],
    write: Callable[[Screen, Visit], Response],
    refuse: Callable[[ControlRefusal, Visit], Response],
) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        with Runner() as runner:
            visit = Shared.of_request().visit(path, runner)
            try:
                shown = show(visit)
                return write(shown, visit) if isinstance(shown, Screen) else shown
            except HTTPException:
                raise
            except ControlRefusal as refusal:
                return refuse(refusal, visit)
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the answer says so
                return refuse(_crash(error), visit)

    return view


def _crash(error: Exception) -> ControlRefusal:
    _log.error("the console's %s broke", request.path, exc_info=error)
    detail = f"the console itself failed: {type(error).__name__}; the server's log has the trace"
    return ControlRefusal(500, {"title": "Internal Server Error", "detail": detail})


def _page(screen: Screen, visit: Visit) -> Response:
    document = {**screen.document, "visit": visit, "address": visit.address}
    if not screen.is_part:
        here = request.path.removeprefix(CONSOLE)
        document |= {**_head(visit, screen.sandboxes), "here": here, "twin": _twin_address(here, visit)}
    return Response(render_template(screen.template, **document), screen.status, dict(SECURITY_HEADERS))


def _document(screen: Screen, _visit: Visit) -> Response:
    return Response(json.encode(screen.document), screen.status, content_type=JSON_TYPE)


def _refusal_page(refusal: ControlRefusal, visit: Visit) -> Response:
    title = HTTPStatus(refusal.status).phrase
    return _page(Screen("refusal.html", {"title": title, **refusal.problem}, refusal.status), visit)


def _refusal_document(refusal: ControlRefusal, _visit: Visit) -> Response:
    members = {
        name: value
        for name, value in refusal.problem.items()
        if name not in ("status", "instance", "title", "detail", "type")
    }
    title, detail = str(refusal.problem.get("title", "")), str(refusal.problem.get("detail", ""))
    reply = problem_reply(refusal.status, detail, title, instance=request.path, **members)
    return Response(reply.body, reply.status, content_type=reply.media_type)


def _head(visit: Visit, sandboxes: Json) -> dict[str, Json]:
    """Return what a page's head shows: the number of calls by sandbox, and the visited sandbox's clock."""
    calls: dict[str, Json] = {}
    clock: Document | None = None
    try:
        calls = {one["name"]: one["calls"] for one in sandboxes or visit.control.get("/sandboxes")}
        clock = visit.control.get(visit.of_sandbox("/clock"))
    except ControlRefusal:
        calls.setdefault(visit.sandbox, None)
    return {"sandbox_calls": calls, "sandbox_clock": clock}


def _twin_address(below: str, visit: Visit) -> str:
    query = urlencode({**request.args, "sandbox": visit.sandbox})
    return f"{CONSOLE}{below.rstrip('/') or '/journal'}.json?{query}"


def site_page(template: str, *, status: int = 200, policy: str = POLICY, **values: Json) -> Response:
    """Return a page outside the console. `here` among the values is the name of the page's API, or ""."""
    text = render_template(template, prefix=request.script_root, **values)
    return Response(text, status, {**SECURITY_HEADERS, "Content-Security-Policy": policy})


def answer_missing(error: HTTPException) -> Response:
    """Answer a request that ends in an HTTP error, such as an unknown address or a method not allowed."""
    # Error, frames and traceback would form a reference cycle, which is freed late.
    error.__traceback__ = error.__context__ = None
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    title = HTTPStatus(status).phrase
    message = "" if error.description == type(error).description else str(error.description or "")
    allowed = ", ".join(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else ""
    headers = {"Allow": allowed} if allowed else {}
    if wants_page(request.headers):
        shown = _missing_page(status, title, message, allowed)
        shown.headers.update(headers)
        return shown
    detail = message or (_NOWHERE if status == HTTPStatus.NOT_FOUND else "")
    path = request.script_root + request.path
    reply = problem_reply(status, detail, title, instance=path)
    return Response(reply.body, reply.status, headers, content_type=reply.media_type)


def _missing_page(status: int, title: str, message: str, allowed: str) -> Response:
    path = request.script_root + request.path
    return site_page(
        "missing.html",
        status=status,
        here="",
        title=title,
        message=message,
        method=request.method,
        path=path if len(path) <= _MAX_SHOWN else f"{path[:_MAX_SHOWN]}…",
        allowed=allowed,
        suggestions=list(_suggestions(request.method, request.path, request.script_root)),
    )


def _suggestions(method: str, path: str, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is near the path (a screen, a page, an operation), its address, and the text of the link."""
    shared = Shared.of_request()
    if f"{prefix}{path}".startswith(f"{CONSOLE}/"):
        screens = {CONSOLE + below: name for name, below, _ in NAVIGATION + FURTHER_SCREENS}
        for address in get_close_matches(path, screens, 1, _NEAR):
            yield "The nearest screen", address, screens[address]
        return
    segments = [segment.lower() for segment in path.split("/") if segment]
    matches = (found for segment in segments for found in get_close_matches(segment, shared.names, 1, _NEAR))
    if near := next(matches, None):
        address = f"{prefix}/{near}/ui/"
        yield "The page of the vendor with the nearest name", address, address
    operation = shared.directory.nearest(method, path, prefix)
    if operation:
        below = operation.partition(" ")[2].removeprefix(prefix)
        vendor = below[1:].partition("/")[0]
        address = f"{prefix}/{vendor}/ui/" if vendor in shared.names else f"{prefix}/"
        yield "The nearest operation", address, operation


def wants_page(headers: Headers) -> bool:
    """Return whether the request comes from a person with a browser, and not from a program."""
    accepted = headers.get("accept", "")
    if "sec-fetch-dest" in headers:
        return headers["sec-fetch-dest"] == "document" and _HTML in accepted
    return accepted.partition(",")[0].partition(";")[0].strip() == _HTML
