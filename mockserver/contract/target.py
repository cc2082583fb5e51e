"""Target of calls: an application in this process, or an address.

Both are called through one client, so that a check sees no difference. A target stands where the vendor's
own paths begin (`http://127.0.0.1:8080/xero`, the vendor's own host).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from mockserver.codec.hosts import is_loopback
from mockserver.contract.asgi_calls import App, call_app
from mockserver.contract.exchange import Exchange, Request, Response

_PATIENCE_SECONDS = 30


class TargetUnreachableError(Exception):
    """The target did not answer; the text says how it failed."""


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a target: `url` without a trailing slash; `app` answers in process if given.

    `headers` go with every call that does not have its own: credentials, a sandbox's name.
    """

    url: str
    app: App | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify_tls: bool = True


class Target:
    """An address that is called. Use it as a context; `pause` is awaited before every call (a rate limit)."""

    def __init__(self, address: Address, pause: Callable[[], Awaitable[None]] | None = None) -> None:
        self.address = address
        self._pause = pause
        self._is_stopped = False
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            timeout=_PATIENCE_SECONDS,
            follow_redirects=False,
            trust_env=not (address.app or is_loopback(httpx.URL(address.url).host)),
            verify=address.verify_tls,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def stop(self) -> None:
        """From now on every call ends as Ctrl-C does: who cleans up after that one makes none."""
        self._is_stopped = True

    def send(self, request: Request, operation: str = "") -> Exchange:
        """Return what the request is answered.

        Raises:
            TargetUnreachableError: nothing answers, or not in 30 s.
        """
        return self._runner.run(self._sent(request, operation))

    def at_once(self, requests: Sequence[Request], operation: str = "") -> list[Exchange]:
        """Return what requests that are under way at the same time are answered, in their order.

        Raises:
            TargetUnreachableError: as `send`.
        """
        return self._runner.run(self._together(requests, operation))

    def at_origin(self, request: Request) -> Exchange:
        """Return the response to a request whose path begins at the host, not at the target's mount.

        Raises:
            TargetUnreachableError: as `send`.
        """
        parts = urlsplit(self.address.url)
        return self._runner.run(self._sent(request, "", f"{parts.scheme}://{parts.netloc}"))

    async def _together(self, requests: Sequence[Request], operation: str) -> list[Exchange]:
        return await asyncio.gather(*(self._sent(one, operation) for one in requests))

    async def _sent(self, request: Request, operation: str, base: str = "") -> Exchange:
        if self._is_stopped:
            raise KeyboardInterrupt
        if self._pause:
            await self._pause()
        full = request.having(self.address.headers)
        # Behind an address without a path "@host" would be another host.
        below = full.path if full.path.startswith(("/", "?")) or not full.path else f"/{full.path}"
        try:
            made = self._client.build_request(
                full.method,
                (base or self.address.url) + below,
                headers=[(name.encode("latin-1"), _octets(text)) for name, text in full.headers.items()],
                content=full.body or None,
            )
            app = self.address.app
            came = await (call_app(app, made) if app else self._client.send(made))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            where = full.path if self.address.app else f"{self.address.url}{full.path}"
            reason = str(error) or type(error).__name__
            raise TargetUnreachableError(f"{full.method} {where}: {reason}") from error
        headers = {name.lower(): text for name, text in came.headers.items()}
        return Exchange(full, Response(came.status_code, headers, came.content), operation)


def _octets(text: str) -> bytes:
    """Return a header's text on the wire, which knows no characters beyond Latin-1."""
    return text.encode("latin-1", "replace")
