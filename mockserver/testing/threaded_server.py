"""Run the server in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from mockserver.errors import MockServerError
from mockserver.server.application import Application
from mockserver.server.uvicorn_server import bind_socket, uvicorn_config

HOST = "127.0.0.1"


class ServerNotStartedError(MockServerError):
    """The server ended before it listened."""


class _ThreadedServer(uvicorn.Server):
    """uvicorn's server, which signals when it listens."""

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
    """Yield the address at which the application answers, without a slash at its end; it is gone afterwards.

    Raises:
        ServerNotStartedError: it did not come to listen.
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
