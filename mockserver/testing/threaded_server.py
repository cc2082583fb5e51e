"""Run the server in a thread of this process. No other module of the testing library imports the server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.contract.examples import ProfileExamples
from mockserver.errors import MockServerError
from mockserver.server.application import Application, Options, create_app
from mockserver.server.listening import bind_socket
from mockserver.server.protocol import TlsFactory, uvicorn_config
from mockserver.testing.server_command import ServerNotStartedError

HOST = "127.0.0.1"


class _ThreadedServer(uvicorn.Server):
    """uvicorn server that tells when start-up succeeds or fails, and ends streams and calls on stop."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self.startup_ended = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.startup_ended.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.startup_ended.set()


def start_in_thread(
    *, strict_auth: bool, specs: tuple[Path, ...], overlays: tuple[Path, ...], max_sandboxes: int
) -> AbstractContextManager[str]:
    """Run a server with all vendors during the context, and yield its URL.

    `specs` are folders or files. Raises ServerNotStartedError: the server cannot be built, or ended before it
    listened.
    """
    options = Options(
        strict_auth=strict_auth,
        specs=tuple(one for one in specs if one.is_dir()),
        files=tuple(one for one in specs if not one.is_dir()),
        overlays=overlays,
        hosts=(HOST,),
        max_sandboxes=max_sandboxes,
        examples=ProfileExamples,
    )
    try:
        return run_in_thread(create_app(options))
    except MockServerError as error:
        raise ServerNotStartedError(str(error)) from None


def _into_sandbox(app: Application, sandbox: str) -> ASGIApp:
    """Wrap the application so that every call is in the sandbox, for clients that cannot name a sandbox."""
    named = (b"mock-sandbox", sandbox.encode())

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], named]}
        await app(scope, receive, send)

    return enter


@contextmanager
def run_in_thread(
    app: Application, sandbox: str = "", tls: TlsFactory | None = None, port: int = 0
) -> Iterator[str]:
    """Run the application during the context, and yield its URL without a trailing slash.

    If `sandbox` is given, all calls are in this sandbox. If `tls` is given, the URL is https. Port 0 is a
    free port. Raises ServerNotStartedError: the server ended before it listened; PortTakenError.
    """
    entry = _into_sandbox(app, sandbox) if sandbox else app
    with bind_socket(HOST, port) as listening:
        own, place = app.lasting.sender.door.own, listening.getsockname()
        end_streams = (lambda: None) if sandbox else app.lasting.live.close
        server = _ThreadedServer(uvicorn_config(entry, tls), end_streams)
        thread = threading.Thread(target=server.run, args=([listening],), name="mockserver", daemon=True)
        thread.start()
        server.startup_ended.wait()
        if not server.started:
            raise ServerNotStartedError("the server ended before it listened")
        own.append(place)
        try:
            yield f"{'https' if tls else 'http'}://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            own.remove(place)
