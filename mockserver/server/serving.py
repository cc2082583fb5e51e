"""The running server: uvicorn with its socket and files, workers, reloading, saved state, banner.

Files are watched with `stat`. That costs little and works in mounted folders and on network drives too, where
the library `watchfiles` would get no notices from the operating system.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex  # noqa: TID251 - nobody may be able to make it again
from typing import Any, TypeAlias

import click
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from mockserver import __version__
from mockserver.codec.urls import is_loopback
from mockserver.control.http_client import HttpRequest
from mockserver.errors import MockServerError
from mockserver.journal.access_log import AccessLog
from mockserver.model import Value
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.server.access import HEALTH_PATH
from mockserver.server.application import Application, Options, create_app, reload_app
from mockserver.server.files import ReadyFile, StateFile
from mockserver.server.in_process import InProcessClient
from mockserver.server.listening import (
    CA_FILE,
    Certificate,
    bind_socket,
    listens_everywhere,
    make_certificate,
    server_url,
)
from mockserver.server.process_memory import freeze_heap, release_free_memory
from mockserver.server.protocol import TlsFactory, uvicorn_config
from mockserver.spec.folder import spec_files_in

_STOP_SIGNALS = ("SIGTERM", "SIGBREAK")
"""Signals besides Ctrl-C that stop the server; SIGBREAK is Ctrl-Break on Windows."""

_START_S = 30
PAUSE_S = 0.5


class Serving(Value, frozen=True):
    """Settings of a run: address, output, and files."""

    host: str = "127.0.0.1"
    port: int = 8080
    log: str = "text"
    print_url: bool = False
    tls_dir: Path | None = None
    """Folder with an authority of certificates, for https; None serves http."""
    state_file: Path | None = None
    """File that is loaded at the start and written at the end."""
    ready_file: Path | None = None
    """File that exists while the server listens."""
    watch: bool = False
    """Whether specs, scenarios and fixtures are loaded again when they change."""
    workers: int = 1
    """Number of processes; several need a shared store."""


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
    """Serve until a signal arrives; `report` receives the error if changed files cannot be loaded again.

    Raises PortTakenError; AddressError; SpecError or VendorError if a vendor cannot be served;
    StoreUnavailableError; StartupError if a file cannot be used, or if the state cannot be written at the
    end; ProtocolError if the installed uvicorn lacks an internal name.
    """
    with ExitStack() as stack:
        listening = stack.enter_context(bind_socket(serving.host, serving.port))
        options = dataclasses.replace(options, listens_at=(listening.getsockname()[:2],))
        options = _with_foreign_token(options, serving, listening)
        ready_file = ReadyFile(serving.ready_file) if serving.ready_file else None
        if ready_file:
            stack.enter_context(ready_file.removed_at_end())
        hosts = (serving.host, *(options.hosts or ()))
        certificate = make_certificate(serving.tls_dir, hosts) if serving.tls_dir else None
        stamps = stamps_of(options.start_files)
        log = AccessLog(serving.log, numbers=options.mock_headers)
        stack.callback(log.close)
        app = _ready_app(options, log)
        stack.callback(app.lasting.contract.close)
        stamps = {**stamps_of(_watched(options, app)), **stamps}
        state_file = StateFile(serving.state_file) if serving.state_file else None
        if state_file:
            state_file.load(app.sandboxes, app.served)
        url = server_url("https" if certificate else "http", serving.host, listening.getsockname()[1])
        announce = partial(_announce, app, options, serving, url, ready_file)
        if serving.workers > 1:
            config = workers_config(options, serving.workers, serving.log, serving.tls_dir, hosts)
            listening.listen()
            WorkerProcesses(config, listening, announce).run()
            return
        reloading = ReloadingApp(app, options, report)
        entry = reloading if serving.watch else app.entry
        config = uvicorn_config(entry, _tls_factory(certificate))
        app.lasting.sender.start()
        freeze_heap()
        release_free_memory()
        watching = partial(watch, lambda: _watched(options, reloading.current), stamps, reloading.reload)
        _run_until_signal(
            _Server(config, announce, app.lasting.live.close, watching if serving.watch else None), listening
        )
        if state_file:
            _save(state_file, reloading.current.sandboxes)


def _watched(options: Options, app: Application) -> list[Path]:
    return [*options.start_files, *(part for vendor in app.loaded_at_start for part in vendor.spec.parts)]


def _with_foreign_token(options: Options, serving: Serving, listening: socket.socket) -> Options:
    """Return the options, with a new token if other machines can call and no token is set."""
    if options.control_token or is_loopback(listening.getsockname()[0]):
        return options
    made = dataclasses.replace(options, foreign_token=token_hex())
    if serving.print_url:
        click.echo(token_line(made), err=True)
    return made


def _ready_app(options: Options, log: AccessLog) -> Application:
    app = create_app(options, listeners=log.listeners, note=log.note)
    app.lasting.backend.check()
    for vendor in app.loaded_at_start:
        for note in vendor.spec.notes:
            cure = f"\n  try: {note.cure}" if note.cure else ""
            line = f"line {note.line}: " if note.line else ""
            click.echo(f"warning: {vendor.name}: {line}{note.message}{cure}", err=True)
    return app


def _tls_factory(certificate: Certificate | None) -> TlsFactory | None:
    return None if certificate is None else lambda _config, _default: certificate.context


def _announce(
    app: Application, options: Options, serving: Serving, url: str, ready_file: ReadyFile | None
) -> None:
    greeting = [url] if serving.print_url else banner_lines(app, options, serving, url, process_age_s())
    click.echo("\n".join(greeting))
    if ready_file:
        ready_file.write(url)


def process_age_s() -> float:
    """Return the seconds since this process was started, which includes the start of Python and imports.

    If the system does not tell, return the seconds of CPU that the process has used: on an idle machine they
    are nearly the same.
    """
    try:
        # The name of the program, in brackets, may have blanks; field 22 is the start, in ticks.
        fields = Path("/proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        return time.process_time()


def _run_until_signal(server: uvicorn.Server, listening: socket.socket) -> None:
    # uvicorn raises the signal again after it has stopped; a requested stop is not a failure.
    for one in stop_signals():
        signal.signal(one, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        server.run([listening])


def _save(state_file: StateFile, sandboxes: Sandboxes) -> None:
    handlers = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, *stop_signals())}
    try:
        state_file.save(sandboxes)
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)


def stop_signals() -> list[signal.Signals]:
    """Return the signals besides Ctrl-C that stop the server, as far as the platform has them."""
    return [getattr(signal, name) for name in _STOP_SIGNALS if hasattr(signal, name)]


class WorkerProcesses(Multiprocess):
    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, announce: Callable[[], None]
    ) -> None:
        super().__init__(config, [listening])
        self._announce = announce

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(_START_S, self.should_exit) for process in self.processes):
            self._announce()


def workers_config(
    options: Options, workers: int, log: str, tls_dir: Path | None, hosts: tuple[str, ...]
) -> uvicorn.Config:
    """Return the configuration of workers, each of which builds the application. Raises ProtocolError."""
    tls = None if tls_dir is None else partial(_tls_context, tls_dir, hosts)
    return uvicorn_config(partial(_worker_app, options, log), tls, factory=True, workers=workers)


def _worker_app(options: Options, style: str) -> ASGIApp:
    """Return the application. When it starts, it sends itself a call, which builds the control plane."""
    log = AccessLog(style, numbers=options.mock_headers, worker=os.getpid())
    app = create_app(options, listeners=log.listeners, note=log.note)

    async def prepared(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await InProcessClient(app).send(HttpRequest("GET", HEALTH_PATH))
            app.lasting.sender.start()
            freeze_heap()
            release_free_memory()
            try:
                await app(scope, receive, send)
            finally:
                log.close()  # uvicorn ends the process by a signal
        else:
            await app(scope, receive, send)

    return prepared


def _tls_context(
    folder: Path, hosts: tuple[str, ...], _config: uvicorn.Config, _default: Callable[[], ssl.SSLContext]
) -> ssl.SSLContext:
    return make_certificate(folder, hosts).context


class ReloadingApp:
    """ASGI application that can be reloaded; calls that have begun end in the old application.

    `report` receives the error if a file cannot be used; then the old application stays.
    """

    def __init__(self, app: Application, options: Options, report: Callable[[MockServerError], None]) -> None:
        self.current = app
        self._options, self._report = options, report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.current.entry(scope, receive, send)

    def reload(self, changed: list[Path]) -> None:
        try:
            self.current = reload_app(self._options, self.current)
        except MockServerError as error:
            self._report(error)
        else:
            click.echo(f"reloaded: {', '.join(map(str, changed))}", err=True)


Stamps: TypeAlias = Mapping[Path, tuple[int, int, int]]
"""Time of change, size and inode number of each file."""


def stamps_of(places: Iterable[Path]) -> Stamps:
    """Return the stamps of each file, and of each folder's specs, in `places`; leave out missing files."""
    found: dict[Path, tuple[int, int, int]] = {}
    for place in places:
        for file in spec_files_in(place) if place.is_dir() else [place]:
            try:
                stat = file.stat()
            except OSError:
                continue
            found[file] = stat.st_mtime_ns, stat.st_size, stat.st_ino
    return found


def changed_files(before: Stamps, after: Stamps) -> list[Path]:
    return sorted(file for file in {**before, **after} if before.get(file) != after.get(file))


async def watch(
    places: Callable[[], Iterable[Path]],
    used: Stamps,
    reload: Callable[[list[Path]], None],
    pause_s: float = PAUSE_S,
) -> None:
    """Call `reload` in a thread with the changed files, whenever files have changed; never return.

    `used` are the stamps of the files before they were first read. `reload` is called after a pause without
    further changes, so that half-written files are not read.
    """
    seen = used
    while True:
        await asyncio.sleep(pause_s)
        now = stamps_of(places())
        if now == seen != used:
            await asyncio.to_thread(reload, changed_files(used, now))
            used = now = {**stamps_of(places()), **now}  # a reload may have met more files
        seen = now


def token_line(options: Options) -> str:
    return (
        f"  control token for other machines: {options.foreign_token}   (MOCKSERVER_CONTROL_TOKEN sets one)"
    )


def banner_lines(
    app: Application, options: Options, serving: Serving, url: str, seconds: float
) -> Iterator[str]:
    """Yield the lines of the banner; `url` is the server's address, `seconds` is the age of the process."""
    auth = "strict" if options.strict_auth else "lenient"
    clock = f"frozen at {options.freeze}" if options.freeze else "system"
    mounts = "  ".join(f"/{vendor.name}" for vendor in app.served)
    console = f"console: {url}_console/"
    pages = console if options.console else f"docs: {url}{app.served[0].name}/ui/"
    store = f"memory, saved to {serving.state_file} at the end" if serving.state_file else "memory"
    if options.store:
        store = f"{options.store.shown} · workers {serving.workers}"
    if options.forward:
        yield click.style(options.forward.says, fg="yellow", bold=True)
    yield f"mockserver {__version__} ready in {seconds:.1f} s     {url}"
    yield f"  {mounts}        {pages}"
    for vendor in app.loaded_at_start:
        if vendor.spec.is_own:
            examples = sum(one is vendor.examples[name] for name, one in vendor.handlers.items())
            batches, stored = len(vendor.batch_handlers), len(vendor.handlers) - examples
            counts = f"{batches:,} batch, {stored:,} stored, {examples:,} by example"
            yield f"  {vendor.name}: {counts}; mockserver spec explain FILE says why"
        if keys := vendor.idempotency and vendor.idempotency.in_words(
            vendor.assumptions, options.assumptions
        ):
            yield f"  {vendor.name}: {keys}"
    yield f"  sandbox default · auth {auth} · clock {clock} · store {store}        Ctrl-C stops"
    if listens_everywhere(serving.host):
        yield "  listens on all addresses; --allow-host NAME lets other machines use the control plane"
    if options.foreign_token:
        yield token_line(options)
    if serving.tls_dir:
        yield f"  try: curl --cacert {serving.tls_dir / CA_FILE} {url}_mock/health"
    if serving.watch and options.start_files:
        yield f"  watches {', '.join(map(str, options.start_files))}"
