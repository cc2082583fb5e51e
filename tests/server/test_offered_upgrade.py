"""Clients that offer HTTP/2, as Java's own does with every first request."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mockserver.testing.threaded_server import run_in_thread
from tests.support import sample_vendor

BODY = b'{"orders": [{"id": "A", "amount": 1}]}'
LINES = (
    "PUT /acme/orders HTTP/1.1",
    "Host: 127.0.0.1",
    "Authorization: Bearer any",
    "Content-Type: application/json",
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA",
)
HEAD = "".join(f"{line}\r\n" for line in LINES)
WHOLE = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode()
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
PATIENCE_S = 10


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_in_thread(sample_vendor.create_application(tmp_path_factory.mktemp("specs"))) as address:
        yield address


def sent(url: str, *pieces: bytes) -> bytes:
    """Return all that the server answers until it ends the connection."""
    host, _, port = url.partition("://")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "pieces",
    [
        (WHOLE + BODY,),
        (WHOLE, BODY),
        (WHOLE[:90], WHOLE[90:], BODY[:5], BODY[5:]),
        (CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),),
        (CHUNKED, b"%x\r\n%s\r\n" % (len(BODY), BODY), b"0\r\n\r\n"),
    ],
    ids=["at once", "head and body", "torn", "chunked", "chunks"],
)
def test_a_request_that_offers_http_2_keeps_its_body(url: str, pieces: tuple[bytes, ...]) -> None:
    answer = sent(url, *pieces)

    assert answer.startswith(b"HTTP/1.1 207 ")
    assert b'"A"' in answer


def test_a_request_without_a_body_may_offer_it_too(url: str) -> None:
    answer = sent(url, HEAD.replace("PUT", "GET").encode() + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_what_comes_behind_such_a_request_is_not_answered(url: str) -> None:
    answer = sent(url, WHOLE + BODY + WHOLE + BODY)

    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_body_that_is_no_chunk_is_refused(url: str) -> None:
    answer = sent(url, CHUNKED + b"no chunk\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
