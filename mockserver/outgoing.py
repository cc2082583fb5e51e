"""The one door through which this server calls other servers: which hosts it may call, and sending.

A call goes to loopback, or to a host that the operator names (`--allow-remote`), and never to this server
itself. A name is resolved once for each connection, and the connection goes to an address that was checked,
so that a second answer of DNS changes nothing. No redirect is followed, no call is repeated, proxies of the
environment are ignored.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import field

from mockserver.codec.deferred import DeferredModule
from mockserver.codec.urls import has_parent_segment, host_key, is_loopback, judged_address
from mockserver.errors import MockServerError
from mockserver.model import Value

if TYPE_CHECKING:
    import httpcore
    import httpx
else:
    httpcore, httpx = DeferredModule("httpcore"), DeferredModule("httpx")

ALLOW_OPTION = "--allow-remote"
HOP_HEADERS = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te"}
    | {b"trailer", b"transfer-encoding", b"upgrade"}
)
"""Headers of one connection (RFC 9110 §7.6.1), which no call and no answer takes along."""

TIMEOUT_S = 60.0
_CONNECT_S = 10.0
_IDLE_S = 0.5
"""Seconds after which an idle connection is not used again. Servers close one after 2 s (gunicorn) or 5 s
(Node, uvicorn), and a call that is sent meanwhile is lost."""

_MAX_CONNECTIONS = 200
_MAX_PORT = 65_535
INCOMPLETE_BODY = "without sending complete message body"
NO_RESPONSE = "without sending a response"
"""What the client library says of an answer that ends too early, or does not begin."""

_REFUSING_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE", "ACCESS_DENIED")
"""Parts of the names of TLS alerts by which a server refuses a client before it reads the call."""

_NO_CERTIFICATE = "over TLS, a server that wants a client certificate may end a call so"
_OTHER_SERVER = "give the address of another server, or let this one listen at another --port"

_UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104 - called, where it means this machine
_CREDENTIAL_PLACES = frozenset(
    map(ip_address, ("fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200", "192.0.0.192"))
)
"""Where AWS, Google, Azure, Alibaba and Oracle keep credentials, besides the link-local 169.254.169.254."""

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]
_Pools: TypeAlias = "dict[tuple[str, bool], httpcore.AsyncConnectionPool]"


class AddressError(MockServerError):
    """A text is no address of a server: `http` or `https`, host, port and path, and nothing else."""

    def __init__(self, what: str, cure: str = "write http://127.0.0.1:9000/vendor") -> None:
        super().__init__(what)
        self.cure = cure


class HostNotAllowedError(MockServerError):
    """The host is neither loopback nor allowed, or leads to this server, or where no remote host is."""

    def __init__(self, host: str, detail: str = "is neither loopback nor allowed", cure: str = "") -> None:
        super().__init__(f"{host} {detail}")
        self.host, self.cure = host, cure or f"start the server with {ALLOW_OPTION} {host}"


class LostAnswerError(MockServerError):
    """No whole answer came; `kind` is one of `LOSS_KINDS` of control/http_client.py."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind, self.detail = kind, detail


class OutgoingCall(Value, frozen=True):
    """A call to another server."""

    method: str
    to: str
    """Address of the server, with or without a path."""
    target: str
    """Path below the address, and query, as they are sent."""
    headers: RawHeaders = ()
    """Headers without those of the connection; Host and Content-Length are added if they are missing."""
    content: bytes = b""
    timeout_s: float = TIMEOUT_S
    """Maximum time until the answer begins, and between two pieces of its body."""
    keep_alive: bool = False
    """Whether to use a connection that an earlier such call left open."""


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Return the headers without those of one connection, some of which `Connection` may name."""
    named = b",".join([text for name, text in headers if name.lower() == b"connection"]).lower()
    left_out = HOP_HEADERS.union(map(bytes.strip, named.split(b","))) if named else HOP_HEADERS
    return tuple([one for one in headers if one[0].lower() not in left_out])


class IncomingAnswer(Value, frozen=True):
    """The head of an answer, and its body, which is read as it comes."""

    status: int
    headers: RawHeaders
    """All headers but those of the connection, as they were spelled and in their order."""
    chunks: AsyncIterator[bytes]
    """Pieces of the body without decoding. Raises LostAnswerError."""

    async def read(self, most_bytes: int) -> bytes:
        """Return the whole body. Raises LostAnswerError, also if the body has over `most_bytes` bytes."""
        body = bytearray()
        async for chunk in self.chunks:
            body += chunk
            if len(body) > most_bytes:
                raise LostAnswerError("truncated", f"over {most_bytes:,} bytes")
        return bytes(body)


@lru_cache(64)
def read_address(text: str) -> httpx.URL:
    """Parse an address. Raises AddressError if `text` is not http(s) with only host, port and path."""
    try:
        url = httpx.URL(text)
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError) as error:  # IDNA raises ValueError
        raise AddressError(f"not an address: {error}") from None
    if url.scheme not in ("http", "https"):
        raise AddressError("expected http:// or https:// and a host")
    if not host:
        raise AddressError("there is no host in the address")
    if port is not None and not 1 <= port <= _MAX_PORT:
        raise AddressError(f"the port is not one of 1 to {_MAX_PORT}")
    if url.userinfo or url.query or url.fragment:
        raise AddressError("leave out user, query and fragment of the address")
    return url


class Door(Value, frozen=True, eq=False):
    """The client that makes all outgoing calls of a server. Each event loop has its own connections."""

    hosts: tuple[str, ...] = ()
    """Allowed hosts besides loopback."""
    own: list[tuple[str, int]] = field(default_factory=list)
    """Address and port of each place where this server listens, with all its workers."""
    _pools: dict[object, tuple[AsyncGenerator[None], _Pools]] = field(default_factory=dict)

    def check(self, address: str) -> httpx.URL:
        """Parse the address of a server that may be called. Raises AddressError; HostNotAllowedError."""
        url = read_address(address)
        host = host_key(url.host) or url.host
        if not _is_here(host) and {host, url.raw_host.decode()}.isdisjoint(map(host_key, self.hosts)):
            raise HostNotAllowedError(url.host)
        return url

    def check_other(self, address: str) -> None:
        """Raise HostNotAllowedError if the address leads to this server, and whatever `check` raises."""
        url = self.check(address)
        with suppress(OSError, UnicodeError):
            if (port := _port(url)) in [one for _, one in self.own]:
                _check_not_own(self.own, url.host, port, socket.getaddrinfo(url.host, port))

    def locate(self, url: str) -> tuple[str, str]:
        """Return server and target of a URL, which may have a query. Raises as `check` does."""
        if not url.isascii() or not url.isprintable() or {" ", "#"} & {*url}:
            raise AddressError("a URL has no fragment, and its spaces and special characters are escaped")
        address, mark, query = url.partition("?")
        found = self.check(address)
        return str(found.join("/")), f"{found.raw_path.decode()}{mark}{query}"

    @asynccontextmanager
    async def call(self, call: OutgoingCall) -> AsyncIterator[IncomingAnswer]:
        """Send the call and yield the answer.

        Raises AddressError, HostNotAllowedError: nothing was sent; LostAnswerError: the call may have had its
        effect.
        """
        url = self.check(call.to)
        if has_parent_segment(call.target):
            raise AddressError("a segment .. of the path may lead out of the base path", "leave it out")
        timeout = {"connect": _CONNECT_S, "read": call.timeout_s, "write": call.timeout_s, "pool": _CONNECT_S}
        target = url.raw_path.rstrip(b"/") + call.target.encode("latin-1", "replace")
        request = httpcore.Request(
            call.method.encode(),
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=_port(url), target=target or b"/"),
            headers=[*_framing(call, url), *call.headers],
            content=call.content,
            extensions={"timeout": timeout},
        )
        pool = await self._pool(url.scheme, call.keep_alive)
        with _as_lost_answer(has_begun=False, is_tls=url.scheme == "https"):
            response = await pool.handle_async_request(request)
        try:
            yield IncomingAnswer(response.status, end_to_end(response.headers), _chunks(response))
        finally:
            await response.aclose()

    async def _pool(self, *kind: Any) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = self._until_end(loop), {}
            await anext(self._pools[loop][0])
        pools = self._pools[loop][1]
        if kind not in pools:
            scheme, keep_alive = kind
            network: Any = _CheckedNetwork(httpcore.AnyIOBackend(), self.own)
            pools[kind] = httpcore.AsyncConnectionPool(
                # Reading the machine's certificates takes 20 ms at least, and plain HTTP does not need them.
                None if scheme == "http" else ssl.create_default_context(),
                max_connections=_MAX_CONNECTIONS,
                max_keepalive_connections=_MAX_CONNECTIONS if keep_alive else 0,
                keepalive_expiry=_IDLE_S,
                network_backend=network,
            )
        return pools[kind]

    async def _until_end(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
        """Close the connections of an event loop, which closes its generators when it ends."""
        try:
            yield
        finally:
            for pool in self._pools.pop(loop)[1].values():
                await pool.aclose()


class _CheckedNetwork(Value, frozen=True):
    """Network that resolves a name once, and connects to the first address that the name may have."""

    network: httpcore.AsyncNetworkBackend
    own: list[tuple[str, int]]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
        **options: Any,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise LostAnswerError("refused", f"{host} has no address: {error}") from None
        addresses = _check_not_own(self.own, host, port, found)
        allowed = [one for one in addresses if _may_be_address(host, one)]
        if not allowed:
            detail = f"leads to {', '.join(addresses)}, which is no address for it"
            raise HostNotAllowedError(host, detail, f"check what DNS answers for {host}")
        for address in allowed[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self.network.connect_tcp(address, port, timeout, **options)
        return await self.network.connect_tcp(allowed[-1], port, timeout, **options)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_here(host: str) -> bool:
    return is_loopback(host) or host in _UNSPECIFIED


def _check_not_own(own: list[tuple[str, int]], host: str, port: int, found: Iterable[Any]) -> list[str]:
    """Return the addresses that were found. Raises HostNotAllowedError if this server listens at one."""
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        if any(port == at and _covers(listening, address) for listening, at in tuple(own)):
            detail = f"is this server itself, at {address} port {port}"
            raise HostNotAllowedError(host, detail, _OTHER_SERVER)
    return addresses


def _covers(listening: str, address: str) -> bool:
    """Return whether a server that listens at an address answers calls to `address`, at the same port."""
    here, there = judged_address(listening), judged_address(address)
    if here.is_unspecified:
        return there.is_unspecified or _is_of_this_machine(address) or _is_of_this_machine(str(there))
    return here == there or (there.is_unspecified and here.is_loopback)


def _is_of_this_machine(address: str) -> bool:
    """Return whether the address is one of this machine, because only to such an address a socket binds."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return True
    return False


def _may_be_address(host: str, address: str) -> bool:
    """Return whether a connection to `host` may go to `address`.

    A name of loopback leads to loopback alone. A remote name leads to no address of loopback or of this link,
    and to none where clouds keep credentials, such as 169.254.169.254. A host that is an address is that
    address.
    """
    if _is_here(host):
        return _is_here(address)
    with suppress(ValueError):
        return ip_address(host) == ip_address(address)
    both = ip_address(address.partition("%")[0]), judged_address(address)
    is_near = any(one.is_loopback or one.is_link_local or one.is_multicast for one in both)
    return not (is_near or both[1].is_unspecified or both[1] in _CREDENTIAL_PLACES)


def _framing(call: OutgoingCall, url: httpx.URL) -> Iterable[tuple[bytes, bytes]]:
    """Yield Host and Content-Length, if the call lacks them and needs them."""
    names = {name.lower() for name, _ in call.headers}
    if b"host" not in names:
        yield b"Host", url.netloc
    if b"content-length" not in names and (call.content or call.method in ("POST", "PUT", "PATCH")):
        yield b"Content-Length", b"%d" % len(call.content)


async def _chunks(response: httpcore.Response) -> AsyncIterator[bytes]:
    with _as_lost_answer(has_begun=True):
        async for chunk in response.aiter_stream():
            yield chunk
    await response.aclose()  # lets other calls have the connection at once


@contextmanager
def _as_lost_answer(*, has_begun: bool, is_tls: bool = False) -> Iterator[None]:
    """Raise LostAnswerError in place of the client library's errors."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
        raise LostAnswerError("refused", str(error) or "no connection came about") from error
    except httpcore.TimeoutException as error:
        raise LostAnswerError("timeout", str(error)) from error
    except httpcore.NetworkError as error:
        detail = str(error) or (_NO_CERTIFICATE if is_tls else "")
        raise LostAnswerError("reset", detail) from error
    except ssl.SSLError as error:
        is_refused = not has_begun and any(one in (error.reason or "") for one in _REFUSING_ALERTS)
        kind = "refused" if is_refused else "truncated" if has_begun else "malformed"
        raise LostAnswerError(kind, f"TLS: {error}") from error
    except httpcore.ProtocolError as error:
        message = str(error)
        incomplete = "truncated" if INCOMPLETE_BODY in message or has_begun else "malformed"
        raise LostAnswerError("empty" if NO_RESPONSE in message else incomplete, message) from error
