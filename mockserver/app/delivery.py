"""How an answer leaves: late, in drops, cut short, or on a connection that breaks (edge-cases 148 to 155).

All of it waits in the event loop and outside Flask, so that one call's delay is no other's. What ASGI has no
message for is said on the call's wire (`app/wire.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType

from starlette.types import Send

from mockserver.app.wire import Wire
from mockserver.model import Delivery

SURPLUS_BYTES = 64
"""What a Content-Length that is too big says beyond the body."""

_HALF = 0.5
_CHUNKED = (b"transfer-encoding", b"chunked")
_NO_CHUNK = b"this is no chunk\r\n"
_BARE_STATUSES = (204, 304)


@dataclass(frozen=True, slots=True)
class Departure:
    """An answer that is about to leave by `send` and `wire`; header names are lower case.

    A `bare` one leaves without its content (HEAD, 204, 304): what breaks bodies leaves it whole.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    bare: bool
    delivery: Delivery
    send: Send
    wire: Wire

    def part(self, unsaid: float = 1.0) -> bytes:
        """What the delivery's fraction leaves of the content; `unsaid` is the fraction when it has none."""
        fraction = unsaid if self.delivery.fraction is None else self.delivery.fraction
        return self.content[: int(len(self.content) * fraction)]

    async def head(self, length: int | None) -> None:
        """Send status and headers; the Content-Length says `length`, or for None gives way to chunks."""
        framed = _CHUNKED if length is None else (b"content-length", b"%d" % length)
        headers = [framed if name == b"content-length" else (name, text) for name, text in self.headers]
        await self.send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def body(self, content: bytes, *, more: bool = False) -> None:
        """Send content drop by drop, as the delivery says; `more` leaves the answer unfinished."""
        sent = 0
        if not self.bare:
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
            stands = await self.wire.rest(begun + spread_s * drop / drops - clock())
            if drop == drops or not stands:
                break
            end = len(content) * drop // drops
            await self.send({"type": "http.response.body", "body": content[sent:end], "more_body": True})
            sent = end
        return sent


async def deliver(departure: Departure) -> None:
    """Let the answer leave as its delivery says.

    Raises:
        ConnectionLost: the connection breaks, and there is no wire.
    """
    if departure.delivery.delay_ms:
        await departure.wire.rest(departure.delivery.delay_ms / 1000)
    await FAULTS[departure.delivery.fault](departure)


def is_bare(method: str, status: int) -> bool:
    """Whether an answer has no body on the wire, whatever its content (RFC 9110 §6.4.1)."""
    return method == "HEAD" or status in _BARE_STATUSES


async def _whole(going: Departure) -> None:
    await _cut(going, 1.0)


async def _truncated(going: Departure) -> None:
    """Half of the body, unless another part is asked for, under a length that fits it."""
    await _cut(going, _HALF)


async def _cut(going: Departure, unsaid: float) -> None:
    part = going.part(unsaid)
    await going.head(len(part))
    await going.body(part)


async def _length_too_big(going: Departure) -> None:
    """More is announced than comes: what a fraction cuts off, else a surplus; then the connection ends."""
    if going.bare:
        await _whole(going)
        return
    part = going.part()
    surplus = 0 if len(part) < len(going.content) else SURPLUS_BYTES
    await going.head(len(going.content) + surplus)
    await going.body(part, more=True)
    going.wire.close()


async def _length_too_small(going: Departure) -> None:
    """The whole body under a length that says half of it, or the fraction; the connection lives on."""
    if going.bare:
        await _whole(going)
        return
    announced = going.part(_HALF)
    with going.wire.gathered():
        await going.head(len(announced))
        await going.send({"type": "http.response.body", "body": announced, "more_body": True})
        going.wire.write(going.content[len(announced) :])
        await going.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _malformed_chunk(going: Departure) -> None:
    if going.bare:
        await _whole(going)
        return
    with going.wire.gathered():
        await going.head(None)
        going.wire.write(_NO_CHUNK)
        going.wire.close()


async def _reset(going: Departure) -> None:
    """Before the headers, or with a fraction after them and that part of the body."""
    if going.delivery.fraction is not None:
        await going.head(len(going.content))
        await going.body(going.part(), more=True)
        await going.wire.flushed()
    going.wire.reset()


async def _noise(going: Departure) -> None:
    """Octets that are no HTTP; the same answer draws the same ones."""
    going.wire.write(blake2b(repr(going.headers).encode() + going.content).digest())
    going.wire.close()


async def _empty(going: Departure) -> None:
    going.wire.close()


async def _silence(going: Departure) -> None:
    await going.wire.abandoned()
    going.wire.close()


async def _forsaken(going: Departure) -> None:
    going.wire.forsake()
    await _whole(going)


FAULTS: Mapping[str, Callable[[Departure], Awaitable[None]]] = MappingProxyType(
    {
        "": _whole,
        "CONNECTION_RESET_BY_PEER": _reset,
        "RANDOM_DATA_THEN_CLOSE": _noise,
        "EMPTY_RESPONSE": _empty,
        "MALFORMED_RESPONSE_CHUNK": _malformed_chunk,
        "TRUNCATED_BODY": _truncated,
        "WRONG_LENGTH": _length_too_big,
        "LENGTH_TOO_SMALL": _length_too_small,
        "NO_RESPONSE": _silence,
        "CLOSE_IDLE": _forsaken,
    }
)
"""What each fault of the scenario language does; "" is none."""
