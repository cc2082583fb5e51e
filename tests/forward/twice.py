"""A server that passes each call on twice: to one server directly, and to its twin through the mock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from threading import Lock
from typing import NamedTuple

from tests.contract.foreign.access import running
from tests.support.any_method import AnyMethodHandler
from tests.support.raw_server import head_and_body
from tests.support.wire import exchange

_OURS = ("mock-journal", "mock-applied", "mock-reason")
_OF_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "content-length")
_INSTANT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}")
"""Instants that a server draws: the clocks of twins differ."""


class Told(NamedTuple):
    """What a client gets: status, headers without those of the connection, and body."""

    status: bytes
    headers: dict[str, str]
    body: bytes


def told(octets: bytes) -> Told:
    headers, body = head_and_body(octets)
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    body = _INSTANT.sub(b"<instant>", body)
    kept = {name: text for name, text in headers.items() if name not in (*_OURS, *_OF_CONNECTION, "date")}
    return Told(octets[9:12], kept, body)


def _joined(chunks: bytes) -> bytes:
    body, rest = b"", chunks
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
    return body


@dataclass(slots=True)
class Twice:
    """The calls and their answers; `differences` are those whose answers are not the same."""

    direct: str
    through: str
    """Address of the mock with the mount of its vendor."""
    calls: list[tuple[str, str, list[tuple[str, str]], bytes]] = field(default_factory=list)
    differences: list[tuple[bytes, Told, Told]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def pass_on(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Told:
        lines = [f"{name}: {text}" for name, text in headers if name.lower() != "connection"]
        with self.lock:
            direct = self._send(self.direct, method, target, lines, body)
            through = self._send(self.through, method, target, lines, body)
            self.calls.append((method, target, headers, body))
            if direct != through:
                self.differences.append((f"{method} {target}".encode() + body, direct, through))
        return direct

    def _send(self, url: str, method: str, target: str, lines: list[str], body: bytes) -> Told:
        mount = "/" + "/".join(url.split("/")[3:])
        first = f"{method} {mount.rstrip('/')}{target} HTTP/1.1"
        head = "\r\n".join([first, *lines, "Connection: close", "", ""])
        return told(exchange(url, head.encode("latin-1") + body))


class _Handler(AnyMethodHandler):
    twice: Twice

    def handle_call(self) -> None:
        body = self.read_body()
        answer = type(self).twice.pass_on(self.command, self.path, self.headers.items(), body)
        self.send_response_only(int(answer.status))
        for name, text in answer.headers.items():
            for one in text.split("|"):
                self.send_header(name, one)
        if int(answer.status) not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def sent_twice(direct: str, through: str) -> Iterator[tuple[str, Twice]]:
    """Serve on a free port; yield the address, and what became of the calls."""
    twice = Twice(direct, through)
    handler = type("Handler", (_Handler,), {"twice": twice})
    with _Server(("127.0.0.1", 0), handler) as server, running(server) as url:
        yield url, twice
