"""Calls on a bare socket, so that the client costs as little as it can."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

HOST = "127.0.0.1"
PATIENCE_S = 30
_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


def request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A call, as it goes over the wire."""
    always = {"Host": HOST, "User-Agent": "bench", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {text}\r\n" for name, text in {**always, **headers}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection that sends at once what it is given."""
    with socket.create_connection((HOST, port), PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def timed(connection: socket.socket, call: bytes, status: int) -> float:
    """How long the call takes, in ms.

    Raises:
        SystemExit: it is answered with another status, or not at all.
    """
    start = perf_counter()
    answer = answered(connection, call)
    took = (perf_counter() - start) * 1000
    if status_of(answer) != status:
        raise SystemExit(f"{status} was expected: {answer[:2000].decode(errors='replace')}")
    return took


def answered(connection: socket.socket, call: bytes) -> bytes:
    """The whole answer, head and body.

    Raises:
        SystemExit: the connection was closed before its end.
    """
    connection.sendall(call)
    reading = Reading()
    while not reading.complete:
        received = connection.recv(1 << 20)
        if not received:
            raise SystemExit(f"the server closed the connection after {reading.answer[:500]!r}")
        reading.add(received)
    return reading.answer


class Reading:
    """An answer while it arrives."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing: int | None = None

    @property
    def answer(self) -> bytes:
        return b"".join(self._parts)

    @property
    def complete(self) -> bool:
        """Whether the body has all bytes of its length, or its last chunk."""
        if self._missing is None:
            return bool(self._parts) and self._is_head_there() and self._parts[-1].endswith(_LAST_CHUNK)
        return self._missing <= 0

    def add(self, received: bytes) -> None:
        self._parts.append(received)
        if self._missing is not None:
            self._missing -= len(received)
        elif self._is_head_there():
            whole = self.answer
            head, _, rest = whole.partition(_HEAD_END)
            self._parts = [whole]
            length = content_length(head)
            self._missing = None if length is None else length - len(rest)

    def _is_head_there(self) -> bool:
        return _HEAD_END in self._parts[0] or _HEAD_END in self.answer


def status_of(answer: bytes) -> int:
    return int(answer[9:12])


def body_of(answer: bytes) -> bytes:
    return answer.partition(_HEAD_END)[2]


def header_of(answer: bytes, name: str) -> str:
    """The text of a header, "" if it is not there."""
    start = name.lower().encode() + b":"
    head = answer.partition(_HEAD_END)[0]
    found = (line[len(start) :].strip() for line in head.split(b"\r\n") if line.lower().startswith(start))
    return next(found, b"").decode()


def content_length(head: bytes) -> int | None:
    """The length that a head declares, None if the body comes in chunks."""
    length = header_of(head, "content-length")
    return int(length) if length else None
