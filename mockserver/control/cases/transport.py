"""Request, response and lost response of an HTTP client, and a client over sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import httpx

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.model import Json

TIMEOUT_MS = 10_000
LOSS_KINDS = ("reset", "empty", "truncated", "malformed", "closed", "timeout", "refused")
"""Ways in which a client loses an answer: the connection was reset; it was closed without a byte;
before the end of the body; what came is no HTTP; it was kept open and closed under the next request;
nothing, or not all of it, came in time; nobody listens there."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target` is path and query as they stand on the wire.

    The content goes out in `pieces`, chunked when they are several; after `patience_ms` the client gives up.
    With `keep_alive` it goes out on the connection that the call before it left open.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    pieces: int = 1
    timeout_ms: int = TIMEOUT_MS
    keep_alive: bool = False

    def cut(self) -> list[bytes]:
        """Return the content in its pieces; at least one, which may be empty."""
        size = max(1, -(-len(self.content) // self.pieces))
        return [self.content[at : at + size] for at in range(0, len(self.content), size)] or [b""]


@dataclass(frozen=True, slots=True)
class Response:
    """A response and its duration; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float = 0

    @property
    def text(self) -> str:
        """The body in the charset that its media type names."""
        return self.body.decode(parse_content_type(self.headers)[1], errors="replace")

    @property
    def json(self) -> Json:
        """The body as JSON, with exact decimals.

        Raises:
            MalformedBody: it is none.
        """
        return json.decode(self.body, parse_content_type(self.headers)[1])

    @property
    def media_type(self) -> str:
        """Media type of the body, "" if the answer does not name one."""
        return parse_content_type(self.headers)[0]


@dataclass(frozen=True, slots=True)
class LostResponse:
    """No whole answer came: one of `KINDS`, the status if that was seen, and what the client said of it."""

    kind: str
    status: int | None
    detail: str
    elapsed_ms: float = 0


class HttpClient(Protocol):
    """Carries one request."""

    async def send(self, request: Request) -> Response | LostResponse:
        """Return the answer, or how it was lost."""


_INCOMPLETE_BODY = "without sending complete message body"
_NO_RESPONSE = "without sending a response"


@dataclass(frozen=True, slots=True)
class SocketClient:
    """Calls the server at `url`, which has no slash at its end.

    A call has a connection of its own, or with `keep_alive` the one that the call before it left open. It is
    not tried again: what is lost is lost.
    """

    url: str
    single_use: httpx.AsyncClient
    persistent: httpx.AsyncClient

    async def send(self, request: Request) -> Response | LostResponse:
        """Return the answer, or how it was lost."""
        clock = asyncio.get_running_loop().time
        started = clock()
        seen = _CallTrace()
        came: Response | LostResponse
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                came = await self._answer(request, seen)
        except TimeoutError:
            came = LostResponse("timeout", seen.status, f"not in {request.timeout_ms} ms")
        except httpx.TransportError as error:
            came = LostResponse(_loss_kind(error, seen), seen.status, f"{type(error).__name__}: {error}")
        return replace(came, elapsed_ms=(clock() - started) * 1000)

    async def _answer(self, request: Request, seen: _CallTrace) -> Response:
        client = self.persistent if request.keep_alive else self.single_use
        response = await client.send(self._request(request, seen), stream=True)
        seen.status = response.status_code
        try:
            body = b"".join([chunk async for chunk in response.aiter_raw()])
        finally:
            await response.aclose()
        headers: dict[str, str] = {}
        for name, text in response.headers.multi_items():
            headers[name.lower()] = f"{headers[name.lower()]}, {text}" if name.lower() in headers else text
        return Response(response.status_code, headers, body)

    def _request(self, request: Request, seen: _CallTrace) -> httpx.Request:
        url = httpx.URL(self.url).copy_with(raw_path=request.target.encode())
        content = _pieces(request.cut()) if request.pieces > 1 else request.content
        return httpx.Request(
            request.method,
            url,
            headers=request.headers,
            content=content,
            extensions={"trace": seen.note, "timeout": httpx.Timeout(None).as_dict()},
        )


@asynccontextmanager
async def open_client(url: str) -> AsyncIterator[SocketClient]:
    """Return an HTTP client for the server at `url`; proxies of the environment are not used."""
    none_kept = httpx.Limits(max_keepalive_connections=0)
    # Else each client reads the machine's certificates, which takes 70 ms (measured) and is for nothing.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with (
        httpx.AsyncClient(trust_env=False, verify=tls, limits=none_kept) as fresh,
        httpx.AsyncClient(trust_env=False, verify=tls) as keeping,
    ):
        yield SocketClient(url, fresh, keeping)


@dataclass(slots=True)
class _CallTrace:
    """Status of an unfinished call, and whether it needed a new connection."""

    status: int | None = None
    connected: bool = False

    async def note(self, event: str, _info: object) -> None:
        self.connected = self.connected or event.startswith("connection.connect_tcp")


def _loss_kind(error: httpx.TransportError, seen: _CallTrace) -> str:
    said = str(error)
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if isinstance(error, (httpx.ReadError, httpx.WriteError)):
        return "reset" if seen.connected else "closed"
    if _NO_RESPONSE in said:
        return "empty" if seen.connected else "closed"
    return "truncated" if _INCOMPLETE_BODY in said else "malformed"


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
