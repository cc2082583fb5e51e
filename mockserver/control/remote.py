"""HTTP client for replays to other addresses: loopback and allowed hosts only."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.codec.deferred import DeferredModule
from mockserver.codec.hosts import is_loopback
from mockserver.control.cases.transport import LostResponse, Request, Response
from mockserver.control.control_call import UnprocessableMemberError

if TYPE_CHECKING:
    import httpx
else:
    httpx = DeferredModule("httpx")

MAX_RESPONSE_BYTES = 10 * 1024 * 1024
_SCHEMES = ("http", "https")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class RemoteClient:
    """HTTP client for addresses on loopback and on `hosts`."""

    hosts: tuple[str, ...] = ()

    def address(self, text: str) -> httpx.URL:
        """Return the address that `text` spells.

        Raises:
            UnprocessableMemberError: it is not a plain http address, or its host is not allowed.
        """
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            raise UnprocessableMemberError(
                "/to", f"{text} is not an address", "write http://127.0.0.1:9000/vendor"
            ) from None
        is_plain = not (url.userinfo or url.query or url.fragment) and (url.port or 0) <= _MAX_PORT
        if url.scheme not in _SCHEMES or not url.host or not is_plain:
            raise UnprocessableMemberError(
                "/to",
                f"{text} is not a plain http address",
                "name a host and a port at most, leave out user, query and fragment",
            )
        if not self._allows(url.host):
            cure = f"start the server with --allow-replay-to {url.host}"
            raise UnprocessableMemberError("/to", f"{url.host} is neither loopback nor allowed", cure)
        return url

    async def send(self, to: httpx.URL, request: Request) -> Response | LostResponse:
        """Send the request to its target below `to`; return the response, or how it was lost."""
        target = to.raw_path.decode().rstrip("/") + request.target
        outgoing = httpx.Request(
            request.method,
            to.copy_with(raw_path=target.encode("latin-1", "replace")),
            headers=[(name.encode(), text.encode("latin-1", "replace")) for name, text in request.headers],
            content=request.content,
        )
        status: int | None = None
        # Reading the machine's certificates takes 20 ms at least, without any use for plain HTTP.
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if to.scheme == "http" else True
        try:
            async with (
                asyncio.timeout(request.timeout_ms / 1000),
                httpx.AsyncClient(trust_env=False, verify=tls) as client,
            ):
                response = await client.send(outgoing, stream=True)
                status = response.status_code
                return await _read_response(response)
        except TimeoutError:
            return LostResponse("timeout", status, f"not in {request.timeout_ms} ms")
        except httpx.ConnectError as error:
            return LostResponse("refused", None, f"{type(error).__name__}: {error}")
        except httpx.TransportError as error:
            return LostResponse(
                "reset" if status is None else "truncated", status, f"{type(error).__name__}: {error}"
            )

    def _allows(self, host: str) -> bool:
        return host in self.hosts or is_loopback(host)


async def _read_response(response: httpx.Response) -> Response | LostResponse:
    """Return the response, or a lost one if it is too long."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                return LostResponse("truncated", response.status_code, f"over {MAX_RESPONSE_BYTES:,} bytes")
    except httpx.DecodingError as error:
        return LostResponse("malformed", response.status_code, str(error))
    finally:
        await response.aclose()
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Response(response.status_code, headers, bytes(body))
