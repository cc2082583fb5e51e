"""Request, response and lost response of an HTTP client, and a client over sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.deferred import DeferredModule
from mockserver.codec.http import parse_content_type
from mockserver.model import Json, Value
from mockserver.outgoing import INCOMPLETE_BODY, NO_RESPONSE

if TYPE_CHECKING:
    import httpx
else:
    httpx = DeferredModule("httpx")

TIMEOUT_MS = 10_000
LOSS_KINDS = ("reset", "empty", "truncated", "malformed", "closed", "timeout", "refused")
"""Ways in which a client can lose a response.

In this order: the connection was reset; it was closed before the first byte; it was closed before the end of
the body; the response is not HTTP; a kept-alive connection was closed when the next request was sent; no
complete response came in time; the connection was refused.
"""


class HttpRequest(Value, frozen=True):
    """Request of an HTTP client."""

    method: str
    target: str
    """Path and query as sent."""
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    pieces: int = 1
    """Number of pieces in which the content is sent; if it is over 1, the body is chunked."""
    timeout_ms: int = TIMEOUT_MS
    keep_alive: bool = False
    """Whether to use the connection that the previous call left open."""
    origin: str = "http://127.0.0.1:80"
    """Origin that a server in this process, called without a socket, takes for its own."""

    def cut(self) -> list[bytes]:
        size = max(1, -(-len(self.content) // self.pieces))
        return [self.content[at : at + size] for at in range(0, len(self.content), size)] or [b""]


class HttpResponse(Value, frozen=True):
    """Response and its duration."""

    status: int
    headers: Mapping[str, str]
    """Headers by name in lower case."""
    body: bytes
    elapsed_ms: float = 0

    @property
    def text(self) -> str:
        """Body, decoded with the charset of `Content-Type`; invalid bytes are replaced."""
        return self.body.decode(parse_content_type(self.headers)[1], errors="replace")

    @property
    def json(self) -> Json:
        return json.decode(self.body, parse_content_type(self.headers)[1])

    @property
    def media_type(self) -> str:
        return parse_content_type(self.headers)[0]


class LostResponse(Value, frozen=True):
    """How a response was lost."""

    kind: str
    """One of `LOSS_KINDS`."""
    status: int | None
    """Received status, or None if the response was lost before its status came."""
    detail: str
    """Error of the client."""
    elapsed_ms: float = 0


class HttpClient(Protocol):
    async def send(self, request: HttpRequest) -> HttpResponse | LostResponse:
        """Send the request; return the response, or how the response was lost."""


class SocketClient(Value, frozen=True):
    """Client of the server at `url`, which has no trailing slash.

    A request with `keep_alive` uses an open connection of an earlier request with `keep_alive`, if there is
    one. Every other request opens a new connection. No request is retried.
    """

    url: str
    single_use: httpx.AsyncClient
    persistent: httpx.AsyncClient

    async def send(self, request: HttpRequest) -> HttpResponse | LostResponse:
        clock = asyncio.get_running_loop().time
        started = clock()
        trace = _CallTrace()
        response: HttpResponse | LostResponse
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                response = await self._answer(request, trace)
        except TimeoutError:
            response = LostResponse("timeout", trace.status, f"not in {request.timeout_ms} ms")
        except httpx.TransportError as error:
            response = LostResponse(
                _loss_kind(error, trace), trace.status, f"{type(error).__name__}: {error}"
            )
        return replace(response, elapsed_ms=(clock() - started) * 1000)

    async def _answer(self, request: HttpRequest, trace: _CallTrace) -> HttpResponse:
        client = self.persistent if request.keep_alive else self.single_use
        response = await client.send(self._request(request, trace), stream=True)
        trace.status = response.status_code
        try:
            body = b"".join([chunk async for chunk in response.aiter_raw()])
        finally:
            await response.aclose()
        return HttpResponse(response.status_code, dict(response.headers.items()), body)

    def _request(self, request: HttpRequest, trace: _CallTrace) -> httpx.Request:
        url = httpx.URL(self.url).copy_with(raw_path=request.target.encode())
        content = _pieces(request.cut()) if request.pieces > 1 else request.content
        return httpx.Request(
            request.method,
            url,
            headers=[(name.encode("latin-1"), text.encode("latin-1")) for name, text in request.headers],
            content=content,
            extensions={"trace": trace.note, "timeout": httpx.Timeout(None).as_dict()},
        )


@asynccontextmanager
async def open_client(url: str, *, is_trusted: bool = False) -> AsyncIterator[SocketClient]:
    """Open a client of the server at `url`; ignore proxies in the environment.

    If `is_trusted`, do not check the certificate, because the server is the one that runs this code.
    """
    no_keepalive = httpx.Limits(max_keepalive_connections=0)
    # Reading the machine's certificates takes 70 ms (measured), and plain HTTP does not need them.
    is_plain = url.startswith("http:")
    is_checked = not is_plain and not is_trusted
    tls = ssl.create_default_context() if is_checked else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if is_trusted:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    async with (
        httpx.AsyncClient(trust_env=False, verify=tls, limits=no_keepalive) as fresh,
        httpx.AsyncClient(trust_env=False, verify=tls) as kept_alive,
    ):
        yield SocketClient(url, fresh, kept_alive)


class _CallTrace(Struct):
    status: int | None = None
    connected: bool = False

    async def note(self, event: str, _info: object) -> None:
        self.connected = self.connected or event.startswith("connection.connect_tcp")


def _loss_kind(error: httpx.TransportError, trace: _CallTrace) -> str:
    message = str(error)
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if isinstance(error, (httpx.ReadError, httpx.WriteError)):
        return "reset" if trace.connected else "closed"
    if NO_RESPONSE in message:
        return "empty" if trace.connected else "closed"
    return "truncated" if INCOMPLETE_BODY in message else "malformed"


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
