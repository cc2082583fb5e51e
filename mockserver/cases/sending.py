"""Carries a case's requests over sockets, and names how an answer was lost."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from mockserver.cases.wire import Answered, Lost, Sent

_UNFINISHED = "without sending complete message body"
_NOTHING = "without sending a response"


@dataclass(frozen=True, slots=True)
class HttpSender:
    """Calls the server at `url`, which has no slash at its end.

    A call has a connection of its own, or with `keep_alive` the one that the call before it left open. It is
    not tried again: what is lost is lost.
    """

    url: str
    fresh: httpx.AsyncClient
    keeping: httpx.AsyncClient

    async def send(self, sent: Sent) -> Answered | Lost:
        """The answer, or how it was lost."""
        clock = asyncio.get_running_loop().time
        started = clock()
        seen = _Seen()
        came: Answered | Lost
        try:
            async with asyncio.timeout(sent.patience_ms / 1000):
                came = await self._answer(sent, seen)
        except TimeoutError:
            came = Lost("timeout", seen.status, f"not in {sent.patience_ms} ms")
        except httpx.TransportError as error:
            came = Lost(_kind(error, seen), seen.status, f"{type(error).__name__}: {error}")
        return replace(came, elapsed_ms=(clock() - started) * 1000)

    async def _answer(self, sent: Sent, seen: _Seen) -> Answered:
        client = self.keeping if sent.keep_alive else self.fresh
        response = await client.send(self._request(sent, seen), stream=True)
        seen.status = response.status_code
        try:
            body = b"".join([chunk async for chunk in response.aiter_raw()])
        finally:
            await response.aclose()
        headers: dict[str, str] = {}
        for name, text in response.headers.multi_items():
            headers[name.lower()] = f"{headers[name.lower()]}, {text}" if name.lower() in headers else text
        return Answered(response.status_code, headers, body)

    def _request(self, sent: Sent, seen: _Seen) -> httpx.Request:
        url = httpx.URL(self.url).copy_with(raw_path=sent.target.encode())
        content = _pieces(sent.cut()) if sent.pieces > 1 else sent.content
        return httpx.Request(
            sent.method,
            url,
            headers=sent.headers,
            content=content,
            extensions={"trace": seen.note, "timeout": httpx.Timeout(None).as_dict()},
        )


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[HttpSender]:
    """A sender to the server at `url`, by plain HTTP; proxies that the environment names are not asked."""
    none_kept = httpx.Limits(max_keepalive_connections=0)
    # Else each client reads the machine's certificates, which takes 70 ms (measured) and is for nothing.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with (
        httpx.AsyncClient(trust_env=False, verify=tls, limits=none_kept) as fresh,
        httpx.AsyncClient(trust_env=False, verify=tls) as keeping,
    ):
        yield HttpSender(url, fresh, keeping)


@dataclass(slots=True)
class _Seen:
    """What was seen of a call before its end: the status, and whether it needed a new connection."""

    status: int | None = None
    connected: bool = False

    async def note(self, event: str, _info: object) -> None:
        self.connected = self.connected or event.startswith("connection.connect_tcp")


def _kind(error: httpx.TransportError, seen: _Seen) -> str:
    said = str(error)
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if isinstance(error, (httpx.ReadError, httpx.WriteError)):
        return "reset" if seen.connected else "closed"
    if _NOTHING in said:
        return "empty" if seen.connected else "closed"
    return "truncated" if _UNFINISHED in said else "malformed"


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
