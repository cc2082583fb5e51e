"""The server in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from mockserver.app import Application
from mockserver.errors import MockServerError
from mockserver.server import listen, settings

HOST = "127.0.0.1"


class NotStarted(MockServerError):
    """The server ended before it listened."""


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.settled.set()


@contextmanager
def running(app: Application) -> Iterator[str]:
    """The address at which the application answers, without a slash at its end; it is gone afterwards.

    Raises:
        NotStarted: it did not come to listen.
    """
    with listen(HOST, 0) as listening:
        server = _Server(settings(app))
        thread = threading.Thread(target=server.run, args=([listening],), name="mockserver", daemon=True)
        thread.start()
        server.settled.wait()
        if not server.started:
            raise NotStarted("the server ended before it listened")
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
