"""Call a server over HTTP, by connections that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.request import getproxies, proxy_bypass

import httpx
import urllib3
from urllib3.exceptions import (
    HTTPError,
    NewConnectionError,
    ProtocolError,
)
from urllib3.exceptions import (
    TimeoutError as NoAnswerInTimeError,
)

from mockserver.codec.hosts import is_loopback
from mockserver.contract.exchange import Response
from mockserver.contract.outgoing import OutgoingRequest

_PATIENCE_SECONDS = 30
_KEPT_CONNECTIONS = 16
"""More calls than these at once open connections of their own."""


class HttpCaller:
    """Calls the server at one address; proxies of the environment are used unless it is this machine."""

    def __init__(self, url: str, *, verify_tls: bool) -> None:
        self._pool = _pool(httpx.URL(url), verify_tls=verify_tls)

    def responses(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        """Return what requests that are under way at the same time are answered, in their order.

        Raises:
            TransportError: the server does not answer one of them, or not in 30 s.
        """
        if len(requests) == 1:
            return [self._response(requests[0])]
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(self._response, requests))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _response(self, request: OutgoingRequest) -> Response:
        try:
            came = self._pool.urlopen(
                request.method,
                str(request.url),
                body=request.body or None,
                headers=urllib3.HTTPHeaderDict(
                    (name.decode("latin-1"), text.decode("latin-1")) for name, text in request.headers
                ),
                redirect=False,
                retries=False,
                timeout=_PATIENCE_SECONDS,
            )
        except (HTTPError, ValueError) as error:
            raise httpx.TransportError(_reason(error)) from error
        headers = {name.lower(): text for name, text in came.headers.itermerged()}
        return Response(came.status, headers, came.data)


def _pool(url: httpx.URL, *, verify_tls: bool) -> urllib3.PoolManager:
    tls = httpx.create_ssl_context(verify=verify_tls) if url.scheme == "https" else None
    proxies = {} if is_loopback(url.host) or proxy_bypass(url.host) else getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=_KEPT_CONNECTIONS, ssl_context=tls)
    return urllib3.PoolManager(maxsize=_KEPT_CONNECTIONS, ssl_context=tls)


def _reason(error: Exception) -> str:
    """Return why there is no answer, without the objects of the library."""
    if isinstance(error, NoAnswerInTimeError) and not isinstance(error, NewConnectionError):
        return f"no answer in {_PATIENCE_SECONDS} seconds"
    inner = error.args[-1] if isinstance(error, ProtocolError) and error.args else error
    said = str(inner)
    return said.partition(": ")[2] if isinstance(error, NewConnectionError) else said
