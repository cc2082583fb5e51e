"""An ASGI application that is built at its first request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(slots=True)
class BuiltAtFirstCall:
    """The application that `build` returns; `build` is called once, at the first request.

    Lifespan events do not build it, and do not reach it.
    """

    build: Callable[[], ASGIApp]
    _built: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer lifespan events."""
        if scope["type"] == "lifespan":
            await _answer_lifespan(receive, send)
            return
        if self._built is None:
            self._built = self.build()
        await self._built(scope, receive, send)


async def _answer_lifespan(receive: Receive, send: Send) -> None:
    """Confirm start and end of the server: there is nothing to do."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
