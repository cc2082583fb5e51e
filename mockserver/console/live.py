"""A stream of server-sent events, from which open pages learn of new calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from msgspec import Struct, field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mockserver.codec import json
from mockserver.journal.entry import Entry

_KEEP_ALIVE_S = 15
_RETRY_MS = 500
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Listener(Struct, eq=False):
    """An open stream."""

    loop: asyncio.AbstractEventLoop
    newest: dict[str, int] = field(default_factory=dict)
    """By sandbox, the number of the newest call that the stream has not sent yet."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_ended: bool = False

    def tell(self, sandbox: str, number: int) -> None:
        self.newest[sandbox] = max(number, self.newest.get(sandbox, 0))
        self.changed.set()


class LiveCalls:
    """A journal listener with a stream for browsers.

    An event has only the sandboxes and the numbers of their newest calls; a page then asks for the rows that
    it does not show yet. So calls that come faster than a browser reads become one event, and no call is lost
    or shown twice after a connection breaks.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self._listeners: set[_Listener] = set()

    def __call__(self, entry: Entry) -> None:
        self.tell(entry.call.sandbox, entry.number)

    def tell(self, sandbox: str, number: int) -> None:
        if number:
            for listener in tuple(self._listeners):
                listener.loop.call_soon_threadsafe(listener.tell, sandbox, number)

    def close(self) -> None:
        for listener in tuple(self._listeners):
            listener.is_ended = True
            listener.changed.set()

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream, as an ASGI application."""
        await self.response()(scope, receive, send)

    def response(self) -> StreamingResponse:
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=_HEADERS)

    async def _events(self) -> AsyncIterator[bytes]:
        listener = _Listener(asyncio.get_running_loop())
        self._listeners.add(listener)
        try:
            yield b"retry: %d\nevent: server\ndata: %s\n\n" % (
                _RETRY_MS,
                json.encode({"server": self.server}),
            )
            while not listener.is_ended:
                yield await _next_event(listener)
        finally:
            self._listeners.discard(listener)


async def _next_event(listener: _Listener) -> bytes:
    """Return the next event or, after a while without event, a comment, which reveals lost browsers."""
    try:
        await asyncio.wait_for(listener.changed.wait(), _KEEP_ALIVE_S)
    except TimeoutError:
        return b": still here\n\n"
    listener.changed.clear()
    newest, listener.newest = listener.newest, {}
    return b"event: calls\ndata: %s\n\n" % json.encode(newest)
