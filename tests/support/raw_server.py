"""A server that answers each connection with given bytes, whole or not, and keeps what it received."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread
from typing import Literal, TypeAlias

End: TypeAlias = Literal["close", "reset", "hold"]
_NO_LINGER = struct.pack("ii", 1, 0)


def _read_request(connection: socket.socket) -> bytes:
    octets = b""
    while b"\r\n\r\n" not in octets and (piece := connection.recv(65_536)):
        octets += piece
    head, _, body = octets.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
    )
    while len(body) < length and (piece := connection.recv(65_536)):
        octets, body = octets + piece, body + piece
    return octets


@contextmanager
def raw_server(
    answer: bytes | Callable[[bytes], bytes | Iterable[bytes]], end: End = "close"
) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address, and the list of the requests that were received.

    After the answer the connection is closed or reset, or held open until the context ends.
    """
    received: list[bytes] = []
    is_over = Event()

    def serve(connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            request = _read_request(connection)
            received.append(request)
            told = answer if isinstance(answer, bytes) else answer(request)
            for octets in (told,) if isinstance(told, bytes) else told:
                connection.sendall(octets)
            if end == "hold":
                is_over.wait()
            elif end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)

    def accept() -> None:
        with suppress(OSError):
            while True:
                Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", received
        finally:
            is_over.set()
            listening.shutdown(socket.SHUT_RDWR)


def head_and_body(message: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers by name in lower case (equal names joined by "|") and the body."""
    head, _, body = message.partition(b"\r\n\r\n")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, text = line.partition(":")
        name, text = name.lower(), text.strip()
        headers[name] = f"{headers[name]}|{text}" if name in headers else text
    return headers, body
