"""Interface to the connection under a call, for actions that ASGI has no message for."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from starlette.types import Scope

from mockserver.errors import MockServerError

CONNECTION_KEY = "mockserver.connection"
"""ASGI extension key under which the server provides the connection of a call."""


class ConnectionLostError(MockServerError):
    """A fault must break the connection, but the server provides no access to it."""


class Connection(Protocol):
    """The connection under one call; it has ended when the client disconnects or the server stops."""

    async def wait(self, seconds: float) -> bool:
        """Wait for `seconds` or until the connection ends; return whether it is still open."""

    async def wait_closed(self) -> None:
        """Wait until the connection ends, for ten minutes at most."""

    async def flush(self) -> None:
        """Wait until all written bytes are handed to the operating system."""

    def write(self, octets: bytes) -> None:
        """Send bytes without the server's own framing."""

    def buffered(self) -> AbstractContextManager[None]:
        """Collect everything written in the context, including a close, and send it in one piece."""

    def close(self) -> None:
        """Close the connection in order and end the call."""

    def reset(self) -> None:
        """Reset the connection (TCP RST) and end the call."""

    def close_on_next_call(self) -> None:
        """Close the connection when the next request arrives on it."""


class NullConnection:
    """Replacement for servers without access to the connection; does what ASGI permits."""

    async def wait(self, seconds: float) -> bool:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)
        return True

    async def wait_closed(self) -> None:
        """Return at once, because a disconnect would not be noticed."""

    async def flush(self) -> None:
        """Do nothing; flushing is up to the server."""

    def write(self, octets: bytes) -> None:
        """Drop the bytes, because ASGI has no message for them."""

    def buffered(self) -> AbstractContextManager[None]:
        """Do nothing; buffering is up to the server."""
        return nullcontext()

    def close(self) -> None:
        """Raise `ConnectionLostError`."""
        raise ConnectionLostError("closed before the answer was complete")

    def reset(self) -> None:
        """Raise `ConnectionLostError`."""
        raise ConnectionLostError("reset before the answer was complete")

    def close_on_next_call(self) -> None:
        """Do nothing, because there is no next request."""


def connection_of(scope: Scope) -> Connection:
    """Return the connection from an ASGI scope."""
    connection: Connection | None = scope.get("extensions", {}).get(CONNECTION_KEY)
    return NullConnection() if connection is None else connection
