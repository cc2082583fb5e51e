"""A reverse proxy, as companies put them in front of a server, with the habits that real ones have."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from tests.support.asgi_server import listen

Headers: TypeAlias = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_WITHOUT_BODY = (204, 304)
_CHUNK = 7
"""Bytes of a chunk: few, so that characters and numbers are cut in the middle."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a proxy does to the calls that it passes on.

    `prefix` is the path that it stands at. `strips` are beginnings of names of headers, in lower case, that
    it passes on in neither direction; `keeps_back` those that it keeps from the server only. `says_via`: it
    adds `Via` and `X-Forwarded-…`. `chunks`: it sends every answer in small chunks. `compresses`: with gzip,
    for callers that take it. `closes`: it ends the connection after each answer. `retries`: it makes a call
    again that the server did not answer; else, and if that fails too, the caller gets 502. `loses` is the
    name of a header in lower case: of every call with it the first answer is lost, as on a bad line.
    """

    prefix: str = ""
    strips: tuple[bytes, ...] = ()
    keeps_back: tuple[bytes, ...] = ()
    says_via: bool = False
    chunks: bool = False
    compresses: bool = False
    closes: bool = False
    retries: bool = False
    loses: bytes = b""


class ReverseProxy:
    """An ASGI application that asks another server; names of headers come out in lower case."""

    def __init__(self, upstream: str, habits: Habits) -> None:
        self._upstream = httpx.URL(upstream)
        self._habits = habits
        # Without kept connections none is left open when the server ends.
        self._transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a call on."""
        body = await _body(receive)
        prefix = self._habits.prefix.encode()
        path = scope["raw_path"]
        if not path.startswith(prefix + b"/") and path != prefix:
            await _answer(send, 404, [], [b"no such site\n"])
            return
        request = self._request(scope, path.removeprefix(prefix) or b"/", body)
        try:
            status, headers, content = await self._ask(request)
        except httpx.TransportError:
            await _answer(send, 502, [(b"content-type", b"text/plain")], [b"bad gateway\n"])
            return
        if scope["method"] == "HEAD" or status in _WITHOUT_BODY:
            await _answer(send, status, self._passed(headers), [b""])
            return
        await _answer(send, status, *self._written(scope, headers, content))

    def _request(self, scope: Any, path: bytes, body: bytes) -> httpx.Request:
        query = scope["query_string"]
        url = self._upstream.copy_with(raw_path=path + (b"?" + query if query else b""))
        kept = self._passed([(name, text) for name, text in scope["headers"] if name != b"host"])
        kept = [one for one in kept if not one[0].startswith(self._habits.keeps_back or (b"\0",))]
        host = dict(scope["headers"]).get(b"host", b"")
        via = [(b"via", b"1.1 proxy"), (b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-host", host)]
        headers = [*kept, *(via if self._habits.says_via else [])]
        return httpx.Request(scope["method"], url, headers=headers, content=body or None)

    async def _ask(self, request: httpx.Request) -> tuple[int, Headers, bytes]:
        lost = self._habits.loses.decode() in request.headers if self._habits.loses else False
        try:
            answer = await self._asked(request)
        except httpx.TransportError:
            if not self._habits.retries:
                raise
            lost = True
        return await self._asked(request) if lost else answer

    async def _asked(self, request: httpx.Request) -> tuple[int, Headers, bytes]:
        came = await self._transport.handle_async_request(request)
        try:
            content = b"".join([part async for part in _raw(came)])
        finally:
            await came.aclose()
        return came.status_code, [(name.lower(), text) for name, text in came.headers.raw], content

    def _passed(self, headers: Headers) -> Headers:
        """Return the headers that go on, without those that are between two neighbours only."""
        stripped = self._habits.strips or (b"\0",)
        return [one for one in headers if one[0] not in _HOP_BY_HOP and not one[0].startswith(stripped)]

    def _written(self, scope: Any, headers: Headers, content: bytes) -> tuple[Headers, Sequence[bytes]]:
        habits, kept = self._habits, self._passed(headers)
        named = {name for name, _ in kept}
        if habits.compresses and content and _takes_gzip(scope) and b"content-encoding" not in named:
            content = gzip.compress(content, 1)
            kept = [one for one in kept if one[0] != b"content-length"]
            kept += [(b"content-encoding", b"gzip"), (b"content-length", str(len(content)).encode())]
        if habits.says_via:
            kept.append((b"via", b"1.1 proxy"))
        if habits.closes:
            kept.append((b"connection", b"close"))
        if not habits.chunks:
            return kept, [content]
        kept = [one for one in kept if one[0] != b"content-length"]
        return kept, [content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)] or [b""]


@contextmanager
def proxied(upstream: str, habits: Habits) -> Iterator[str]:
    """Serve a proxy before that address; yield its own, with the prefix."""
    with listen(ReverseProxy(upstream, habits)) as url:
        yield f"{url}{habits.prefix}"


def _takes_gzip(scope: Any) -> bool:
    return b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")


async def _raw(came: httpx.Response) -> AsyncIterator[bytes]:
    async for part in came.aiter_raw():
        yield part


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _answer(send: Any, status: int, headers: Headers, parts: Sequence[bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for number, part in enumerate(parts, 1):
        await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})
