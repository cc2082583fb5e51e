"""Outermost ASGI application: find sandbox and vendor of a call, and run the call or record a miss."""

from __future__ import annotations

import logging
import re
from asyncio import to_thread
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from http import HTTPStatus
from operator import attrgetter
from time import perf_counter
from traceback import format_exception
from typing import Any

from msgspec import field
from msgspec.structs import replace
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec import json
from mockserver.codec.http import join_headers, problem_reply
from mockserver.codec.urls import path_of
from mockserver.engine.admission import Arrival
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.reasons import describe_miss, is_preflight, one_line
from mockserver.errors import (
    HeadersTooLarge,
    InvalidHeaderError,
    StoreUnavailableError,
    TooManySandboxesError,
)
from mockserver.model import Answer, Call, Reply, Value
from mockserver.outgoing import RawHeaders
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, Sandboxes, is_sandbox_name
from mockserver.server.access import EVERY_ORIGIN
from mockserver.server.backend import InFlight, InFlightCalls, groups_of
from mockserver.server.exchange import Body, Recorder, read_decoded_body, send_reply
from mockserver.server.routing import ARRIVAL, STARTED, VendorApp
from mockserver.server.transport_faults import ConnectionLostError
from mockserver.server.work_threads import CallThread

MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 100
_KNOWN_HEADERS = 128
_BLANKS = b" \t"
MAX_BODY_BYTES = 10 * 1024 * 1024
SANDBOX_PREFIX = "/sandboxes/"
CONTROL_SEGMENT = "_mock"
CONSOLE_SEGMENT = "_console"
_PUBLIC = ("/_console/static/", "/_console/assets/", "/_console/api/")
"""Prefixes of paths that need no token: files of pages outside the console, the page of the control API."""

_PAGES = ("/openapi.yaml", "/openapi.json", "/ui", "/ui/")

_log = logging.getLogger("mockserver")
_ADMISSION_REFUSALS = {
    InvalidHeaderError: (400, "invalid-header"),
    TooManySandboxesError: (503, "too-many-sandboxes"),
}

OUTSIDE = "mockserver.outside"
"""ASGI scope key of the `Incoming` of a request that no vendor answers."""

NO_VENDOR = ""
"""Value of `Call.vendor` if the path belongs to no vendor."""

_REFUSALS: Mapping[int, str] = {403: "forbidden", 404: "not-found", 405: "method-not-allowed"}
_BROWSER_FILES = re.compile(r"/(favicon\.ico|robots\.txt|apple-touch-icon[^/]*|\.well-known/appspecific/.*)")
_FETCHED_BY_CODE = ("", "empty")
"""Sec-Fetch-Dest of calls by programs (no header) and scripts; loads of pages and parts have other values."""


class SandboxPath(Value, frozen=True):
    """The sandbox of a request, and the path of the request."""

    sandbox: str
    prefix: str
    """`/sandboxes/<name>`, or "" if the path does not name the sandbox."""
    path: str
    """The path after the prefix."""

    @property
    def segment(self) -> str:
        return self.path[1:].partition("/")[0]


class _SendMonitor:
    """Wrapper of `send` that stores whether the response has started, and ends the flight of the call.

    The flight ends before the last bytes, because a client that has them may at once call another worker.
    """

    __slots__ = ("_flight", "_send", "has_started")

    def __init__(self, send: Send, flight: AbstractContextManager[object]) -> None:
        self._send = send
        self._flight: AbstractContextManager[object] | None = flight
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        self.has_started = True
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.end_flight()
        await self._send(message)

    def end_flight(self) -> None:
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.__exit__(None, None, None)


class Incoming(Value, frozen=True):
    """An ASGI request with its parsed headers (names in lower case) and its sandbox."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[str, str]
    place: SandboxPath
    header_refusal: HeadersTooLarge | None


class MockServerApp(Value, frozen=True):
    """Outermost ASGI application: passes each request to a vendor, the control plane or the pages."""

    vendors: Mapping[str, VendorApp]
    control: ASGIApp
    console: ASGIApp
    pages: ASGIApp
    recorder: Recorder
    thread: CallThread
    at_root: str = ""
    """Name of the vendor that also answers at `/`; "" if no vendor does."""
    cors: tuple[str, ...] = ()
    """Origins whose pages may call, and may create sandboxes by their calls."""
    max_body_bytes: int = MAX_BODY_BYTES
    in_flight_calls: InFlight = field(default_factory=InFlightCalls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.control(scope, receive, send)
            return
        try:
            (bare, headers), header_refusal = _read_known_headers(tuple(scope["headers"])), None
        except HeadersTooLarge as refusal:
            bare, header_refusal = _without_blanks(scope["headers"]), refusal.without_trace()
            headers = _merge_headers(bare)
        scope = {**scope, "headers": bare}
        place = _sandbox_path(path_of(scope), headers.get("mock-sandbox"))
        if isinstance(place, SandboxPath) and self._is_of_foreign_page(headers, place.sandbox):
            detail = f"a page of another origin may not make the sandbox {place.sandbox}; create it first"
            place = problem_reply(403, detail, code="cross-site")
        if isinstance(place, Reply):
            await send_reply(place, send)
            return
        segment = place.segment
        vendor, below = self.vendors.get(segment), place.path[len(segment) + 1 :]
        if vendor is not None and segment == self.at_root:
            find = vendor.served.spec.find_operation
            # A path of the vendor may begin with the vendor's name, such as /orders of orders.yaml.
            vendor = None if find(place.path, "") and not find(below or "/", "") else vendor
        incoming = Incoming(scope, receive, send, headers, place, header_refusal)
        if vendor is not None and below not in _PAGES and not _is_lost_visitor(vendor, below, headers):
            await self._enter(vendor, incoming, below, f"{place.prefix}/{segment}")
        elif segment == CONTROL_SEGMENT and not place.prefix and below not in _PAGES:
            await self.control(scope, receive, send)
        elif segment == CONSOLE_SEGMENT and not place.prefix and not place.path.startswith(_PUBLIC):
            await self.console(scope, receive, send)
        elif vendor is None and self._is_at_root(place):
            await self._enter(self.vendors[self.at_root], incoming, place.path, place.prefix)
        else:
            await self.pages({**scope, "root_path": place.prefix, OUTSIDE: incoming}, receive, send)

    def _is_of_foreign_page(self, headers: Mapping[str, str], sandbox: str) -> bool:
        """Return whether a page of another origin, without permission, names an unknown sandbox."""
        if headers.get("sec-fetch-site") != "cross-site" or self.recorder.is_known(sandbox):
            return False
        return not {EVERY_ORIGIN, headers.get("origin")}.intersection(self.cors)

    def _is_at_root(self, place: SandboxPath) -> bool:
        return bool(self.at_root) and not place.segment.startswith("_") and not is_browser_file(place.path)

    async def _enter(self, vendor: VendorApp, incoming: Incoming, below: str, mount: str) -> None:
        """Read the whole request and answer it. The call is in flight until the answer's last bytes."""
        scope, headers, sandbox = incoming.scope, incoming.headers, incoming.place.sandbox
        path = vendor.served.spec.canonical_path(below)
        target = f"{scope['method']} {path}"
        flight = self.in_flight_calls.track(groups_of(sandbox, vendor.served, headers, target))
        counts, started = flight.__enter__(), perf_counter()
        sending = _SendMonitor(incoming.send, flight)
        header_refusal = incoming.header_refusal
        try:
            limit = 0 if header_refusal else self.max_body_bytes
            body = await read_decoded_body(incoming.receive, headers, limit)
            call = _call_of(
                incoming,
                body,
                vendor=vendor.served.name,
                credential_names=vendor.served.spec.credential_names,
                path=path,
                mount=mount,
                in_flight=counts.in_flight,
                same_key_in_flight=counts.same_key_in_flight,
            )
            arrival = Arrival(
                call, head_refusal=header_refusal, body_refusal=body.refusal, sent_body=body.received
            )
            await self._answer(vendor, incoming, arrival, started, sending)
        except ClientDisconnect:
            return
        finally:
            sending.end_flight()

    async def _answer(
        self, vendor: VendorApp, incoming: Incoming, arrival: Arrival, started: float, sending: _SendMonitor
    ) -> None:
        prefix = incoming.place.prefix
        scope = {
            **incoming.scope,
            "root_path": prefix,
            "path": f"{prefix}/{vendor.served.name}{arrival.call.path}",
            "extensions": dict(incoming.scope.get("extensions", {})),
            "app": vendor,  # with an app, Starlette's router raises its refusals instead of wording them
            ARRIVAL: arrival,
            STARTED: started,
        }
        try:
            await vendor(scope, incoming.receive, sending)
        except ClientDisconnect:
            return
        except (InvalidHeaderError, TooManySandboxesError) as error:
            status, code = _ADMISSION_REFUSALS[type(error)]
            reply = problem_reply(status, str(error))
            unsent = Answer(reply, refusal=code, reason=one_line(str(error)))
        except Exception as error:
            if sending.has_started or isinstance(error, ConnectionLostError):
                raise
            unsent = _crash_answer(error, arrival.call)
        else:
            return
        reply = await self.thread.call(
            arrival, lambda _arrival: self.recorder.record(arrival.call, unsent, started)
        )
        await send_reply(reply, sending)


def _is_lost_visitor(vendor: VendorApp, below: str, headers: Mapping[str, str]) -> bool:
    """Return whether a person opens, in a browser, an unknown address of the vendor."""
    if headers.get("sec-fetch-dest") != "document":
        return False
    spec = vendor.served.spec
    return spec.find_operation(spec.canonical_path(below), "get") is None


def _without_blanks(raw: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Return the headers without blanks around their values (RFC 9110 §5.5); the parser leaves some."""
    return tuple([(name, text.strip(_BLANKS)) for name, text in raw])


def _merge_headers(raw: RawHeaders) -> Mapping[str, str]:
    return join_headers([(name.decode("latin-1"), text.decode("latin-1")) for name, text in raw])


# A client sends equal headers again and again; so all its calls in the journal share one mapping.
@lru_cache(_KNOWN_HEADERS)
def _read_known_headers(raw: RawHeaders) -> tuple[RawHeaders, Mapping[str, str]]:
    """Return the headers without blanks, as they came and by name.

    Raises HeadersTooLarge if there are too many headers or header bytes.
    """
    bare = _without_blanks(raw)
    size_bytes = sum([len(name) + len(text) for name, text in bare])
    if len(raw) > MAX_HEADERS or size_bytes > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"over {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes")
    return bare, _merge_headers(bare)


def _sandbox_path(path: str, header: str | None) -> SandboxPath | Reply:
    prefix, sandbox = "", header
    if path.startswith(SANDBOX_PREFIX):
        name, slash, rest = path[len(SANDBOX_PREFIX) :].partition("/")
        if not is_sandbox_name(name):
            return problem_reply(404, "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        if header is not None and header != name:
            return problem_reply(400, "path and Mock-Sandbox name two different sandboxes")
        prefix, path, sandbox = SANDBOX_PREFIX + name, slash + rest or "/", name
    if sandbox is not None and not is_sandbox_name(sandbox):
        return problem_reply(400, "Mock-Sandbox: expected 1 to 64 of a-z, 0-9 and -")
    return SandboxPath(sandbox or DEFAULT_SANDBOX, prefix, path)


def _call_of(incoming: Incoming, body: Body, **values: Any) -> Call:
    """Return the call of a request; `values` are the remaining fields of the call."""
    scope = incoming.scope
    return Call(
        sandbox=incoming.place.sandbox,
        method=scope["method"],
        query=scope["query_string"].decode("latin-1"),
        headers=body.headers,
        body=body.content,
        origin=f"{scope['scheme']}://{incoming.headers.get('host', '')}",
        target=(scope.get("raw_path") or b"").decode("latin-1"),
        port=(scope.get("client") or ("", 0))[1],
        **values,
    )


def _crash_answer(error: Exception, call: Call) -> Answer:
    _log.error("%s %s broke", call.method, call.path, exc_info=error)
    reply = problem_reply(500, "the mock server itself failed; see its journal")
    reason = f"the mock server itself failed: {type(error).__name__}; see the trace in the journal entry"
    return Answer(reply, refusal="crash", trace="".join(format_exception(error)), reason=reason)


def is_browser_file(path: str) -> bool:
    """Return whether browsers request `path` by themselves, such as `/favicon.ico`."""
    return _BROWSER_FILES.fullmatch(path) is not None


class _HeldReply:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.reply: Reply | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in _REFUSALS:
            headers = Headers(raw=message["headers"])
            others = [one for one in headers.items() if one[0] not in ("content-type", "content-length")]
            self.reply = Reply(message["status"], b"", headers.get("content-type"), tuple(others))
        elif self.reply is not None:
            self.reply = replace(self.reply, body=self.reply.body + message.get("body", b""))
        else:
            await self._send(message)


class MissRecorder(Value, frozen=True):
    """Wrapper of the pages that records each call that the pages refuse, in its sandbox and with its body.

    Requests that browsers make by themselves, and requests to the server's own paths (`/_…`), are not
    recorded.
    """

    pages: ASGIApp
    sandboxes: Sandboxes
    directory: OperationDirectory
    recorder: Recorder
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outside: Incoming = scope[OUTSIDE]
        if _is_of_browser(outside) or outside.place.path.startswith("/_"):
            await self.pages(scope, receive, send)
            return
        started, held = perf_counter(), _HeldReply(send)
        await self.pages(scope, receive, held)
        if held.reply is None:
            return
        try:
            body = await read_decoded_body(receive, outside.headers, self.max_body_bytes)
        except ClientDisconnect:
            return
        # The pages have refused the request, whatever the fault of its body.
        sent = Body(outside.headers, body.content)
        reply = await to_thread(self._record, outside, sent, held.reply, started)
        await send_reply(reply, send)

    def _record(self, outside: Incoming, body: Body, reply: Reply, started: float) -> Reply:
        call = self._call(outside, body)
        answer = Answer(reply, refusal=_REFUSALS[reply.status], reason=self._reason(call, reply))
        return self.recorder.record(call, answer, started)

    def _call(self, outside: Incoming, body: Body) -> Call:
        """Return the call, with the time of its sandbox's clock. Create the sandbox if it is missing."""
        sandboxes, place = self.sandboxes, outside.place
        where = (place.sandbox, f"{NO_VENDOR}/")
        try:
            sandboxes.enter(place.sandbox)
            now = sandboxes.transact_or_discard(*where, attrgetter("now"), create=False)
        except StoreUnavailableError:
            now = sandboxes.discard(*where, attrgetter("now"))
        return _call_of(outside, body, vendor=NO_VENDOR, path=place.path, mount=place.prefix, now=now)

    def _reason(self, call: Call, reply: Reply) -> str:
        if reply.status == HTTPStatus.FORBIDDEN:
            return one_line(str(json.decode(reply.body).get("detail", "")))
        return one_line(describe_miss(self.directory, call))


def _is_of_browser(outside: Incoming) -> bool:
    """Return whether a browser, no script, makes the request: a file, a page or its parts, or a preflight."""
    headers = outside.headers
    return (
        is_browser_file(outside.place.path)
        or headers.get("sec-fetch-dest", "") not in _FETCHED_BY_CODE
        or is_preflight(outside.scope["method"], headers)
    )
