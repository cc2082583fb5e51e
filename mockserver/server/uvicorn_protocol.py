"""uvicorn's HTTP protocol, extended to give each call access to its connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockserver.errors import MockServerError
from mockserver.server.connection import CONNECTION_KEY

MAX_WAIT_S = 600
_POLL_S = 1
_RESET = struct.pack("ii", 1, 0)
_PROTOCOL_NAMES = ("_start_asgi_task", "connection_made", "connection_lost", "shutdown")
_CYCLE_NAMES = ("disconnected", "flow", "transport", "waiting_for_100_continue")


class ProtocolError(MockServerError):
    """The installed uvicorn is built otherwise than this module knows it."""


class _BufferingTransport:
    """In the place of a transport, as far as uvicorn and the wire write to one."""

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


class SocketConnection:
    """The socket under one call, as `wire.Wire` wants it."""

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: MockServerProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    async def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is over; whether it still stands."""
        over, clock = self._protocol.ended, asyncio.get_running_loop().time
        end = clock() + seconds
        while not over.is_set() and (left_s := end - clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, _POLL_S)):
                    await over.wait()
                    break
            # A pipelined request stops the reading, and whoever does not read never hears that a client left.
            self._cycle.flow.resume_reading()
        return not over.is_set()

    async def wait_closed(self) -> None:
        """Wait until it is over, for ten minutes at most."""
        await self.wait(MAX_WAIT_S)

    async def flush(self) -> None:
        """Wait until what was written is on its way."""
        if not self._cycle.transport.is_closing():
            self._cycle.transport.set_write_buffer_limits(high=0)
            await self._cycle.flow.drain()

    def write(self, octets: bytes) -> None:
        """Send octets past uvicorn's own writing."""
        if not self._cycle.transport.is_closing():
            self._cycle.transport.write(octets)

    @contextmanager
    def buffered(self) -> Iterator[None]:
        """Yield whatever is written inside leaves in one piece, and with it the end of the connection.

        Loops send each piece as it comes, and what a client makes of a broken answer can depend on that.
        """
        transport, gathering = self._cycle.transport, _BufferingTransport()
        self._cycle.transport = cast("asyncio.Transport", gathering)
        try:
            yield
        finally:
            self._cycle.transport = transport
            self.write(b"".join(gathering.pieces))
            if gathering.closed:
                transport.close()

    def close(self) -> None:
        """End the connection in order, and the call with it."""
        # Else uvicorn would miss the answer, complain, and send a 500.
        self._cycle.disconnected = True
        self._cycle.transport.close()

    def reset(self) -> None:
        """End the connection by a reset, and the call with it."""
        transport = self._cycle.transport
        if not transport.is_closing():
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()
        self._cycle.disconnected = True

    def close_on_next_call(self) -> None:
        """Leave the connection to die under the request that comes next."""
        self._protocol.closes_on_next_call = True

    async def wait_for_request(self, receive: Receive) -> None:
        """Wait for the end of the request, unless its sender waits for a word of ours before it goes on."""
        more = not self._cycle.waiting_for_100_continue
        while more:
            more = (await receive()).get("more_body", False)


class MockServerProtocol(HttpToolsProtocol):
    """A connection; `ended` is set once the client has left or the server stops."""

    ended: asyncio.Event
    closes_on_next_call = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin."""
        self.ended = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those that wait on it."""
        self.ended.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Stop: what waits on purpose waits no longer."""
        self.ended.set()
        super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.scope["extensions"] = {CONNECTION_KEY: SocketConnection(self, cycle)}  # type: ignore[dict-item] # ours
        chosen: Any = _close_without_reply if self.closes_on_next_call else app
        super()._start_asgi_task(cycle, chosen)


def checked_protocol() -> type[MockServerProtocol]:
    """Return the protocol, if the installed uvicorn has what it leans on.

    Raises:
        ProtocolError: it has not.
    """
    missing = [name for name in _PROTOCOL_NAMES if not hasattr(HttpToolsProtocol, name)]
    missing += [name for name in _CYCLE_NAMES if name not in RequestResponseCycle.__init__.__code__.co_names]
    if missing:
        raise ProtocolError(f"this uvicorn has no {', '.join(missing)}: install the version that is locked")
    return MockServerProtocol


async def _close_without_reply(scope: Scope, receive: Receive, _send: Send) -> None:
    """End the connection without a byte, once its request is there: an unread one would make it a reset."""
    wire: SocketConnection = scope["extensions"][CONNECTION_KEY]
    await wire.wait_for_request(receive)
    wire.close()
