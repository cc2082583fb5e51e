"""HTTP client for replays to other addresses: loopback and allowed hosts only."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.codec.deferred import DeferredModule
from mockserver.codec.hosts import is_loopback
from mockserver.control.cases.transport import LostResponse, Request, Response
from mockserver.control.control_call import MalformedMemberError, UnprocessableMemberError

if TYPE_CHECKING:
    import httpx
else:
    httpx = DeferredModule("httpx")

MAX_RESPONSE_BYTES = 10 * 1024 * 1024
_SCHEMES = ("http", "https")
_MAX_PORT = 65_535
_EXAMPLE = "write http://127.0.0.1:9000/vendor"


@dataclass(frozen=True, slots=True)
class RemoteClient:
    """HTTP client for addresses on loopback and on `hosts`."""

    hosts: tuple[str, ...] = ()

    def address(self, text: str) -> httpx.URL:
        """Return the address that `text` spells.

        Raises:
            MalformedMemberError: it is not a plain http address.
            UnprocessableMemberError: its host is not allowed.
        """
        try:
            url = httpx.URL(text)
            host = url.host
        except (httpx.InvalidURL, ValueError) as error:  # IDNA's errors are of the second kind
            raise MalformedMemberError("/to", f"not an address: {error}", _EXAMPLE) from None
        wrong = _why_not_plain(url)
        if wrong:
            raise MalformedMemberError("/to", wrong, _EXAMPLE)
        if not self._allows(host):
            cure = f"start the server with --allow-replay-to {host}"
            raise UnprocessableMemberError("/to", f"{host} is neither loopback nor allowed", cure)
        return url

    async def send(self, to: httpx.URL, request: Request) -> Response | LostResponse:
        """Send the request to its target below `to`; return the response, or how it was lost."""
        target = to.raw_path.decode().rstrip("/") + request.target
        headers = [(name.encode(), text.encode("latin-1", "replace")) for name, text in request.headers]
        status: int | None = None
        # Reading the machine's certificates takes 20 ms at least, without any use for plain HTTP.
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if to.scheme == "http" else True
        try:
            async with (
                asyncio.timeout(request.timeout_ms / 1000),
                httpx.AsyncClient(trust_env=False, verify=tls) as client,
            ):
                url = to.copy_with(raw_path=target.encode("latin-1", "replace"))
                outgoing = httpx.Request(request.method, url, headers=headers, content=request.content)
                response = await client.send(outgoing, stream=True)
                status = response.status_code
                return await _read_response(response)
        except TimeoutError:
            return LostResponse("timeout", status, f"not in {request.timeout_ms} ms")
        except (httpx.ConnectError, httpx.InvalidURL) as error:
            return LostResponse("refused", None, f"{type(error).__name__}: {error}")
        except httpx.TransportError as error:
            return LostResponse(
                "reset" if status is None else "truncated", status, f"{type(error).__name__}: {error}"
            )

    def _allows(self, host: str) -> bool:
        return host in self.hosts or is_loopback(host)


def _why_not_plain(url: httpx.URL) -> str:
    """Return why an address is not a scheme, a host, perhaps a port, and a path; "" if it is."""
    if url.scheme not in _SCHEMES:
        return "expected http:// or https:// and a host"
    if not url.host:
        return "there is no host in the address"
    if url.port is not None and not 1 <= url.port <= _MAX_PORT:
        return f"the port is not one of 1 to {_MAX_PORT}"
    if url.userinfo or url.query or url.fragment:
        return "leave out user, query and fragment of the address"
    return ""


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
