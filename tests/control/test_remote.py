from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from mockserver.control import replay
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.control.http_client import LostResponse, Request, Response
from mockserver.control.replay import RemoteClient


class Echo(BaseHTTPRequestHandler):
    """Echoes the request; /moved redirects, /break closes early, /long sends too much."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        result = f"{self.path} {sorted(name.lower() for name in self.headers)} {body!r}".encode()
        self.send_response(302 if self.path.endswith("/moved") else 200)
        if self.path.endswith("/moved"):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(result) + (9 if self.path.endswith("/break") else 0)))
        self.end_headers()
        self.wfile.write(result)
        if self.path.endswith("/break"):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def listening() -> Iterator[str]:
    """The URL of a server that is not a mock server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with listening() as url:
        yield url


def came(to: str, sent: Request, hosts: tuple[str, ...] = ()) -> Response | LostResponse:
    there = RemoteClient(hosts)
    return asyncio.run(there.send(there.address(to), sent))


def test_a_call_goes_below_the_address(url: str) -> None:
    response = came(f"{url}/acme/", Request("PUT", "/orders%2F?a=%20", (("x-one", "1"),), b"abc"))

    assert isinstance(response, Response)
    assert response.text == "/acme/orders%2F?a=%20 ['content-length', 'host', 'x-one'] b'abc'"


def test_a_redirect_is_an_answer_like_another(url: str) -> None:
    response = came(url, Request("PUT", "/moved"))

    assert isinstance(response, Response)
    assert (response.status, response.headers["location"]) == (302, "/elsewhere")


def test_an_answer_that_breaks_off_is_lost(url: str) -> None:
    lost = came(url, Request("PUT", "/break"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.status) == ("truncated", 200)


def test_an_answer_that_is_too_long_is_lost(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MAX_RESPONSE_BYTES", 10)

    lost = came(url, Request("PUT", "/"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.detail) == ("truncated", "over 10 bytes")


def test_where_nobody_listens_nothing_is_answered() -> None:
    lost = came("http://127.0.0.1:1", Request("PUT", "/"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.status) == ("refused", None)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:9", "https://localhost/x", "http://[::1]:80/", "http://127.8.8.8"]
)
def test_loopback_may_be_called(text: str) -> None:
    assert RemoteClient().address(text).host


def test_a_host_that_the_server_was_started_with_may_be_called() -> None:
    assert RemoteClient(("mock.test",)).address("https://mock.test/x").host == "mock.test"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "/acme",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1/?a=b",
        "http://127.0.0.1/#a",
        "http://example.test",
        "http://127.0.0.1.example.test",
        "http://localhost.example.test",
        "http://0.0.0.0",
        "http://169.254.169.254/latest",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://127.0.0.1:999999",
        "http://127.0.0.1:-1",
        "http://\x00",
    ],
)
def test_nowhere_else_is_called(text: str) -> None:
    with pytest.raises(UnprocessableMemberError) as refused:
        RemoteClient().address(text)

    assert refused.value.members["errors"][0]["pointer"] == "/to"


def test_a_target_that_no_address_may_have_is_lost() -> None:
    sent = Request("GET", f"/{'a' * 70_000}", (), b"", timeout_ms=1000)

    lost = came("http://127.0.0.1:1", sent)

    assert isinstance(lost, LostResponse)
    assert (lost.kind, "too long" in lost.detail) == ("refused", True)
