"""Calls of our own application in this process, without a socket: byte for byte what a client would send."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from mockserver.app.wire import ConnectionLost
from mockserver.cases.wire import Answered, Lost, Sent

_FRAMES = ("content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Inside:
    """Carries requests to `app`; a fault of the transport is a lost answer, as near as there is one."""

    app: ASGIApp
    host: str = "127.0.0.1"

    async def send(self, sent: Sent) -> Answered | Lost:
        """The answer, or how it was lost."""
        clock = asyncio.get_running_loop().time
        started, exchange = clock(), _Exchange(sent.cut())
        came: Answered | Lost
        try:
            async with asyncio.timeout(sent.patience_ms / 1000):
                await self.app(self._scope(sent), exchange.receive, exchange.send)
            came = exchange.answered()
        except TimeoutError:
            came = Lost("timeout", exchange.status, f"not in {sent.patience_ms} ms")
        except ConnectionLost as error:
            came = Lost("empty" if exchange.status is None else "truncated", exchange.status, str(error))
        return replace(came, elapsed_ms=(clock() - started) * 1000)

    def _scope(self, sent: Sent) -> dict[str, object]:
        path, _, query = sent.target.partition("?")
        own = [(name, text) for name, text in sent.headers if name.lower() not in _FRAMES]
        framed = [("content-length", str(len(sent.content)))] if sent.content else []
        named = any(name.lower() == "host" for name, _ in own)
        headers = [*([] if named else [("host", self.host)]), *own, *framed]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": sent.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [(name.lower().encode(), text.encode("latin-1", "replace")) for name, text in headers],
            "client": ("127.0.0.1", 0),
            "server": (self.host, 80),
        }


@dataclass(slots=True)
class _Exchange:
    """One request in pieces, and what comes back."""

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

    def answered(self) -> Answered | Lost:
        if self.status is None:
            return Lost("empty", None, "no answer was begun")
        return Answered(self.status, self.headers, b"".join(self.body))
