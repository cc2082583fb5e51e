from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mockserver.testing import control_client
from mockserver.testing.control_client import NoResponseError


@contextmanager
def answering(response: bytes) -> Iterator[str]:
    """Answer one request with these bytes; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(response)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


def get(url: str) -> control_client.Response:
    return control_client.send("GET", url, {}, None, 10)


@pytest.mark.parametrize(
    ("status", "is_success"), [("200 OK", True), ("302 Found", False), ("404 Not Found", False)]
)
def test_every_status_is_a_response(status: str, *, is_success: bool) -> None:
    raw = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nhi"
    with answering(raw.encode()) as url:
        response = get(url)

    assert (f"{response.status} {response.reason}", response.is_success) == (status, is_success)
    assert response.content == b"hi"


@pytest.mark.parametrize("raw", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"])
def test_an_answer_that_is_not_complete_http_is_no_response(raw: bytes) -> None:
    with answering(raw) as url, pytest.raises(NoResponseError, match=r"."):
        get(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("nonsense", "write an address such as http://127.0.0.1:8080"),
        ("file:///etc/hostname", "write an address such as http://127.0.0.1:8080"),
        ("http://127.0.0.1:nine", "nine"),
    ],
)
def test_an_address_where_nothing_answers_is_told(url: str, said: str) -> None:
    with pytest.raises(NoResponseError, match=said):
        get(url)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        assert get(url).status == 204
