"""Calls to another address: to loopback, or a host that the server was started with; nowhere else.

No proxy of the environment is asked, no redirect is followed, and an answer is read up to a limit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from mockserver.cases.wire import Answered, Lost, Sent
from mockserver.control.refusals import Impossible

MAX_ANSWER_BYTES = 10 * 1024 * 1024
_SCHEMES = ("http", "https")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Sends to other addresses; `hosts` are allowed beside loopback."""

    hosts: tuple[str, ...] = ()

    def address(self, text: str) -> httpx.URL:
        """The address that `text` spells, without a slash at its end.

        Raises:
            Impossible: it is none that may be called.
        """
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            raise Impossible("/to", f"{text} is no address", "write http://127.0.0.1:9000/vendor") from None
        is_plain = not (url.userinfo or url.query or url.fragment) and (url.port or 0) <= _MAX_PORT
        if url.scheme not in _SCHEMES or not url.host or not is_plain:
            raise Impossible(
                "/to",
                f"{text} is no plain http address",
                "name a host and a port at most, leave out user, query and fragment",
            )
        if not self._allows(url.host):
            cure = f"start the server with --allow-replay-to {url.host}"
            raise Impossible("/to", f"{url.host} is neither loopback nor allowed", cure)
        return url

    async def send(self, to: httpx.URL, sent: Sent) -> Answered | Lost:
        """The answer of the address below which the request's target goes, or how it was lost."""
        target = to.raw_path.decode().rstrip("/") + sent.target
        request = httpx.Request(
            sent.method,
            to.copy_with(raw_path=target.encode("latin-1", "replace")),
            headers=[(name.encode(), text.encode("latin-1", "replace")) for name, text in sent.headers],
            content=sent.content,
        )
        status: int | None = None
        try:
            async with asyncio.timeout(sent.patience_ms / 1000), httpx.AsyncClient(trust_env=False) as client:
                response = await client.send(request, stream=True)
                status = response.status_code
                return await _read(response)
        except TimeoutError:
            return Lost("timeout", status, f"not in {sent.patience_ms} ms")
        except httpx.ConnectError as error:
            return Lost("refused", None, f"{type(error).__name__}: {error}")
        except httpx.TransportError as error:
            return Lost(
                "reset" if status is None else "truncated", status, f"{type(error).__name__}: {error}"
            )

    def _allows(self, host: str) -> bool:
        if host in (*self.hosts, "localhost"):
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


async def _read(response: httpx.Response) -> Answered | Lost:
    """The answer, if it is not too long."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                return Lost("truncated", response.status_code, f"over {MAX_ANSWER_BYTES:,} bytes")
    except httpx.DecodingError as error:
        return Lost("malformed", response.status_code, str(error))
    finally:
        await response.aclose()
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Answered(response.status_code, headers, bytes(body))
