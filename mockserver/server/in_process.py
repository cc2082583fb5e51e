"""HTTP client that calls an ASGI application in this process, without a socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse
from mockserver.server.transport_faults import ConnectionLostError

_FRAMING_HEADERS = ("content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class InProcessClient:
    """HTTP client for an ASGI application. Most transport faults become a lost response."""

    app: ASGIApp
    host: str = "127.0.0.1"

    async def send(self, request: HttpRequest) -> HttpResponse | LostResponse:
        clock = asyncio.get_running_loop().time
        started, exchange = clock(), _AsgiExchange(request.cut())
        response: HttpResponse | LostResponse
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                await asyncio.sleep(0)  # without a pause, calls in a row would block all other calls
                await self.app(self._scope(request), exchange.receive, exchange.send)
            response = exchange.response()
        except TimeoutError:
            response = LostResponse("timeout", exchange.status, f"not in {request.timeout_ms} ms")
        except ConnectionLostError as error:
            response = LostResponse(
                "empty" if exchange.status is None else "truncated", exchange.status, str(error)
            )
        return replace(response, elapsed_ms=(clock() - started) * 1000)

    def _scope(self, request: HttpRequest) -> dict[str, object]:
        path, _, query = request.target.partition("?")
        own = [(name, text) for name, text in request.headers if name.lower() not in _FRAMING_HEADERS]
        framing = [("content-length", str(len(request.content)))] if request.content else []
        named = any(name.lower() == "host" for name, _ in own)
        origin = urlsplit(request.origin)
        headers = [*([] if named else [("host", self.host)]), *own, *framing]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": origin.scheme,
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [(name.lower().encode(), text.encode("latin-1", "replace")) for name, text in headers],
            "client": ("127.0.0.1", 0),
            "server": (origin.hostname, origin.port),
        }


@dataclass(slots=True)
class _AsgiExchange:
    pieces: list[bytes]
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: list[bytes] = field(default_factory=list)

    async def receive(self) -> Message:
        if not self.pieces:
            return {"type": "http.disconnect"}
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for raw, octets in message["headers"]:
                name, text = raw.decode("latin-1").lower(), octets.decode("latin-1")
                self.headers[name] = f"{self.headers[name]}, {text}" if name in self.headers else text
        else:
            self.body.append(message.get("body", b""))

    def response(self) -> HttpResponse | LostResponse:
        if self.status is None:
            return LostResponse("empty", None, "no response was started")
        return HttpResponse(self.status, self.headers, b"".join(self.body))
