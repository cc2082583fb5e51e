"""A client that calls the application in process, one ASGI request at a time.

It checks every answer against the vendor's spec: what is not stated there fails the test that called.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from mockserver.codec.http import parse_content_type
from mockserver.codec.urls import path_of
from mockserver.server.application import Application
from mockserver.server.in_process import http_scope
from tests.support.conformance import SentReply, find_violation


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(parse_content_type(self.headers)[1])

    @property
    def json(self) -> Any:
        """The body as JSON, with exact decimals."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True, slots=True)
class Client:
    """Calls `app`; `headers` go with every call, `base` stands before every path."""

    app: ASGIApp = field(repr=False)  # a failed assertion would print every spec
    headers: Mapping[str, str]
    base: str = ""

    def within(self, base: str = "", **headers: str) -> Client:
        """The same client with a base path and more headers (`_` in a name stands for `-`)."""
        named = {name.replace("_", "-").lower(): text for name, text in headers.items()}
        return Client(self.app, {**self.headers, **named}, base or self.base)

    def without(self, *names: str) -> Client:
        """The same client less some headers."""
        kept = {name: text for name, text in self.headers.items() if name not in names}
        return Client(self.app, kept, self.base)

    def get(self, path: str, **kwargs: Any) -> Response:
        return self.request("GET", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Response:
        return self.request("PUT", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Response:
        return self.request("POST", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> Response:
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Response:
        return self.request("DELETE", path, **kwargs)

    def request(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        chunks: int = 1,
    ) -> Response:
        """One call; `json` is encoded and typed, `content` is sent as it is, in `chunks` pieces."""
        sent = {**self.headers, **{name.lower(): text for name, text in (headers or {}).items()}}
        body = content or b""
        if json is not None:
            body = _encode(json)
            sent.setdefault("content-type", "application/json")
        if body:
            length = ("content-length", str(len(body))) if chunks == 1 else ("transfer-encoding", "chunked")
            sent.setdefault(*length)
        answered = asyncio.run(send_call(self.app, method, self.base + path, sent, _split_body(body, chunks)))
        check_conformance(self.app, method, self.base + path, answered)
        return answered


def check_conformance(app: ASGIApp, method: str, target: str, answered: Response) -> None:
    """Fail the test if the application's specs do not state the answer."""
    if isinstance(app, Application):
        escaped = target.partition("?")[0]
        path = path_of({"raw_path": escaped.encode(), "path": unquote(escaped)})
        unstated = find_violation(
            app.served, SentReply(method, path, answered.status, answered.headers, answered.body)
        )
        assert not unstated, f"{method} {path}: {unstated}\n{answered.body.decode(errors='replace')[:2000]}"


def _split_body(body: bytes, chunks: int) -> list[bytes]:
    size = max(1, -(-len(body) // chunks))
    return [body[at : at + size] for at in range(0, len(body), size)] or [b""]


def _encode(value: Any) -> bytes:
    return json.dumps(value, default=float).encode()


async def send_call(  # noqa: PLR0913 - the parts of a request
    app: ASGIApp,
    method: str,
    target: str,
    headers: Mapping[str, str],
    pieces: list[bytes],
    *,
    goes_on: asyncio.Event | None = None,
    taken: asyncio.Event | None = None,
) -> Response:
    """One call beside others: its body begins when it may go on, its answer leaves when it is taken."""
    incoming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    outgoing: list[Message] = []

    async def receive() -> Message:
        if goes_on is not None:
            await goes_on.wait()
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if taken is not None:
            await taken.wait()
        outgoing.append(message)

    named = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
    await app(http_scope(method, "http://127.0.0.1:8080", target, named), receive, send)
    start = outgoing[0]
    return Response(
        start["status"],
        {name.decode().lower(): text.decode("latin-1") for name, text in start["headers"]},
        b"".join(message.get("body", b"") for message in outgoing[1:]),
    )
