"""uvicorn's HTTP protocol, extended to give each call access to its connection.

Java's own client and `curl --http2` offer HTTP/2 in the first request of a connection. uvicorn's parser takes
what follows the head for the offered protocol; without `OfferedUpgradeProtocol` the body would be lost.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias, cast

import httptools
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mockserver.errors import MockServerError
from mockserver.server.transport_faults import CONNECTION_KEY, Connection, is_bodiless

_FRAMING = (b"content-length", b"transfer-encoding")
_HUGE_CHUNK = re.compile(rb"0*[1-9a-fA-F][0-9a-fA-F]{10}")

MAX_WAIT_S = 600
_POLL_S = 1
_CLOSE_NOTIFY_S = 0.2
_WINDOWS = "win32"
_PROTOCOL_NAMES = (
    "_start_asgi_task",
    "_unsupported_upgrade_warning",
    "connection_made",
    "connection_lost",
    "data_received",
    "on_body",
    "on_message_complete",
    "send_400_response",
    "shutdown",
)
_CYCLE_NAMES = (
    "chunked_encoding",
    "default_headers",
    "disconnected",
    "expected_content_length",
    "flow",
    "keep_alive",
    "message_event",
    "on_response",
    "response_complete",
    "response_started",
    "scope",
    "transport",
    "waiting_for_100_continue",
)
_DATE = b"date"
_HEADERS_OF_400 = ((b"content-type", b""), (b"content-length", b""))
_LENGTH = b"content-length"
_FRAMED_BY_UVICORN = frozenset({b"connection", b"transfer-encoding"})
_KNOWN_NAMES = 1024
_LOWERED_BY_LIBRARIES = (
    b"Access-Control-Allow-Credentials",
    b"Access-Control-Allow-Headers",
    b"Access-Control-Allow-Methods",
    b"Access-Control-Allow-Origin",
    b"Access-Control-Allow-Private-Network",
    b"Access-Control-Expose-Headers",
    b"Access-Control-Max-Age",
    b"Allow",
    b"Cache-Control",
    b"Connection",
    b"Content-Disposition",
    b"Content-Encoding",
    b"Content-Length",
    b"Content-Security-Policy",
    b"Content-Type",
    b"Date",
    b"Location",
    b"Mock-Journal-Dropped",
    b"Mock-Reason",
    b"Referrer-Policy",
    b"Transfer-Encoding",
    b"Vary",
    b"WWW-Authenticate",
    b"X-Accel-Buffering",
    b"X-Content-Type-Options",
)
_USUAL: Mapping[bytes, bytes] = {name.lower(): name for name in _LOWERED_BY_LIBRARIES}
"""Usual spelling of the header names that uvicorn and Starlette send in lower case."""

_BY_UVICORN = ((b"date", b""), (b"connection", b""), (b"transfer-encoding", b""))
_STOP_S = 2
"""Seconds that open calls have to end when the server stops."""


class OfferedUpgradeProtocol(HttpToolsProtocol):
    """Protocol that reads the body of a request even if the request offers another protocol.

    The connection of a request with an offer ends after the answer.
    """

    _body_start: int | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._body_start is not None:
            rest, self._body_start = data[self._body_start :], None
            self.parser = httptools.HttpRequestParser(_Body(self))
            self.parser.feed_data(self._framing_head())
            super().data_received(rest)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Store where the body begins. uvicorn calls this method after the parser's exception."""
        offered = sys.exception()
        self._body_start = offered.args[0] if isinstance(offered, httptools.HttpParserUpgrade) else None
        self.cycle.keep_alive = False

    def _framing_head(self) -> bytes:
        framing = (b"%s: %s\r\n" % header for header in self.headers if header[0] in _FRAMING)
        return b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(framing)


class _Body:
    """Callbacks of a parser that reads only one body: pass its pieces and its end to the protocol."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._is_over = False

    def on_body(self, body: bytes) -> None:
        if not self._is_over:
            self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        # Bytes after the body are not answered, because the connection ends.
        if not self._is_over:
            self._is_over = True
            self._protocol.on_message_complete()


class ProtocolError(MockServerError):
    """The installed uvicorn lacks internals that this module relies on."""


class _BufferingTransport:
    __slots__ = ("closed", "pieces")

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, octets: bytes) -> None:
        self.pieces.append(octets)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self.pieces.extend(pieces)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return False


@contextmanager
def _collect_in(
    buffer: _BufferingTransport, owner: HttpToolsProtocol | RequestResponseCycle
) -> Iterator[None]:
    transport = owner.transport
    owner.transport = cast("asyncio.Transport", buffer)
    try:
        yield
    finally:
        owner.transport = transport


class SocketConnection(Connection):
    """The socket under one call.

    A head with Content-Length is held back until its body comes, so that head and body are sent in one piece.
    (Each piece costs a system call, and the client a further read.) If anything except the whole body is
    sent, the head is sent first.
    """

    __slots__ = ("_cycle", "_head", "_protocol")

    def __init__(self, protocol: MockServerProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle
        self._head: ResponseHead | None = None

    async def send(self, message: Message) -> None:
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            # Otherwise uvicorn could wait, and others could write, while a head is collected.
            await cycle.flow.drain()
        if message["type"] == "http.response.start":
            if any(name.lower() == _DATE for name, _ in message.get("headers", ())):
                cycle.default_headers = [header for header in cycle.default_headers if header[0] != _DATE]
            if not self._keep_head(message):
                await self._send_spelled(message)
        elif not self._send_whole(message):
            self.send_head()
            await cycle.send(cast("Any", message))

    def send_head(self) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            if not self._cycle.disconnected:
                self._cycle.transport.write(head.octets)

    def _keep_head(self, message: Message) -> bool:
        """Begin the answer, but hold its head back. Return False if uvicorn must send `message`."""
        cycle, status = self._cycle, message["status"]
        if (
            cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or is_bodiless(cycle.scope["method"], status)
        ):
            return False
        self._head = head_of(status, [*cycle.default_headers, *message.get("headers", ())])
        if self._head is None:
            return False
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        cycle.chunked_encoding, cycle.expected_content_length = False, self._head.length
        return True

    def _send_whole(self, message: Message) -> bool:
        """End the answer as uvicorn does, by head and body; return False if uvicorn must send `message`."""
        cycle, head, body = self._cycle, self._head, message.get("body", b"")
        if (
            head is None
            or head.length != len(body)
            or message.get("more_body", False)
            or message["type"] != "http.response.body"
            or cycle.disconnected
        ):
            return False
        self._head = None
        cycle.transport.writelines((head.octets, body))
        cycle.expected_content_length, cycle.response_complete = 0, True
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True

    async def _send_spelled(self, message: Message) -> None:
        head = _BufferingTransport()
        with _collect_in(head, self._cycle):
            await self._cycle.send(cast("Any", message))
        if head.pieces:
            self._cycle.transport.write(spell_names(head.pieces[0], message["headers"]))

    async def wait(self, seconds: float) -> bool:
        self.send_head()
        ended, clock = self._protocol.ended, asyncio.get_running_loop().time
        end = clock() + seconds
        while not ended.is_set() and (left_s := end - clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, _POLL_S)):
                    await ended.wait()
                    break
            # A pipelined request pauses reading, and a disconnect is only noticed while reading.
            self._cycle.flow.resume_reading()
        return not ended.is_set()

    async def wait_closed(self) -> None:
        await self.wait(MAX_WAIT_S)

    async def flush(self) -> None:
        self.send_head()
        if not self._cycle.transport.is_closing():
            # With a limit of 0, TLS transports wait for a second write and never go on.
            self._cycle.transport.set_write_buffer_limits(high=1 if self._protocol.is_tls else 0)
            await self._cycle.flow.drain()

    def write(self, octets: bytes) -> None:
        self.send_head()
        if not self._cycle.transport.is_closing():
            self._cycle.transport.write(octets)

    @contextmanager
    def buffered(self) -> Iterator[None]:
        # Event loops send each piece at once, and how a client reads a broken response can depend on the
        # pieces.
        self.send_head()
        buffer = _BufferingTransport()
        try:
            with _collect_in(buffer, self._cycle):
                yield
                self.send_head()
        finally:
            self.write(b"".join(buffer.pieces))
            if buffer.closed:
                self._cycle.transport.close()

    def close(self) -> None:
        self.send_head()
        # Otherwise uvicorn would log a missing response and send a 500.
        self._cycle.disconnected = True
        self._cycle.transport.close()
        if self._protocol.ended.is_set():
            self._protocol.abort_tls_soon()

    def reset(self) -> None:
        self.send_head()
        transport = self._cycle.transport
        if not transport.is_closing():
            reset = reset_on_close(sys.platform)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            transport.abort()
        self._cycle.disconnected = True

    def close_on_next_call(self) -> None:
        self._protocol.closes_on_next_call = True

    async def wait_for_request(self, receive: Receive) -> None:
        """Wait for the end of the request, unless the client itself waits for `100 Continue`."""
        more = not self._cycle.waiting_for_100_continue
        while more:
            more = (await receive()).get("more_body", False)


class MockServerProtocol(OfferedUpgradeProtocol):
    """uvicorn's protocol for one connection; `ended` is set when the client leaves or the server stops."""

    ended: asyncio.Event
    is_tls = False
    closes_on_next_call = False
    _read_of_chunk: int | None = None
    """Number of bytes read of the open chunk if that chunk began in the newest data, else None."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        self.ended = asyncio.Event()
        self.is_tls = transport.get_extra_info("sslcontext") is not None
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Read the data. Refuse a chunk of 1 TiB or more when it begins: its sender would wait for ever."""
        self._read_of_chunk = None
        super().data_received(data)
        if self._read_of_chunk is not None:
            size_line = data[: len(data) - self._read_of_chunk].splitlines()[-1:]
            if _HUGE_CHUNK.match(b"".join(size_line)) and not self.cycle.response_started:
                self.send_400_response("Invalid HTTP request received: a chunk of 1 TiB or more.")

    def on_chunk_header(self) -> None:
        self._read_of_chunk = 0

    def on_chunk_complete(self) -> None:
        self._read_of_chunk = None

    def on_body(self, body: bytes) -> None:
        if self._read_of_chunk is not None:
            self._read_of_chunk += len(body)
        super().on_body(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self.ended.set()
        super().shutdown()
        if self.transport.is_closing():
            self.abort_tls_soon()

    def abort_tls_soon(self) -> None:
        """Abort a closing TLS connection soon, because an idle client does not answer `close_notify`."""
        if self.is_tls:
            self.loop.call_later(_CLOSE_NOTIFY_S, self.transport.abort)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        connection = SocketConnection(self, cycle)
        cycle.scope["extensions"] = {CONNECTION_KEY: connection}  # type: ignore[dict-item] # ours
        target: Any = _close_without_reply if self.closes_on_next_call else partial(_answer, app, connection)
        super()._start_asgi_task(cycle, target)

    def send_400_response(self, msg: str) -> None:
        answer = _BufferingTransport()
        with _collect_in(answer, self):
            super().send_400_response(msg)
        self.transport.write(spell_names(b"".join(answer.pieces), _HEADERS_OF_400))
        self.transport.close()


def reset_on_close(platform: str) -> bytes:
    """Return the value of SO_LINGER that makes a close send RST: on, with a timeout of 0.

    The members of C's `struct linger` are int on POSIX and short on Windows.
    """
    return struct.pack("hh" if platform == _WINDOWS else "ii", 1, 0)


def checked_protocol() -> type[MockServerProtocol]:
    """Return the protocol class. Raises ProtocolError if the installed uvicorn lacks an internal name."""
    missing = [name for name in _PROTOCOL_NAMES if not hasattr(HttpToolsProtocol, name)]
    missing += [name for name in _CYCLE_NAMES if name not in RequestResponseCycle.__init__.__code__.co_names]
    if missing:
        raise ProtocolError(f"this uvicorn has no {', '.join(missing)}: install the version that is locked")
    return MockServerProtocol


async def _answer(
    app: ASGIApp, connection: SocketConnection, scope: Scope, receive: Receive, _send: Send
) -> None:
    try:
        await app(scope, receive, connection.send)
    finally:
        connection.send_head()
        # Connection and call refer to each other: without this only the garbage collector would free them.
        scope["extensions"].pop(CONNECTION_KEY, None)


async def _close_without_reply(scope: Scope, receive: Receive, _send: Send) -> None:
    """Read the request, because unread data would turn the close into a reset; close without an answer."""
    connection: SocketConnection = scope["extensions"][CONNECTION_KEY]
    await connection.wait_for_request(receive)
    connection.close()


class ResponseHead(NamedTuple):
    octets: bytes
    length: int
    """Length of the body that the head announces."""


def head_of(status: int, headers: Sequence[tuple[bytes, bytes]]) -> ResponseHead | None:
    """Return the head of a response, names as `spelled` spells them; None if uvicorn must write the head.

    uvicorn must write a head without exactly one Content-Length, a head with a header about the connection,
    and a head that uvicorn refuses.
    """
    names, texts = zip(*headers, strict=True) if headers else ((), ())
    lines, place = _lines_of(names)
    status_line = STATUS_LINE.get(status)
    if not (lines and status_line and texts[place].isdigit()) or HEADER_VALUE_RE.search(b"".join(texts)):
        return None
    return ResponseHead(status_line + lines % texts, int(texts[place]))


@lru_cache(_KNOWN_NAMES)
def _lines_of(names: tuple[bytes, ...]) -> tuple[bytes, int]:
    """Return the lines of a head with `%b` for each text, and the place of Content-Length among `names`.

    The lines are b"" if uvicorn must write the head.
    """
    lower = [name.lower() for name in names]
    if (
        lower.count(_LENGTH) != 1
        or not _FRAMED_BY_UVICORN.isdisjoint(lower)
        or any(map(HEADER_RE.search, names))
    ):
        return b"", 0
    lines = b"".join([b"%s: %%b\r\n" % spelled(name).replace(b"%", b"%%") for name in names])
    return lines + b"\r\n", lower.index(_LENGTH)


def spell_names(head: bytes, sent: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a response with names as in `sent`, the headers of the application.

    If a name in lower case has a usual spelling, the name gets this spelling.
    """
    for name, _ in (*sent, *_BY_UVICORN):
        lower, spelled = _line_starts(name)
        head = head.replace(lower, spelled)
    return head


@lru_cache(_KNOWN_NAMES)
def _line_starts(name: bytes) -> tuple[bytes, bytes]:
    return b"\r\n%s: " % name.lower(), b"\r\n%s: " % spelled(name)


def spelled(name: bytes) -> bytes:
    return _USUAL.get(name, name)


TlsFactory: TypeAlias = Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext]


def uvicorn_config(
    app: ASGIApp | Callable[[], ASGIApp], tls: TlsFactory | None = None, **more: Any
) -> uvicorn.Config:
    """Return uvicorn's configuration. Raises ProtocolError if uvicorn lacks an internal name."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=checked_protocol(),
        timeout_graceful_shutdown=_STOP_S,
        ssl_context_factory=tls,
        **more,
    )
