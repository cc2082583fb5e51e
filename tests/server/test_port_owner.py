from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from mockserver.server.listening import find_owner, print_uptime

NOWHERE = Path("/nonexistent")


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A port on which everything is answered with this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_parts: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_another_mockserver_is_named_with_version_uptime_and_address() -> None:
    with answering(b'{"status": "ok", "version": "9.8", "uptimeSeconds": 10900}') as port:
        owner = find_owner("127.0.0.1", port, NOWHERE)

    assert owner is not None
    assert (owner.name, owner.url) == ("another mockserver (9.8, up 3 h)", f"http://127.0.0.1:{port}")


def test_an_older_mockserver_is_named_without_uptime() -> None:
    with answering(b'{"status": "ok", "version": "0.1.0"}') as port:
        owner = find_owner("127.0.0.1", port, NOWHERE)

    assert owner is not None
    assert owner.name == "another mockserver (0.1.0)"


@pytest.mark.parametrize(
    "body", [b"hello", b"[]", b'{"status": "ok"}', b'{"status": "up", "version": "1"}', b""]
)
def test_another_web_server_is_none(body: bytes) -> None:
    with answering(body) as port:
        assert find_owner("127.0.0.1", port, NOWHERE) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by files who listens")
def test_linux_tells_the_process() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        owner = find_owner("127.0.0.1", listening.getsockname()[1])

    assert owner is not None
    assert owner.name.startswith(f"process {os.getpid()} (")
    assert owner.url == ""


def test_a_port_of_nobody_has_no_owner() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert find_owner("127.0.0.1", bound.getsockname()[1]) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_an_uptime_is_told_in_its_largest_unit(seconds: int, text: str) -> None:
    assert print_uptime(seconds) == text
