"""HTTP client that calls an ASGI application in this process, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from math import inf
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Scope

from mockserver.codec.http import join_headers
from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse
from mockserver.model import Value
from mockserver.server.transport_faults import ConnectionLostError

_FRAMING_HEADERS = ("content-length", "transfer-encoding")


class InProcessClient(Value, frozen=True):
    """HTTP client for an ASGI application. Most transport faults become a lost response."""

    app: ASGIApp
    host: str = "127.0.0.1"

    async def send(self, request: HttpRequest) -> HttpResponse | LostResponse:
        clock = asyncio.get_running_loop().time
        started, exchange = clock(), AsgiExchange(request.cut())
        response: HttpResponse | LostResponse
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                await asyncio.sleep(0)  # without a pause, calls in a row would block all other calls
                await self.app(self._scope(request), exchange.receive, exchange.send)
            response = _response(exchange)
        except TimeoutError:
            response = LostResponse("timeout", exchange.status, f"not in {request.timeout_ms} ms")
        except ConnectionLostError as error:
            response = LostResponse(
                "empty" if exchange.status is None else "truncated", exchange.status, str(error)
            )
        return replace(response, elapsed_ms=(clock() - started) * 1000)

    def _scope(self, request: HttpRequest) -> Scope:
        own = [(name, text) for name, text in request.headers if name.lower() not in _FRAMING_HEADERS]
        framing = [("content-length", str(len(request.content)))] if request.content else []
        named = any(name.lower() == "host" for name, _ in own)
        headers = [*([] if named else [("host", self.host)]), *own, *framing]
        octets = [(name.lower().encode(), text.encode("latin-1", "replace")) for name, text in headers]
        return http_scope(request.method, request.origin, request.target, octets)


def _response(exchange: AsgiExchange) -> HttpResponse | LostResponse:
    if exchange.status is None:
        return LostResponse("empty", None, "no response was started")
    headers = join_headers(
        (name.decode("latin-1").lower(), text.decode("latin-1")) for name, text in exchange.headers
    )
    return HttpResponse(exchange.status, headers, b"".join(exchange.parts))


def http_scope(method: str, url: str, target: str, headers: Iterable[tuple[bytes, bytes]]) -> Scope:
    """Return the ASGI scope of a request for `target` (path and query) to the server at `url`."""
    address = urlsplit(url)
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": address.scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [(name.lower(), text) for name, text in headers],
        "client": ("127.0.0.1", 0),
        "server": (address.hostname, address.port),
    }


class BodyTooLongError(Exception):
    """Raised by `AsgiExchange.send`, inside the application, if the response's body exceeds the limit."""


class AsgiExchange:
    """The ASGI channel of one call: gives the application the body in pieces, and collects the response."""

    def __init__(self, pieces: list[bytes], most: float = inf) -> None:
        self.left = most
        """Number of bytes that the response's body may still have; below 0 after BodyTooLongError."""
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.is_complete = asyncio.Event()
        self._pieces = pieces

    async def receive(self) -> Message:
        if not self._pieces:
            await self.is_complete.wait()
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            self.left -= len(self.parts[-1])
            if self.left < 0:
                raise BodyTooLongError
            if not message.get("more_body", False):
                self.is_complete.set()
