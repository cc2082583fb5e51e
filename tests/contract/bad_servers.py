"""Servers on loopback that answer with the bytes that a test says, and misbehave in other ways."""

from __future__ import annotations

import socket
import socketserver
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from mockserver.contract.exchange import CallLimits

LIMIT_SECONDS = 0.1
"""How long a test waits for an answer that does not come."""

PATIENT = CallLimits(60, body_bytes=100_000)
"""For answers that come, or break off by themselves: on a slow machine too."""

SOON = CallLimits(1.5, body_bytes=100_000)
"""For servers of which one answer never comes, or never ends, and the others do come."""

HASTY = CallLimits(LIMIT_SECONDS, body_bytes=100_000, slow_calls=3)
"""For servers that never answer."""

Behaviour = Callable[[bytes, socket.socket, Event], None]
"""Answers a request (its bytes) through a connection; the event is set when the server ends."""


def answer(content: bytes) -> Behaviour:
    """Send these bytes, and close the connection."""

    def behave(_request: bytes, connection: socket.socket, _ended: Event) -> None:
        connection.sendall(content)

    return behave


def say_nothing(_request: bytes, _connection: socket.socket, ended: Event) -> None:
    """Wait until the server ends."""
    ended.wait()


def reset(_request: bytes, connection: socket.socket, _ended: Event) -> None:
    """Cut the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def send_without_end(_request: bytes, connection: socket.socket, ended: Event) -> None:
    """Send a body that has no end, as fast as it is read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not ended.is_set():
        connection.sendall(b" " * 65536)


def send_in_drops(_request: bytes, connection: socket.socket, ended: Event) -> None:
    """Send a byte of a long body now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not ended.wait(LIMIT_SECONDS / 10):
        connection.sendall(b" ")


def send_head_in_drops(_request: bytes, connection: socket.socket, ended: Event) -> None:
    """Send a byte of a long header now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not ended.wait(LIMIT_SECONDS / 10):
        connection.sendall(b"x")


def continue_without_end(_request: bytes, connection: socket.socket, ended: Event) -> None:
    """Announce an answer again and again, and send none."""
    while not ended.wait(LIMIT_SECONDS / 100):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def of_operation(path: str, bad: Behaviour, good: bytes) -> Behaviour:
    """Be bad below one path, and send `good` everywhere else."""

    def behave(request: bytes, connection: socket.socket, ended: Event) -> None:
        asked = request.split(b" ")[1]
        (bad if asked.startswith(path.encode()) else answer(good))(request, connection, ended)

    return behave


def message(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """Return a whole HTTP answer with a JSON body."""
    head = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Connection: close"]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), *headers, b"", body])


@contextmanager
def serve(behaviour: Behaviour) -> Iterator[str]:
    """Serve on a free port; yield the address, without a slash at the end."""
    ended = Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection: socket.socket = self.request
            with suppress(OSError):
                behaviour(_request(connection), connection, ended)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of a caller that has gone."""

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            ended.set()
            server.shutdown()


def _request(connection: socket.socket) -> bytes:
    """Return a request with its body."""
    received = b""
    while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < int(lengths[0]) and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body
