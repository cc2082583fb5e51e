"""Several worker processes on one socket, which uvicorn's supervisor keeps alive."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from socket import socket

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from mockserver.control.cases.transport import Request
from mockserver.journal.access_log import log_listeners, log_note
from mockserver.server.access_guard import HEALTH_PATH
from mockserver.server.application import Options, create_app
from mockserver.server.heap import freeze_heap, release_free_memory
from mockserver.server.in_process import InProcessClient
from mockserver.server.tls import make_certificate
from mockserver.server.uvicorn_settings import uvicorn_config

_START_S = 30


class WorkerProcesses(Multiprocess):
    """The workers; `announce` is called once all of them listen."""

    def __init__(self, config: uvicorn.Config, listening: socket, announce: Callable[[], None]) -> None:
        super().__init__(config, [listening])
        self._announce = announce

    def init_processes(self) -> None:
        """Start the workers, and announce the server when they are ready."""
        super().init_processes()
        if all(one.wait_until_ready(_START_S, self.should_exit) for one in self.processes):
            self._announce()


def workers_config(
    options: Options, workers: int, log: str, tls_dir: Path | None, hosts: tuple[str, ...]
) -> uvicorn.Config:
    """Return the configuration of workers, each of which builds the application itself.

    Raises:
        ProtocolError: the installed uvicorn is not the locked version.
    """
    tls = None if tls_dir is None else partial(_tls_context, tls_dir, hosts)
    return uvicorn_config(partial(_worker_app, options, log), tls, factory=True, workers=workers)


def _worker_app(options: Options, log: str) -> ASGIApp:
    """Return the application, which makes a call of itself at its start: that builds the control plane."""
    listeners = log_listeners(log, numbers=options.mock_headers, worker=os.getpid())
    app = create_app(options, listeners=listeners, note=log_note(log))

    async def prepared(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await InProcessClient(app).send(Request("GET", HEALTH_PATH))
            freeze_heap()
            release_free_memory()
        await app(scope, receive, send)

    return prepared


def _tls_context(
    folder: Path, hosts: tuple[str, ...], _config: uvicorn.Config, _default: Callable[[], ssl.SSLContext]
) -> ssl.SSLContext:
    return make_certificate(folder, hosts).context
