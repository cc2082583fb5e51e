"""Record calls that no vendor has and no page answers, with the nearest operation as their reason."""

from __future__ import annotations

import re
from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter
from time import perf_counter

from msgspec.structs import replace
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec import json
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.reasons import describe_miss, is_preflight, one_line
from mockserver.errors import StoreUnavailableError
from mockserver.model import Answer, Call, Reply, Value
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.server.recorder import Recorder
from mockserver.server.reply import send_reply
from mockserver.server.request_body import read_decoded_body

OUTSIDE = "mockserver.outside"
"""The scope key of an `OutsideRequest`."""

NO_VENDOR = ""
"""The vendor of a call that none has."""

_REFUSALS: Mapping[int, str] = {403: "forbidden", 404: "not-found", 405: "method-not-allowed"}
_BROWSER_FILES = re.compile(r"/(favicon\.ico|robots\.txt|apple-touch-icon[^/]*|\.well-known/appspecific/.*)")
_FETCHED_BY_CODE = ("", "empty")
"""Values of Sec-Fetch-Dest if a program calls, in a browser or not; others are pages and their parts."""


class OutsideRequest(Value, frozen=True):
    """A request outside of every vendor: its sandbox, that one's path prefix, the path, and its headers."""

    sandbox: str
    prefix: str
    path: str
    headers: Mapping[str, str]


def is_browser_file(path: str) -> bool:
    """Return whether browsers ask for that path of themselves."""
    return _BROWSER_FILES.fullmatch(path) is not None


class _HeldReply:
    """Keeps back a refusal; any other response is sent at once."""

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


@dataclass(frozen=True, slots=True)
class MissRecorder:
    """Wraps the pages: a call that they refuse is recorded in its sandbox, with its body.

    What browsers ask for of themselves is not, nor what begins with `_`, which are the server's own paths.
    """

    pages: ASGIApp
    sandboxes: Sandboxes
    directory: OperationDirectory
    recorder: Recorder
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose scope has an `OutsideRequest`."""
        outside: OutsideRequest = scope[OUTSIDE]
        if _is_of_browser(scope["method"], outside) or outside.path.startswith("/_"):
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
        reply = await to_thread(self._record, scope, outside, body.content, held.reply, started)
        await send_reply(reply, send)

    def _record(
        self, scope: Scope, outside: OutsideRequest, body: bytes, reply: Reply, started: float
    ) -> Reply:
        call = self._call(scope, outside, body)
        answer = Answer(reply, refusal=_REFUSALS[reply.status], reason=self._reason(call, reply))
        return self.recorder.record(call, answer, started)

    def _call(self, scope: Scope, outside: OutsideRequest, body: bytes) -> Call:
        """Return the call, with the time of its sandbox, which is made if it is not there."""
        sandboxes, where = self.sandboxes, (outside.sandbox, f"{NO_VENDOR}/")
        try:
            sandboxes.enter(outside.sandbox)
            now = sandboxes.transact_or_discard(*where, attrgetter("now"), create=False)
        except StoreUnavailableError:
            now = sandboxes.discard(*where, attrgetter("now"))
        return Call(
            vendor=NO_VENDOR,
            sandbox=outside.sandbox,
            method=scope["method"],
            path=outside.path,
            query=scope["query_string"].decode("latin-1"),
            headers=outside.headers,
            body=body,
            mount=outside.prefix,
            origin=f"{scope['scheme']}://{outside.headers.get('host', '')}",
            target=(scope.get("raw_path") or b"").decode("latin-1"),
            now=now,
        )

    def _reason(self, call: Call, reply: Reply) -> str:
        if reply.status == HTTPStatus.FORBIDDEN:
            return one_line(str(json.decode(reply.body).get("detail", "")))
        return one_line(describe_miss(self.directory, call))


def _is_of_browser(method: str, outside: OutsideRequest) -> bool:
    """Return whether a browser asks of itself: for a file, a page or its parts, or for leave to call."""
    headers = outside.headers
    return (
        is_browser_file(outside.path)
        or headers.get("sec-fetch-dest", "") not in _FETCHED_BY_CODE
        or is_preflight(method, headers)
    )
