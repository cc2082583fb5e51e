"""Send a reply with the delay and the transport fault that a scenario asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType

from starlette.types import Send

from mockserver.model import Delivery
from mockserver.server.connection import Connection

SURPLUS_BYTES = 64
"""Bytes by which a wrong Content-Length exceeds the body."""

_HALF = 0.5
_CHUNKED = (b"transfer-encoding", b"chunked")
_INVALID_CHUNK = b"this is no chunk\r\n"
_BODILESS_STATUSES = (204, 304)


@dataclass(frozen=True, slots=True)
class OutgoingReply:
    """An answer that is about to leave by `send` and `wire`; header names are lower case.

    A `bare` one leaves without its content (HEAD, 204, 304): what breaks bodies leaves it whole.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    bodiless: bool
    delivery: Delivery
    send: Send
    connection: Connection

    def part(self, default: float = 1.0) -> bytes:
        """Return the part of the content that the delivery's fraction leaves; `default` if it has none."""
        fraction = default if self.delivery.fraction is None else self.delivery.fraction
        return self.content[: int(len(self.content) * fraction)]

    async def head(self, length: int | None) -> None:
        """Send status and headers; the Content-Length says `length`, or for None gives way to chunks."""
        framed = _CHUNKED if length is None else (b"content-length", b"%d" % length)
        headers = [framed if name == b"content-length" else (name, text) for name, text in self.headers]
        await self.send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def body(self, content: bytes, *, more: bool = False) -> None:
        """Send content drop by drop, as the delivery says; `more` leaves the answer unfinished."""
        sent = 0
        if not self.bodiless:
            sent = await self._drip(content)
        await self.send({"type": "http.response.body", "body": content[sent:], "more_body": more})

    async def _drip(self, content: bytes) -> int:
        """Send all drops but the last, each at its time; how many bytes of the content that were."""
        spread_s = self.delivery.spread_ms / 1000
        # A timer knows milliseconds: drops that fall closer together would not let others have a turn.
        drops = max(1, min(self.delivery.chunks, len(content), int(self.delivery.spread_ms)))
        if not content or not spread_s:
            return 0
        clock = asyncio.get_running_loop().time
        begun, sent = clock(), 0
        for drop in range(1, drops + 1):
            stands = await self.connection.wait(begun + spread_s * drop / drops - clock())
            if drop == drops or not stands:
                break
            end = len(content) * drop // drops
            await self.send({"type": "http.response.body", "body": content[sent:end], "more_body": True})
            sent = end
        return sent


async def deliver(reply: OutgoingReply) -> None:
    """Send the answer as its delivery says.

    Raises:
        ConnectionLostError: the connection breaks, and there is no wire.
    """
    if reply.delivery.delay_ms:
        await reply.connection.wait(reply.delivery.delay_ms / 1000)
    await FAULTS[reply.delivery.fault](reply)


def is_bodiless(method: str, status: int) -> bool:
    """Return whether an answer has no body on the wire, whatever its content (RFC 9110 §6.4.1)."""
    return method == "HEAD" or status in _BODILESS_STATUSES


async def _send_whole(reply: OutgoingReply) -> None:
    await _send_part(reply, 1.0)


async def _send_truncated(reply: OutgoingReply) -> None:
    """Half of the body, unless another part is asked for, under a length that fits it."""
    await _send_part(reply, _HALF)


async def _send_part(reply: OutgoingReply, default: float) -> None:
    part = reply.part(default)
    await reply.head(len(part))
    await reply.body(part)


async def _announce_too_much(reply: OutgoingReply) -> None:
    """More is announced than comes: what a fraction cuts off, else a surplus; then the connection ends."""
    if reply.bodiless:
        await _send_whole(reply)
        return
    part = reply.part()
    surplus = 0 if len(part) < len(reply.content) else SURPLUS_BYTES
    await reply.head(len(reply.content) + surplus)
    await reply.body(part, more=True)
    reply.connection.close()


async def _announce_too_little(reply: OutgoingReply) -> None:
    """Send the whole body under half its length, or the fraction's; the connection stays open."""
    if reply.bodiless:
        await _send_whole(reply)
        return
    announced = reply.part(_HALF)
    with reply.connection.buffered():
        await reply.head(len(announced))
        await reply.send({"type": "http.response.body", "body": announced, "more_body": True})
        reply.connection.write(reply.content[len(announced) :])
        await reply.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_malformed_chunk(reply: OutgoingReply) -> None:
    if reply.bodiless:
        await _send_whole(reply)
        return
    with reply.connection.buffered():
        await reply.head(None)
        reply.connection.write(_INVALID_CHUNK)
        reply.connection.close()


async def _reset_connection(reply: OutgoingReply) -> None:
    """Before the headers, or with a fraction after them and that part of the body."""
    if reply.delivery.fraction is not None:
        await reply.head(len(reply.content))
        await reply.body(reply.part(), more=True)
        await reply.connection.flush()
    reply.connection.reset()


async def _send_random_bytes(reply: OutgoingReply) -> None:
    """Octets that are no HTTP; the same answer draws the same ones."""
    reply.connection.write(blake2b(repr(reply.headers).encode() + reply.content).digest())
    reply.connection.close()


async def _close_without_reply(reply: OutgoingReply) -> None:
    reply.connection.close()


async def _never_reply(reply: OutgoingReply) -> None:
    await reply.connection.wait_closed()
    reply.connection.close()


async def _close_on_next_call(reply: OutgoingReply) -> None:
    reply.connection.close_on_next_call()
    await _send_whole(reply)


FAULTS: Mapping[str, Callable[[OutgoingReply], Awaitable[None]]] = MappingProxyType(
    {
        "": _send_whole,
        "CONNECTION_RESET_BY_PEER": _reset_connection,
        "RANDOM_DATA_THEN_CLOSE": _send_random_bytes,
        "EMPTY_RESPONSE": _close_without_reply,
        "MALFORMED_RESPONSE_CHUNK": _send_malformed_chunk,
        "TRUNCATED_BODY": _send_truncated,
        "WRONG_LENGTH": _announce_too_much,
        "LENGTH_TOO_SMALL": _announce_too_little,
        "NO_RESPONSE": _never_reply,
        "CLOSE_IDLE": _close_on_next_call,
    }
)
"""Transport faults of the scenario language; "" is none."""
