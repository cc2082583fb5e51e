"""A line between a browser and a server, which can be cut and mended."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

_CHUNK = 65536


class Forwarder:
    """Passes connections at its own port on to another one, as long as it is not cut."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def join(self, target: str) -> None:
        """Listen, always at the same port, and pass connections on to the server at `target`."""
        port = int(target.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        Thread(target=self._accept, args=(self._listener, port), daemon=True).start()

    def cut(self) -> None:
        """End all connections and take no further one."""
        if self._listener is not None:
            _end(self._listener)
            self._listener = None
        with self._lock:
            left, self._open = self._open, set()
        for one in left:
            _end(one)

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                with self._lock:
                    self._open |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    Thread(target=_pass_on, args=(source, sink), daemon=True).start()


@contextmanager
def forwarding(target: str) -> Iterator[Forwarder]:
    """A line to the server at `target`."""
    forwarder = Forwarder()
    forwarder.join(target)
    try:
        yield forwarder
    finally:
        forwarder.cut()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_CHUNK):
            sink.sendall(piece)
    for one in (source, sink):
        _end(one)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
