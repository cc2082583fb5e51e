"""Run the server in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from mockserver.errors import MockServerError
from mockserver.server.application import Application
from mockserver.server.listening import bind_socket
from mockserver.server.uvicorn_server import uvicorn_config

HOST = "127.0.0.1"


class ServerNotStartedError(MockServerError):
    """The server stopped before it listened."""


class _ThreadedServer(uvicorn.Server):
    """uvicorn server with an event for the end of its start-up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.startup_ended = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.startup_ended.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.startup_ended.set()


@contextmanager
def run_in_thread(app: Application) -> Iterator[str]:
    """Run the application during the context, which yields its URL without a trailing slash.

    Raises:
        ServerNotStartedError: the server stopped before it listened.
    """
    with bind_socket(HOST, 0) as listening:
        server = _ThreadedServer(uvicorn_config(app))
        thread = threading.Thread(target=server.run, args=([listening],), name="mockserver", daemon=True)
        thread.start()
        server.startup_ended.wait()
        if not server.started:
            raise ServerNotStartedError("the server ended before it listened")
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
