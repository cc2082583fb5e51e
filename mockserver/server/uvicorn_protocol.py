"""uvicorn's HTTP protocol, extended to give each call access to its connection."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockserver.errors import MockServerError
from mockserver.server.connection import CONNECTION_KEY
from mockserver.server.header_spelling import spell_names

MAX_WAIT_S = 600
_POLL_S = 1
_GOODBYE_S = 0.2
_WINDOWS = "win32"
_PROTOCOL_NAMES = (
    "_start_asgi_task",
    "connection_made",
    "connection_lost",
    "send_400_response",
    "shutdown",
)
_CYCLE_NAMES = ("disconnected", "flow", "transport", "waiting_for_100_continue")


_HEADERS_OF_400 = ((b"content-type", b""), (b"content-length", b""))


class ProtocolError(MockServerError):
    """The installed uvicorn lacks internals that this module relies on."""


class _BufferingTransport:
    """Transport that collects what uvicorn and the connection write."""

    __slots__ = ("closed", "pieces")

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, octets: bytes) -> None:
        self.pieces.append(octets)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return False


@contextmanager
def _collect_in(
    buffer: _BufferingTransport, owner: HttpToolsProtocol | RequestResponseCycle
) -> Iterator[None]:
    """Collect in `buffer` what `owner` writes in the context."""
    transport = owner.transport
    owner.transport = cast("asyncio.Transport", buffer)
    try:
        yield
    finally:
        owner.transport = transport


class _SpellingSend:
    """Wrapper of `send` that keeps the spelling of header names."""

    __slots__ = ("_cycle", "_send")

    def __init__(self, cycle: RequestResponseCycle, send: Send) -> None:
        self._cycle, self._send = cycle, send

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            await self._send(message)
            return
        cycle, head = self._cycle, _BufferingTransport()
        if cycle.flow.write_paused and not cycle.disconnected:
            # So that uvicorn does not wait, and nobody else writes, while the head is collected.
            await cycle.flow.drain()
        transport, cycle.transport = cycle.transport, head  # type: ignore[assignment] # what it writes is sent below
        try:
            await self._send(message)
        finally:
            cycle.transport = transport
        if head.pieces:
            transport.write(spell_names(head.pieces[0], message["headers"]))


class SocketConnection:
    """The socket under one call; implements `Connection`."""

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: MockServerProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    async def wait(self, seconds: float) -> bool:
        """Wait for `seconds` or until the connection ends; return whether it is still open."""
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
        """Wait until the connection ends, for ten minutes at most."""
        await self.wait(MAX_WAIT_S)

    async def flush(self) -> None:
        """Wait until all written bytes are handed to the operating system."""
        if not self._cycle.transport.is_closing():
            # With a limit of 0, TLS transports wait for a second write and never go on.
            self._cycle.transport.set_write_buffer_limits(high=1 if self._protocol.is_tls else 0)
            await self._cycle.flow.drain()

    def write(self, octets: bytes) -> None:
        """Send bytes without uvicorn's own framing."""
        if not self._cycle.transport.is_closing():
            self._cycle.transport.write(octets)

    @contextmanager
    def buffered(self) -> Iterator[None]:
        """Collect everything written in the context, including a close, and send it in one piece.

        Event loops send each piece at once, and how a client reads a broken response can depend on the
        pieces.
        """
        buffer = _BufferingTransport()
        try:
            with _collect_in(buffer, self._cycle):
                yield
        finally:
            self.write(b"".join(buffer.pieces))
            if buffer.closed:
                self._cycle.transport.close()

    def close(self) -> None:
        """Close the connection in order and end the call."""
        # Otherwise uvicorn would log a missing response and send a 500.
        self._cycle.disconnected = True
        self._cycle.transport.close()
        if self._protocol.ended.is_set():
            self._protocol.end_without_goodbye()

    def reset(self) -> None:
        """Reset the connection (TCP RST) and end the call."""
        transport = self._cycle.transport
        if not transport.is_closing():
            reset = reset_on_close(sys.platform)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            transport.abort()
        self._cycle.disconnected = True

    def close_on_next_call(self) -> None:
        """Close the connection when the next request arrives on it."""
        self._protocol.closes_on_next_call = True

    async def wait_for_request(self, receive: Receive) -> None:
        """Wait for the end of the request, unless the client itself waits for `100 Continue`."""
        more = not self._cycle.waiting_for_100_continue
        while more:
            more = (await receive()).get("more_body", False)


class MockServerProtocol(HttpToolsProtocol):
    """uvicorn's protocol for one connection; `ended` is set when the client leaves or the server stops."""

    ended: asyncio.Event
    is_tls = False
    closes_on_next_call = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Prepare the event of the connection's end."""
        self.ended = asyncio.Event()
        self.is_tls = transport.get_extra_info("sslcontext") is not None
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everything that waits for the connection's end."""
        self.ended.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Stop the connection, and wake everything that waits on purpose."""
        self.ended.set()
        super().shutdown()
        if self.transport.is_closing():
            self.end_without_goodbye()

    def end_without_goodbye(self) -> None:
        """End a closing TLS connection soon; a client that is idle would not answer the goodbye for long."""
        if self.is_tls:
            self.loop.call_later(_GOODBYE_S, self.transport.abort)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.scope["extensions"] = {CONNECTION_KEY: SocketConnection(self, cycle)}  # type: ignore[dict-item] # ours
        target: Any = _close_without_reply if self.closes_on_next_call else partial(_answer, app, cycle)
        super()._start_asgi_task(cycle, target)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
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
    """Return the protocol class if the installed uvicorn has the internals that it needs.

    Raises:
        ProtocolError: an internal name is missing.
    """
    missing = [name for name in _PROTOCOL_NAMES if not hasattr(HttpToolsProtocol, name)]
    missing += [name for name in _CYCLE_NAMES if name not in RequestResponseCycle.__init__.__code__.co_names]
    if missing:
        raise ProtocolError(f"this uvicorn has no {', '.join(missing)}: install the version that is locked")
    return MockServerProtocol


async def _answer(
    app: ASGIApp, cycle: RequestResponseCycle, scope: Scope, receive: Receive, send: Send
) -> None:
    await app(scope, receive, _SpellingSend(cycle, send))


async def _close_without_reply(scope: Scope, receive: Receive, _send: Send) -> None:
    """Close without sending a byte, after the request is read: unread data would turn it into a reset."""
    connection: SocketConnection = scope["extensions"][CONNECTION_KEY]
    await connection.wait_for_request(receive)
    connection.close()
