"""A real Redis or Valkey in a process of its own, on a port that was free."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as LostConnectionError
from redis.retry import Retry

NAMES = ("redis-server", "valkey-server")
_PATIENT = Retry(ConstantBackoff(0.05), 200, supported_errors=(LostConnectionError, BusyLoadingError))


def find_server() -> str | None:
    """Return the program of the server that `REDIS_SERVER` names, or the first that is there."""
    return next(filter(None, map(shutil.which, filter(None, (os.environ.get("REDIS_SERVER"), *NAMES)))), None)


def redis_program() -> str:
    """Return the program; without one the test is left out, unless REDIS_REQUIRED is set."""
    found = find_server()
    if found is None and not os.environ.get("REDIS_REQUIRED"):
        pytest.skip("no redis-server on this machine: make test-redis installs one")
    assert found is not None, "make test-redis installs one"
    return found


class RedisServer:
    """A server that can be stopped, killed and started again, with the data that it wrote."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, options
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [redis_program(), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self._folder), "--save", "", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line
        self.client().ping()

    def kill(self) -> None:
        """End the server at once, as when its machine is lost."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let the server take connections and answer nothing."""
        self._running.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the server go on."""
        self._running.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server, if it runs."""
        if self._process is not None:
            self.resume()
            self._end(signal.SIGTERM)

    def client(self) -> Redis:
        """Return a client that waits for the server to start."""
        return Redis(port=self.port, retry=_PATIENT, socket_timeout=20)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it was started"
        return self._process

    def _end(self, how: signal.Signals) -> None:
        self._running.send_signal(how)
        self._running.wait(20)
        self._process = None


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    """A server that runs, and is gone afterwards."""
    server = RedisServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
