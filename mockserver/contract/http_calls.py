"""Call a server over HTTP, by connections that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from urllib.request import getproxies, proxy_bypass

import httpx
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as NoAnswerInTimeError,
)

from mockserver.codec.hosts import is_loopback
from mockserver.contract.answer_deadline import TIMED_POOLS
from mockserver.contract.call_limits import (
    ANSWERS_CAN_BE_READ,
    CallLimits,
    TargetUnreachableError,
    UnansweredCallError,
    UnsendableCallError,
)
from mockserver.contract.exchange import Response
from mockserver.contract.outgoing import OutgoingRequest

_KEPT_CONNECTIONS = 16
"""More calls than these at once open connections of their own."""

_READ_BYTES = 1 << 16
_NO_SERVER = (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
"""Errors that come before a request is sent."""


class HttpCaller:
    """Calls the server at one address; proxies of the environment are used unless it is this machine."""

    def __init__(
        self,
        url: str,
        *,
        verify_tls: bool,
        limits: CallLimits | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._pool = _pool(httpx.URL(url), verify_tls=verify_tls)
        self._limits = limits or CallLimits()
        self._clock = clock

    def responses(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        """Return what requests that are under way at the same time are answered, in their order.

        Raises:
            TargetUnreachableError: there is no server.
            UnansweredCallError: one of them is not answered whole, in time and as HTTP has it.
            UnsendableCallError: one of them cannot be sent.
        """
        if len(requests) == 1:
            return [self._response(requests[0])]
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(self._response, requests))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _response(self, request: OutgoingRequest) -> Response:
        until = self._clock() + self._limits.seconds
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
                timeout=self._limits.seconds,
                preload_content=False,
            )
        except HTTPError as error:
            raise self._failed(error) from error
        except ValueError as error:
            raise UnsendableCallError(str(error)) from error
        headers = {name.lower(): text for name, text in came.headers.itermerged()}
        return Response(came.status, headers, self._body(came, until))

    def _body(self, came: urllib3.BaseHTTPResponse, until: float) -> bytes:
        """Return the body, read as it comes: neither its length nor its time may be without end."""
        parts: list[bytes] = []
        left, limits, failed = self._limits.body_bytes, self._limits, None
        try:
            while left >= 0 and self._clock() <= until and (part := came.read1(_READ_BYTES)):
                parts.append(part)
                left -= len(part)
        except HTTPError as error:
            failed = _broken_off(error, came.status, limits)
        else:
            if left < 0:
                failed = _unread(came.status, f"has more than {limits.body_bytes:,} bytes", is_slow=True)
            elif self._clock() > until:
                failed = _unread(came.status, f"did not end in {limits.seconds:g} seconds", is_slow=True)
        if failed:
            came.close()
        came.release_conn()
        if failed:
            raise failed
        return b"".join(parts)

    def _failed(self, error: HTTPError) -> TargetUnreachableError:
        """Return the error of a call that has no status."""
        if isinstance(error, _NO_SERVER):
            return TargetUnreachableError(_reason(error))
        if isinstance(error, NoAnswerInTimeError):
            return UnansweredCallError(f"no answer in {self._limits.seconds:g} seconds", is_slow=True)
        return UnansweredCallError(_reason(error))


def _unread(status: int, said: str, *, is_slow: bool = False) -> UnansweredCallError:
    return UnansweredCallError(f"the answer {status} {said}", ANSWERS_CAN_BE_READ, is_slow=is_slow)


def _broken_off(error: HTTPError, status: int, limits: CallLimits) -> UnansweredCallError:
    """Return the error of an answer whose body cannot be read whole."""
    if isinstance(error, NoAnswerInTimeError):
        return _unread(status, f"did not end in {limits.seconds:g} seconds", is_slow=True)
    if isinstance(error, DecodeError):
        return _unread(status, "is not in the content encoding that it names")
    return _unread(status, f"is cut: {_reason(error)}")


def _pool(url: httpx.URL, *, verify_tls: bool) -> urllib3.PoolManager:
    tls = httpx.create_ssl_context(verify=verify_tls) if url.scheme == "https" else None
    proxies = {} if is_loopback(url.host) or proxy_bypass(url.host) else getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if proxy:
        pool: urllib3.PoolManager = urllib3.ProxyManager(proxy, maxsize=_KEPT_CONNECTIONS, ssl_context=tls)
    else:
        pool = urllib3.PoolManager(maxsize=_KEPT_CONNECTIONS, ssl_context=tls)
    pool.pool_classes_by_scheme = TIMED_POOLS
    return pool


def _reason(error: Exception) -> str:
    """Return why there is no answer, without the objects of the library."""
    inner = error.args[-1] if isinstance(error, ProtocolError) and error.args else error
    said = str(inner)
    return said.partition(": ")[2] if isinstance(error, NewConnectionError) else said
