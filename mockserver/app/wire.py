"""The wire: the connection under a call, for what ASGI has no message for.

A server of ours lends it with each call. Under another one, or none, a break is a `ConnectionLost`.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from starlette.types import Scope

from mockserver.errors import MockServerError

WIRE = "mockserver.wire"
"""The ASGI extension under which a server lends the wire of a call."""


class ConnectionLost(MockServerError):
    """The connection is to break, and the server lends no wire to break it on."""


class Wire(Protocol):
    """The connection under one call; it is over when the client leaves or the server stops."""

    async def rest(self, seconds: float) -> bool:
        """Wait so long, or until it is over; whether it still stands."""

    async def abandoned(self) -> None:
        """Wait until it is over, for ten minutes at most."""

    async def flushed(self) -> None:
        """Wait until what was written is on its way."""

    def write(self, octets: bytes) -> None:
        """Send octets past the server's own writing."""

    def gathered(self) -> AbstractContextManager[None]:
        """Whatever is written inside leaves in one piece, and with it the end of the connection."""

    def close(self) -> None:
        """End the connection in order, and the call with it."""

    def reset(self) -> None:
        """End the connection by a reset, and the call with it."""

    def forsake(self) -> None:
        """Leave the connection to die under the request that comes next."""


class Unwired:
    """In the place of a wire, as near to one as ASGI comes."""

    async def rest(self, seconds: float) -> bool:
        """Wait so long."""
        await asyncio.sleep(seconds)
        return True

    async def abandoned(self) -> None:
        """Return: nobody would say that the client has left."""

    async def flushed(self) -> None:
        """Return: what was sent is the server's affair."""

    def write(self, octets: bytes) -> None:
        """Keep the octets: ASGI has no message for them."""

    def gathered(self) -> AbstractContextManager[None]:
        """Do nothing: pieces are the server's affair."""
        return nullcontext()

    def close(self) -> None:
        """Raise `ConnectionLost`."""
        raise ConnectionLost("closed before the answer was complete")

    def reset(self) -> None:
        """Raise `ConnectionLost`."""
        raise ConnectionLost("reset before the answer was complete")

    def forsake(self) -> None:
        """Do nothing: there is no next request."""


def wire_of(scope: Scope) -> Wire:
    """The wire of the call whose ASGI scope this is."""
    wire: Wire | None = scope.get("extensions", {}).get(WIRE)
    return Unwired() if wire is None else wire
