"""An application that is built when it is first called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(slots=True)
class BuiltAtFirstCall:
    """The application that `build` returns, built once, at the first call but the lifespan's."""

    build: Callable[[], ASGIApp]
    _built: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the connection on."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if self._built is None:
            self._built = self.build()
        await self._built(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Answer the events of a server's start and end: there is nothing to do."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
