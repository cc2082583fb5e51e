"""Target of calls: an application in this process, or an address.

Both kinds are called through `Target`, so checks see no difference. The address of a target is where the
vendor's own paths begin (`http://127.0.0.1:8080/xero`, or the vendor's own host). A socket's timeout begins
anew with every byte, so this module measures the time of the whole answer.
"""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import io
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import urllib3
from msgspec.structs import replace
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
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
from urllib3.exceptions import TimeoutError as NoAnswerInTimeError

from mockserver.codec.urls import is_loopback
from mockserver.contract.exchange import (
    ANSWERS_CAN_BE_READ,
    CallLimits,
    Exchange,
    Request,
    Response,
    TargetUnreachableError,
    UnansweredCallError,
    UnsendableCallError,
)
from mockserver.contract.safety import Identity, identify
from mockserver.model import Value
from mockserver.server.in_process import AsgiExchange, http_scope

_CLIENT_HEADERS: Mapping[str, tuple[bytes, bytes]] = MappingProxyType(
    {
        "accept": (b"Accept", b"*/*"),
        "accept-encoding": (b"Accept-Encoding", b"gzip, deflate"),
        "connection": (b"Connection", b"keep-alive"),
        "user-agent": (b"User-Agent", f"python-httpx/{httpx.__version__}".encode()),
    }
)
"""Default headers of calls, by name in lower case. A call's own header replaces the default."""

_ALWAYS_MEASURED = ("POST", "PUT", "PATCH")
"""Methods whose requests have a `Content-Length` even without a body."""

_CRASHED = 500
_KEPT_CONNECTIONS = 16
"""Maximum number of connections that stay open; further parallel calls open their own connections."""

_READ_BYTES = 1 << 16
_NO_SERVER = (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
"""Errors that are raised before a request is sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a target, and how the target is called. Names of headers are in lower case."""

    url: str
    """Without a trailing slash."""
    app: App | None = field(default=None, repr=False)
    """Application that answers in this process, or None to call `url` over the network."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Default headers of calls. A call's own header replaces the default."""
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of the user (`--header`) for every call; they replace the call's headers of these names."""
    verify_tls: bool = True
    limits: CallLimits = field(default_factory=CallLimits)


class Target:
    """Client of one address; a context manager. `pause` is called before every call, to limit the rate."""

    def __init__(self, address: Address, pause: Callable[[], None] | None = None) -> None:
        self.address = address
        self.follow: Callable[[Exchange], Exchange] | None = None
        """Completes each exchange below the address by what a job tells; None if there are no jobs."""
        self.is_paced = pause is not None
        self._pause = pause
        self._is_stopped = False
        self._slow_calls = 0
        self._identity: Identity | None = None
        self._caller = _caller(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()

    def reset(self) -> None:
        self._caller.close()
        self._caller = _caller(self.address)

    def stop(self) -> None:
        """Make every later call raise KeyboardInterrupt, so that cleaning up makes no calls."""
        self._is_stopped = True

    def always_send(self, header: str, text: str) -> None:
        """Send a header, named in lower case, with every later call, as if the user had given the header."""
        self.address = dataclasses.replace(self.address, given={**self.address.given, header: text})

    def send(self, request: Request, operation: str = "") -> Exchange:
        """Send the request.

        Raises TargetUnreachableError: no server, or too many slow calls in a row; UnansweredCallError: no
        complete HTTP answer in time; UnsendableCallError: HTTP clients cannot send the request.
        """
        return self.at_once([request], operation)[0]

    def identity(self) -> Identity:
        """Return the identity of the server. Only the first call asks the server."""
        if self._identity is None:
            self._identity = identify(self.address.url, self.send, self._at_host)
        return self._identity

    def at_control_plane(self, request: Request) -> Exchange:
        return self._at_host(replace(request, path=f"{self.identity().base}{request.path}"))

    def _at_host(self, request: Request) -> Exchange:
        parts = urlsplit(self.address.url)
        return self.at_once([request], base=f"{parts.scheme}://{parts.netloc}")[0]

    def at_once(self, requests: Sequence[Request], operation: str = "", base: str = "") -> list[Exchange]:
        """Send the requests at the same time, below `base` ("": the address). Raises the errors of `send`."""
        if self._is_stopped:
            raise KeyboardInterrupt
        full = [
            request.having(self.address.headers).overridden_by(self.address.given) for request in requests
        ]
        try:
            made = [outgoing_request(one, base or self.address.url) for one in full]
            for _ in made:
                if self._pause:
                    self._pause()
            received = self._caller.responses(made)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsendableCallError(str(error)) from error
        except TargetUnreachableError as error:
            raise self._named(error, full[0]) from error
        self._slow_calls = 0
        exchanges = [Exchange(*pair, operation) for pair in zip(full, received, strict=True)]
        return exchanges if base or self.follow is None else list(map(self.follow, exchanges))

    def _named(self, error: TargetUnreachableError, request: Request) -> TargetUnreachableError:
        """Return the error with the call in its message.

        After too many slow calls in a row, replace an UnansweredCallError by an error that ends the run.
        """
        where = request.path if self.address.app else f"{self.address.url}{request.path}"
        message = f"{request.method} {where}: {error}"
        if not isinstance(error, UnansweredCallError):
            return TargetUnreachableError(message)
        self._slow_calls = self._slow_calls + 1 if error.is_slow else 0
        if self._slow_calls >= self.address.limits.slow_calls:
            return TargetUnreachableError(f"{message}, like {self._slow_calls - 1} calls before it")
        return UnansweredCallError(message, error.check, is_slow=error.is_slow)


def _caller(address: Address) -> AppCaller | HttpCaller:
    if address.app:
        return AppCaller(address.app, address.limits)
    return HttpCaller(address)


@lru_cache(maxsize=256)
def _url(text: str) -> httpx.URL:
    """Return the parsed address. The cache helps because most calls of an operation have equal addresses."""
    return httpx.URL(text)


class OutgoingRequest(Value, frozen=True):
    """A request as it is sent, with headers in the order of sending."""

    method: str
    url: httpx.URL
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def outgoing_request(full: Request, base: str) -> OutgoingRequest:
    """Return `full` as it is sent: at its whole address below `base`, with the default headers of clients."""
    # Without the slash, a path "@host" after an address without a path would name another host.
    below = full.path if full.path.startswith(("/", "?")) or not full.path else f"/{full.path}"
    url, body = _url(base + below), full.body
    named = {name.lower() for name in full.headers}
    first: list[tuple[bytes, bytes]] = []
    last: list[tuple[bytes, bytes]] = []
    if "host" not in named and url.host:
        first.append((b"Host", url.netloc))
    if named.isdisjoint(("content-length", "transfer-encoding")) or (body and "content-length" not in named):
        if body:
            last.append((b"Content-Length", str(len(body)).encode()))
        elif full.method.upper() in _ALWAYS_MEASURED:
            first.append((b"Content-Length", b"0"))
    own = [pair for name, pair in _CLIENT_HEADERS.items() if name not in named]
    given = [
        (name.encode("latin-1"), text.encode("latin-1", "replace")) for name, text in full.headers.items()
    ]
    return OutgoingRequest(full.method.upper(), url, (*first, *own, *given, *last), body)


App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""


class AppCaller:
    """Client of one application in this process."""

    def __init__(self, app: App, limits: CallLimits) -> None:
        self._app = app
        self._limits = limits
        self._runner = asyncio.Runner()

    def responses(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        """Send requests at the same time. Return answers in request order. Raises UnansweredCallError."""
        return self._runner.run(self._together(requests))

    def close(self) -> None:
        self._runner.close()

    async def _together(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        if len(requests) == 1:
            return [await _response(self._app, requests[0], self._limits)]
        return await asyncio.gather(*(_response(self._app, request, self._limits) for request in requests))


async def _response(app: App, request: OutgoingRequest, limits: CallLimits) -> Response:
    """Return the answer of the application; a crash counts as an answer 500, as behind a server."""
    exchange = AsgiExchange([request.body], limits.body_bytes)
    try:
        async with asyncio.timeout(limits.seconds):
            status = await _ask(app, request, exchange)
    except TimeoutError:
        raise UnansweredCallError(f"no answer in {limits.seconds:g} seconds", is_slow=True) from None
    if exchange.left < 0:
        raise _unread(status, f"has more than {limits.body_bytes:,} bytes", is_slow=True)
    body = b"" if request.method == "HEAD" else b"".join(exchange.parts)
    headers = dict(httpx.Headers(exchange.headers).items())
    if body and "content-encoding" in headers:
        received = httpx.Response(status, headers=exchange.headers, stream=httpx.ByteStream(body))
        try:
            body = received.read()
        except httpx.DecodingError as error:
            raise _unread(status, "is not in the content encoding that it names") from error
    return Response(status, headers, body)


async def _ask(app: App, request: OutgoingRequest, exchange: AsgiExchange) -> int:
    """Return the status of the application's answer."""
    url = request.url
    scope = http_scope(request.method, str(url), url.raw_path.decode(), request.headers)
    try:
        await app(scope, exchange.receive, exchange.send)
    except Exception:  # noqa: BLE001 - a server would answer 500 after any exception
        return exchange.status or _CRASHED
    if not (exchange.status and exchange.is_complete.is_set()):
        raise UnansweredCallError("the application ended without an answer")
    return exchange.status


class HttpCaller:
    """Client of the server at one address. Proxies of the environment are used, except to this machine."""

    def __init__(self, address: Address) -> None:
        self._pool = _pool(httpx.URL(address.url), verify_tls=address.verify_tls)
        self._limits = address.limits

    def responses(self, requests: Sequence[OutgoingRequest]) -> list[Response]:
        """Send requests at the same time. Return answers in request order.

        Raises TargetUnreachableError: there is no server; UnansweredCallError: no complete HTTP answer in
        time; UnsendableCallError: a request cannot be sent.
        """
        if len(requests) == 1:
            return [self._response(requests[0])]
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(self._response, requests))

    def close(self) -> None:
        self._pool.clear()

    def _response(self, request: OutgoingRequest) -> Response:
        until = perf_counter() + self._limits.seconds
        try:
            received = self._pool.urlopen(
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
        headers = {name.lower(): text for name, text in received.headers.itermerged()}
        return Response(received.status, headers, self._body(received, until))

    def _body(self, received: urllib3.BaseHTTPResponse, until: float) -> bytes:
        """Read the body until its end. Raises UnansweredCallError if it is too long, too slow or broken."""
        parts: list[bytes] = []
        left, limits, failed = self._limits.body_bytes, self._limits, None
        try:
            while left >= 0 and perf_counter() <= until and (part := received.read1(_READ_BYTES)):
                parts.append(part)
                left -= len(part)
        except HTTPError as error:
            failed = _broken_off(error, received.status, limits)
        else:
            if left < 0:
                failed = _unread(received.status, f"has more than {limits.body_bytes:,} bytes", is_slow=True)
            elif perf_counter() > until:
                failed = _unread(received.status, f"did not end in {limits.seconds:g} seconds", is_slow=True)
        if failed:
            received.close()
        received.release_conn()
        if failed:
            raise failed
        return b"".join(parts)

    def _failed(self, error: HTTPError) -> TargetUnreachableError:
        if isinstance(error, _NO_SERVER):
            return TargetUnreachableError(_reason(error))
        if isinstance(error, NoAnswerInTimeError):
            return UnansweredCallError(f"no answer in {self._limits.seconds:g} seconds", is_slow=True)
        return UnansweredCallError(_reason(error))


def _unread(status: int, message: str, *, is_slow: bool = False) -> UnansweredCallError:
    return UnansweredCallError(f"the answer {status} {message}", ANSWERS_CAN_BE_READ, is_slow=is_slow)


def _broken_off(error: HTTPError, status: int, limits: CallLimits) -> UnansweredCallError:
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
    pool.pool_classes_by_scheme = _TIMED_POOLS
    return pool


def _reason(error: Exception) -> str:
    inner = error.args[-1] if isinstance(error, ProtocolError) and error.args else error
    message = str(inner)
    return message.partition(": ")[2] if isinstance(error, NewConnectionError) else message


class _TimedReader(io.RawIOBase):
    """Reader of a socket. From the moment `until` (seconds of `perf_counter`) reading raises TimeoutError."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, until: float) -> None:
        super().__init__()
        self._raw, self._connection, self._until = raw, connection, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - perf_counter()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A response that must be read within the timeout of its socket, counted from the response's creation."""

    def __init__(self, sock: socket.socket, *rest: Any, **options: Any) -> None:
        super().__init__(sock, *rest, **options)
        seconds = sock.gettimeout()
        if seconds is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_TimedReader(raw, sock, perf_counter() + seconds))


def _timed(pool: type[HTTPConnectionPool], connection: type[HTTPConnection]) -> type[HTTPConnectionPool]:
    """Return a class of pools whose connections answer with `_TimedResponse`."""
    timed = type("TimedConnection", (connection,), {"response_class": _TimedResponse})
    return type("TimedPool", (pool,), {"ConnectionCls": timed})


_TIMED_POOLS = {
    "http": _timed(HTTPConnectionPool, HTTPConnection),
    "https": _timed(HTTPSConnectionPool, HTTPSConnection),
}
