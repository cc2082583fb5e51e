"""The door: which sandbox, which vendor; and the one way out for whatever is refused or breaks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from traceback import format_exception
from typing import Any

from connexion.exceptions import ProblemException
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.app.bridge import STARTED, encoded
from mockserver.app.desk import Desk
from mockserver.app.paths import path_of
from mockserver.app.routing import CALL
from mockserver.app.traffic import Traffic
from mockserver.app.wire import ConnectionLost
from mockserver.auth import missing_scheme
from mockserver.errors import (
    BadHeader,
    HeadersTooLarge,
    NotFound,
    Refusal,
    TooManySandboxes,
    Unauthorized,
)
from mockserver.model import Answer, Call, Reply
from mockserver.pipeline import Pipeline
from mockserver.reply import problem_reply
from mockserver.sandbox import DEFAULT, is_name
from mockserver.served import Served
from mockserver.spec import Operation

MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 100
PREFIX = "/sandboxes/"
CONTROL = "_mock"
_PAGES = ("/openapi.yaml", "/openapi.json", "/ui", "/ui/")

_log = logging.getLogger("mockserver")
_UNTYPED_STATUSES = (204, 304)
_NOT_GREETED = {BadHeader: (400, "Bad Request"), TooManySandboxes: (503, "Service Unavailable")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: `root` is the sandbox prefix it came with, `path` what follows that."""

    sandbox: str
    root: str
    path: str

    @property
    def segment(self) -> str:
        """The first segment of the path."""
        return self.path[1:].partition("/")[0]


@dataclass(frozen=True, slots=True)
class VendorDoor:
    """One vendor behind the door; `app` is Connexion round the bridge."""

    served: Served
    pipeline: Pipeline
    app: ASGIApp


class _Sending:
    """Knows whether an answer has begun."""

    __slots__ = ("_send", "begun")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in; header names are lower case."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[str, str]
    place: Place

    def call(self, vendor: VendorDoor, below: str, mount: str) -> Call:
        """The head of the call that it makes at `vendor`, on the path `below` its mount."""
        return Call(
            vendor=vendor.served.name,
            sandbox=self.place.sandbox,
            method=self.scope["method"],
            path=vendor.served.spec.canonical(below),
            query=self.scope["query_string"].decode("latin-1"),
            headers=self.headers,
            mount=mount,
            origin=f"{self.scope['scheme']}://{self.headers.get('host', '')}",
            target=(self.scope.get("raw_path") or b"").decode("latin-1"),
        )


@dataclass(frozen=True, slots=True)
class Door:
    """The outermost ASGI application."""

    vendors: Mapping[str, VendorDoor]
    control: ASGIApp
    pages: ASGIApp
    desk: Desk
    at_root: str = ""
    traffic: Traffic = field(default_factory=Traffic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to where it belongs."""
        if scope["type"] != "http":
            await self.control(scope, receive, send)
            return
        headers = _headers(scope["headers"])
        place = _place(path_of(scope), headers.get("mock-sandbox"))
        if isinstance(place, Reply):
            await _send(place, send)
            return
        vendor = self.vendors.get(place.segment)
        below = place.path[len(place.segment) + 1 :]
        arrival = Arrival(scope, receive, send, headers, place)
        if vendor is not None and below not in _PAGES:
            await self._enter(vendor, arrival, below, f"{place.root}/{place.segment}")
        elif place.segment == CONTROL and not place.root:
            await self.control(scope, receive, send)
        elif vendor is None and self.at_root and not place.segment.startswith("_"):
            await self._enter(self.vendors[self.at_root], arrival, place.path, place.root)
        else:
            await self.pages({**scope, "root_path": place.root}, receive, send)

    async def _enter(self, vendor: VendorDoor, arrival: Arrival, below: str, mount: str) -> None:
        call = arrival.call(vendor, below, mount)
        with self.traffic.entered(call, vendor.served) as counted:
            await self._pass(vendor, arrival, counted)

    async def _pass(self, vendor: VendorDoor, arrival: Arrival, call: Call) -> None:
        started = self.desk.started()
        try:
            call = vendor.pipeline.greet(call)
        except (BadHeader, TooManySandboxes) as error:
            await _send(problem_reply(*_NOT_GREETED[type(error)], str(error)), arrival.send)
            return
        root = arrival.place.root
        inner = {
            **arrival.scope,
            "root_path": root,
            "path": f"{root}/{call.vendor}{call.path}",
            "extensions": dict(arrival.scope.get("extensions", {})),
            CALL: call,
            STARTED: started,
        }
        sending = _Sending(arrival.send)
        try:
            _check_headers(arrival.scope["headers"])
            vendor.pipeline.gateway(call)
            await vendor.app(inner, arrival.receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            if sending.begun or isinstance(error, ConnectionLost):
                raise
            answer = _answer(error, vendor, call)
            await _send(self.desk.close(call, answer, started), arrival.send)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name; the texts of one that came several times stand together (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for name_octets, octets in raw:
        name, text = name_octets.decode("latin-1"), octets.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _place(path: str, header: str | None) -> Place | Reply:
    root, sandbox = "", header
    if path.startswith(PREFIX):
        name, slash, rest = path[len(PREFIX) :].partition("/")
        if not is_name(name):
            return problem_reply(404, "Not Found", "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        if header is not None and header != name:
            return problem_reply(400, "Bad Request", "path and Mock-Sandbox name two different sandboxes")
        root, path, sandbox = PREFIX + name, slash + rest or "/", name
    if sandbox is not None and not is_name(sandbox):
        return problem_reply(400, "Bad Request", "Mock-Sandbox: expected 1 to 64 of a-z, 0-9 and -")
    return Place(sandbox or DEFAULT, root, path)


def _check_headers(headers: list[tuple[bytes, bytes]]) -> None:
    size_bytes = sum([len(name) + len(text) for name, text in headers])
    if len(headers) > MAX_HEADERS or size_bytes > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"over {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes")


def _answer(error: Exception, vendor: VendorDoor, call: Call) -> Answer:
    """The vendor's words for what Connexion or the vendor refused; whatever else was raised is a crash."""
    try:
        refused = _refused(error, vendor, call)
    except Exception as broken:  # noqa: BLE001 - whatever it is, it is answered and journaled
        return _crashed(broken, call)
    return refused or _crashed(error, call)


def _refused(error: Exception, vendor: VendorDoor, call: Call) -> Answer | None:
    operation: Operation | None = None
    unrouted: Refusal = NotFound("path", call.path)
    try:
        operation = vendor.served.spec.match(call.method, call.path).operation
    except Refusal as refusal:
        unrouted = refusal
    if isinstance(error, Refusal):
        return vendor.pipeline.work.refuse(call, error, operation)
    if isinstance(error, ProblemException) and operation is not None:
        scheme = missing_scheme(operation, vendor.served.schemes, call)
        return vendor.pipeline.work.refuse(call, Unauthorized("missing", scheme), operation)
    if isinstance(error, HTTPException):
        return vendor.pipeline.work.refuse(call, unrouted, operation)
    return None


def _crashed(error: Exception, call: Call) -> Answer:
    _log.error("%s %s broke", call.method, call.path, exc_info=error)
    reply = problem_reply(500, "Internal Server Error", "the mock server itself failed; see its journal")
    return Answer(reply, refusal="crash", trace="".join(format_exception(error)))


async def _send(reply: Reply, send: Send) -> None:
    headers = encoded(reply.headers)
    if reply.media_type is not None:
        headers.append((b"content-type", reply.media_type.encode("latin-1")))
    if reply.status not in _UNTYPED_STATUSES:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})
