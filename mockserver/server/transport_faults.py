"""The connection under a call, and replies with the delay and fault that a scenario asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from hashlib import blake2b
from types import MappingProxyType

from starlette.types import Scope, Send

from mockserver.codec.http import BODILESS_STATUSES
from mockserver.errors import MockServerError
from mockserver.model import Delivery, Value

CONNECTION_KEY = "mockserver.connection"
"""ASGI extension key under which the server provides the connection of a call."""

SURPLUS_BYTES = 64
"""Bytes by which a too large Content-Length exceeds the body."""

_HALF = 0.5
_CHUNKED = (b"transfer-encoding", b"chunked")
_INVALID_CHUNK = b"this is no chunk\r\n"


class ConnectionLostError(MockServerError):
    """A fault must break the connection, but the server provides no access to it."""


class Connection:
    """The connection under a call.

    The methods of this class do what ASGI permits, for servers that give no access to the connection.
    """

    __slots__ = ()

    async def wait(self, seconds: float) -> bool:
        """Wait for `seconds` or until the connection ends; return whether the connection is still open."""
        await asyncio.sleep(seconds)
        return True

    async def wait_closed(self) -> None:
        """Wait until the connection ends, for ten minutes at most; do not wait if no end can be noticed."""

    async def flush(self) -> None:
        """Wait until all written bytes are handed to the operating system, if this can be known."""

    def write(self, octets: bytes) -> None:
        """Send bytes without the server's own framing. This class drops them: ASGI has no such message."""

    def buffered(self) -> AbstractContextManager[None]:
        """Collect everything written in the context, including a close, and send it in one piece."""
        return nullcontext()

    def close(self) -> None:
        """Close the connection without a reset and end the call."""
        raise ConnectionLostError("closed before the answer was complete")

    def reset(self) -> None:
        """Reset the connection (TCP RST) and end the call."""
        raise ConnectionLostError("reset before the answer was complete")

    def close_on_next_call(self) -> None:
        """Close the connection when the next request arrives on it, if there is a next request."""


def connection_of(scope: Scope) -> Connection:
    connection: Connection | None = scope.get("extensions", {}).get(CONNECTION_KEY)
    return Connection() if connection is None else connection


class OutgoingReply(Value, frozen=True):
    """A reply with its delivery, `send` and connection.

    A `bodiless` reply (HEAD, 204, 304) is sent without its content; faults of the body do not apply to it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    bodiless: bool
    delivery: Delivery
    send: Send
    connection: Connection

    def part(self, default: float = 1.0) -> bytes:
        """Return the start of the content: the delivery's fraction of it, or if that is None, `default`."""
        fraction = default if self.delivery.fraction is None else self.delivery.fraction
        return self.content[: int(len(self.content) * fraction)]

    async def head(self, length: int | None) -> None:
        """Send status and headers with `length` as Content-Length; None uses chunked encoding."""
        headers = [
            _frame(name, length) if name.lower() == b"content-length" else (name, text)
            for name, text in self.headers
        ]
        await self.send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def body(self, content: bytes, *, more: bool = False) -> None:
        sent = 0
        if not self.bodiless:
            sent = await self._drip(content)
        await self.send({"type": "http.response.body", "body": content[sent:], "more_body": more})

    async def _drip(self, content: bytes) -> int:
        """Send all chunks but the last, each when it is due; return the number of bytes sent."""
        spread_s = self.delivery.spread_ms / 1000
        # Timers have millisecond resolution: chunks closer together would not yield to other calls.
        drops = max(1, min(self.delivery.chunks, len(content), int(self.delivery.spread_ms)))
        if not content or not spread_s:
            return 0
        clock = asyncio.get_running_loop().time
        started, sent = clock(), 0
        for drop in range(1, drops + 1):
            is_open = await self.connection.wait(started + spread_s * drop / drops - clock())
            if drop == drops or not is_open:
                break
            end = len(content) * drop // drops
            await self.send({"type": "http.response.body", "body": content[sent:end], "more_body": True})
            sent = end
        return sent


def _frame(name: bytes, length: int | None) -> tuple[bytes, bytes]:
    return _CHUNKED if length is None else (name, b"%d" % length)


async def deliver(reply: OutgoingReply) -> None:
    """Send the reply as its delivery requests; to a reply without a body, no fault of the body applies.

    Raises ConnectionLostError if a fault needs access to the socket, but the server gives no access.
    """
    if reply.delivery.delay_ms:
        await reply.connection.wait(reply.delivery.delay_ms / 1000)
    fault = reply.delivery.fault
    await FAULTS["" if reply.bodiless and fault in _FAULTS_OF_BODY else fault](reply)


def is_bodiless(method: str, status: int) -> bool:
    """Return whether a response has no body on the wire, whatever its content (RFC 9110 §6.4.1)."""
    return method == "HEAD" or status in BODILESS_STATUSES


async def _send_part(reply: OutgoingReply, default: float = 1.0) -> None:
    """Send the delivery's fraction of the body, or `default`, with a matching Content-Length."""
    part = reply.part(default)
    await reply.head(len(part))
    await reply.body(part)


async def _announce_too_much(reply: OutgoingReply) -> None:
    """Announce the length of the whole body, send the delivery's fraction of the body, and close.

    If the delivery has no fraction, announce SURPLUS_BYTES more and send the whole body.
    """
    part = reply.part()
    surplus = 0 if len(part) < len(reply.content) else SURPLUS_BYTES
    await reply.head(len(reply.content) + surplus)
    await reply.body(part, more=True)
    reply.connection.close()


async def _announce_too_little(reply: OutgoingReply) -> None:
    """Announce only the delivery's fraction (by default half), send the whole body, and do not close."""
    announced = reply.part(_HALF)
    with reply.connection.buffered():
        await reply.head(len(announced))
        await reply.send({"type": "http.response.body", "body": announced, "more_body": True})
        reply.connection.write(reply.content[len(announced) :])
        await reply.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_malformed_chunk(reply: OutgoingReply) -> None:
    with reply.connection.buffered():
        await reply.head(None)
        reply.connection.write(_INVALID_CHUNK)
        reply.connection.close()


async def _reset_connection(reply: OutgoingReply) -> None:
    """Reset the connection; if the delivery has a fraction, send headers and that part of the body first."""
    if reply.delivery.fraction is not None:
        await reply.head(len(reply.content))
        await reply.body(reply.part(), more=True)
        await reply.connection.flush()
    reply.connection.reset()


async def _send_random_bytes(reply: OutgoingReply) -> None:
    """Send bytes that are not HTTP; equal replies yield equal bytes."""
    reply.connection.write(blake2b(repr(reply.headers).encode() + reply.content).digest())
    reply.connection.close()


async def _close_without_reply(reply: OutgoingReply) -> None:
    reply.connection.close()


async def _never_reply(reply: OutgoingReply) -> None:
    await reply.connection.wait_closed()
    reply.connection.close()


async def _close_on_next_call(reply: OutgoingReply) -> None:
    reply.connection.close_on_next_call()
    await _send_part(reply)


FAULTS: Mapping[str, Callable[[OutgoingReply], Awaitable[None]]] = MappingProxyType(
    {
        "": _send_part,
        "CONNECTION_RESET_BY_PEER": _reset_connection,
        "RANDOM_DATA_THEN_CLOSE": _send_random_bytes,
        "EMPTY_RESPONSE": _close_without_reply,
        "MALFORMED_RESPONSE_CHUNK": _send_malformed_chunk,
        "TRUNCATED_BODY": partial(_send_part, default=_HALF),
        "WRONG_LENGTH": _announce_too_much,
        "LENGTH_TOO_SMALL": _announce_too_little,
        "NO_RESPONSE": _never_reply,
        "CLOSE_IDLE": _close_on_next_call,
    }
)
"""Function for each transport fault of the scenario language; "" means no fault."""

_FAULTS_OF_BODY = ("MALFORMED_RESPONSE_CHUNK", "WRONG_LENGTH", "LENGTH_TOO_SMALL")
