"""Run uvicorn: from the socket and the files at the start to the saved state at the end."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex  # noqa: TID251 - nobody may be able to make it again
from time import perf_counter
from typing import Any

import click
import uvicorn

from mockserver.codec.hosts import is_loopback
from mockserver.errors import MockServerError
from mockserver.journal.access_log import log_listeners, log_note
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.server.application import Application, Options, create_app
from mockserver.server.banner import Facts, render_banner, token_line
from mockserver.server.heap import freeze_heap, release_free_memory
from mockserver.server.listening import bind_socket, server_url
from mockserver.server.ready_file import ReadyFile
from mockserver.server.reloading import ReloadingApp
from mockserver.server.state_file import StateFile
from mockserver.server.tls import Certificate, make_certificate
from mockserver.server.uvicorn_settings import TlsFactory, uvicorn_config
from mockserver.server.watching import stamps_of, watch
from mockserver.server.worker_processes import WorkerProcesses, workers_config

_STOP_SIGNALS = ("SIGTERM", "SIGBREAK")
"""SIGBREAK is Ctrl-Break on Windows."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How a server is run: where it listens, what it prints, and the files of its run.

    With `tls_dir` it serves https, with an authority of certificates in that folder. `state_file` is loaded
    at the start and written at the end. `ready_file` is there while the server listens. With `watch`, specs,
    scenarios and fixtures are loaded again when they change. Several `workers` need a store that they share.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    log: str = "text"
    print_url: bool = False
    tls_dir: Path | None = None
    state_file: Path | None = None
    ready_file: Path | None = None
    watch: bool = False
    workers: int = 1


class _Server(uvicorn.Server):
    """uvicorn server that announces itself as soon as it listens, and watches files while it runs."""

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[], None],
        end_streams: Callable[[], None],
        watching: Callable[[], Coroutine[Any, Any, None]] | None,
    ) -> None:
        super().__init__(config)
        self._announce, self._end_streams, self._watch = announce, end_streams, watching
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._watch is not None:
            self._watching = asyncio.create_task(self._watch())
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._end_streams()
        await super().shutdown(sockets)


def serve(options: Options, serving: Serving, report: Callable[[MockServerError], None]) -> None:
    """Serve until a signal arrives; `report` tells of files that cannot be loaded again.

    Raises:
        PortTakenError: the port is already in use.
        AddressError: the address does not belong to this machine.
        SpecError, VendorError: a vendor cannot be served.
        StoreUnavailableError: the store does not answer.
        StartupError: a file cannot be used, or the state could not be written at the end.
        ProtocolError: the installed uvicorn is not the locked version.
    """
    started = perf_counter()
    with ExitStack() as stack:
        listening = stack.enter_context(bind_socket(serving.host, serving.port))
        options = _with_foreign_token(options, serving, listening)
        ready_file = ReadyFile(serving.ready_file) if serving.ready_file else None
        if ready_file:
            stack.enter_context(ready_file.removed_at_end())
        certificate = _certificate(options, serving)
        stamps = stamps_of(options.start_files)
        app = _ready_app(options, serving)
        state_file = StateFile(serving.state_file) if serving.state_file else None
        if state_file:
            state_file.load(app.sandboxes, app.served)
        facts = _facts(options, serving, listening, certificate, perf_counter() - started)
        greeting = facts.url if serving.print_url else render_banner(app, options, facts)
        announce = partial(_announce, greeting, facts.url, ready_file)
        if serving.workers > 1:
            _serve_by_workers(options, serving, listening, announce)
            return
        reloading = ReloadingApp(app, options, report)
        entry = reloading if serving.watch else app.entry
        config = uvicorn_config(entry, _tls_factory(certificate))
        freeze_heap()
        release_free_memory()
        watching = partial(watch, options.start_files, stamps, reloading.reload)
        _run_until_signal(
            _Server(config, announce, app.lasting.live.close, watching if serving.watch else None), listening
        )
        if state_file:
            _save(state_file, reloading.current.sandboxes)


def _with_foreign_token(options: Options, serving: Serving, listening: socket.socket) -> Options:
    """Return the options with a fresh token where other machines can call and no token is set."""
    if options.control_token or is_loopback(listening.getsockname()[0]):
        return options
    made = replace(options, foreign_token=token_hex())
    if serving.print_url:
        click.echo(token_line(made), err=True)
    return made


def _ready_app(options: Options, serving: Serving) -> Application:
    """Return the application, whose store answers."""
    listeners = log_listeners(serving.log, numbers=options.mock_headers)
    app = create_app(options, listeners=listeners, note=log_note(serving.log))
    app.lasting.backend.check()
    return app


def _serve_by_workers(
    options: Options, serving: Serving, listening: socket.socket, announce: Callable[[], None]
) -> None:
    hosts = _certified_hosts(options, serving)
    config = workers_config(options, serving.workers, serving.log, serving.tls_dir, hosts)
    listening.listen()
    WorkerProcesses(config, listening, announce).run()


def _facts(
    options: Options,
    serving: Serving,
    listening: socket.socket,
    certificate: Certificate | None,
    seconds: float,
) -> Facts:
    return Facts(
        url=server_url("https" if certificate else "http", serving.host, listening.getsockname()[1]),
        host=serving.host,
        seconds=seconds,
        ca_file=certificate.ca_file if certificate else None,
        state_file=serving.state_file,
        watched=options.start_files if serving.watch else (),
        workers=serving.workers,
    )


def _certificate(options: Options, serving: Serving) -> Certificate | None:
    return make_certificate(serving.tls_dir, _certified_hosts(options, serving)) if serving.tls_dir else None


def _certified_hosts(options: Options, serving: Serving) -> tuple[str, ...]:
    return (serving.host, *(options.hosts or ()))


def _tls_factory(certificate: Certificate | None) -> TlsFactory | None:
    return None if certificate is None else lambda _config, _default: certificate.context


def _announce(greeting: str, url: str, ready_file: ReadyFile | None) -> None:
    click.echo(greeting)
    if ready_file:
        ready_file.write(url)


def _run_until_signal(server: uvicorn.Server, listening: socket.socket) -> None:
    # uvicorn raises the signal again after it has stopped; a requested stop is not a failure.
    for one in stop_signals():
        signal.signal(one, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        server.run([listening])


def _save(state_file: StateFile, sandboxes: Sandboxes) -> None:
    """Save the state; a second signal does not interrupt that."""
    handlers = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, *stop_signals())}
    try:
        state_file.save(sandboxes)
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask for a stop beside Ctrl-C, as far as the platform has them."""
    return [getattr(signal, name) for name in _STOP_SIGNALS if hasattr(signal, name)]
