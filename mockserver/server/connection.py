"""Interface to the connection of a call, for what ASGI has no message for."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from starlette.types import Scope

from mockserver.errors import MockServerError

CONNECTION_KEY = "mockserver.wire"
"""The ASGI extension under which a server lends the wire of a call."""


class ConnectionLostError(MockServerError):
    """The connection is to break, and the server lends no wire to break it on."""


class Connection(Protocol):
    """The connection under one call; it is over when the client leaves or the server stops."""

    async def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is over; whether it still stands."""

    async def wait_closed(self) -> None:
        """Wait until it is over, for ten minutes at most."""

    async def flush(self) -> None:
        """Wait until what was written is on its way."""

    def write(self, octets: bytes) -> None:
        """Send octets past the server's own writing."""

    def buffered(self) -> AbstractContextManager[None]:
        """Return whatever is written inside leaves in one piece, and with it the end of the connection."""

    def close(self) -> None:
        """End the connection in order, and the call with it."""

    def reset(self) -> None:
        """End the connection by a reset, and the call with it."""

    def close_on_next_call(self) -> None:
        """Leave the connection to die under the request that comes next."""


class NullConnection:
    """In the place of a wire, as near to one as ASGI comes."""

    async def wait(self, seconds: float) -> bool:
        """Wait so long."""
        await asyncio.sleep(seconds)
        return True

    async def wait_closed(self) -> None:
        """Return: nobody would say that the client has left."""

    async def flush(self) -> None:
        """Return: what was sent is the server's affair."""

    def write(self, octets: bytes) -> None:
        """Keep the octets: ASGI has no message for them."""

    def buffered(self) -> AbstractContextManager[None]:
        """Do nothing: pieces are the server's affair."""
        return nullcontext()

    def close(self) -> None:
        """Raise `ConnectionLostError`."""
        raise ConnectionLostError("closed before the answer was complete")

    def reset(self) -> None:
        """Raise `ConnectionLostError`."""
        raise ConnectionLostError("reset before the answer was complete")

    def close_on_next_call(self) -> None:
        """Do nothing: there is no next request."""


def connection_of(scope: Scope) -> Connection:
    """Return the wire of the call whose ASGI scope this is."""
    wire: Connection | None = scope.get("extensions", {}).get(CONNECTION_KEY)
    return NullConnection() if wire is None else wire
