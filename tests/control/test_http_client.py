from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse, open_client
from tests.support.skipping_loop import run_skipping

OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def carried(serve: Serve, *requests: HttpRequest) -> list[HttpResponse | LostResponse]:
    """Return the responses of a server on a socket."""
    return asyncio.run(_carried(serve, *requests))


async def _carried(serve: Serve, *requests: HttpRequest) -> list[HttpResponse | LostResponse]:
    served: list[asyncio.Task[None]] = []

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.create_task(_served(serve, reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_client(f"http://127.0.0.1:{port}") as sending:
            received = [await sending.send(sent) for sent in requests]
        await asyncio.gather(*served)
    return received


async def _served(serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        await serve(reader, writer)
        writer.close()
        await writer.wait_closed()


def saying(*answers: bytes) -> Serve:
    """A server that reads a head, sends the next response, and closes after the last one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return serve


def resetting(first: bytes) -> Serve:
    """A server that sends `first` and resets the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        await writer.drain()
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return serve


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


def test_an_answer_is_what_came() -> None:
    (received,) = carried(saying(OK), HttpRequest("GET", "/"))

    assert isinstance(received, HttpResponse)
    assert (received.status, received.media_type, received.text) == (200, "text/plain", "ok")


def test_the_time_to_the_end_of_the_answer_is_noted() -> None:
    async def serve_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(2)
        writer.write(OK)

    (received,) = run_skipping(_carried(serve_late, HttpRequest("GET", "/")))

    assert isinstance(received, HttpResponse)
    assert received.elapsed_ms == 2_000


def test_a_header_that_came_twice_stands_together() -> None:
    twice = OK.replace(b"\r\n\r\n", b"\r\nx-a: 1\r\nX-A: 2\r\n\r\n")

    (received,) = carried(saying(twice), HttpRequest("GET", "/"))

    assert isinstance(received, HttpResponse)
    assert received.headers["x-a"] == "1, 2"


@pytest.mark.parametrize(
    ("serve", "kind", "status"),
    [
        (resetting(b""), "reset", None),
        (resetting(OK[:-1]), "reset", 200),
        (saying(b""), "empty", None),
        (saying(OK[:-1]), "truncated", 200),
        (saying(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\no"), "truncated", 200),
        (saying(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), "malformed", 200),
        (saying(b"neither this\r\n\r\n"), "malformed", None),
    ],
    ids=["reset", "reset-late", "empty", "truncated", "truncated-chunk", "bad-chunk", "no-http"],
)
def test_an_answer_that_is_lost_is_named(serve: Serve, kind: str, status: int | None) -> None:
    (received,) = carried(serve, HttpRequest("GET", "/"))

    assert isinstance(received, LostResponse)
    assert (received.kind, received.status) == (kind, status)


def test_an_answer_that_does_not_begin_in_time_is_lost() -> None:
    (received,) = run_skipping(_carried(silent, HttpRequest("GET", "/")))

    assert isinstance(received, LostResponse)
    assert (received.kind, received.status) == ("timeout", None)


def test_the_time_limit_is_for_the_whole_answer() -> None:
    async def serve_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            await asyncio.sleep(1)
            writer.write(b".")
            await writer.drain()

    (received,) = run_skipping(_carried(serve_slowly, HttpRequest("GET", "/", timeout_ms=60_000)))

    assert isinstance(received, LostResponse)
    assert (received.kind, received.status) == ("timeout", 200)


def test_a_call_that_finds_its_open_connection_closed_is_told_apart() -> None:
    kept = HttpRequest("GET", "/", keep_alive=True)

    first, second = carried(saying(OK, b""), kept, kept)

    assert isinstance(first, HttpResponse)
    assert isinstance(second, LostResponse)
    assert second.kind == "closed"


def test_calls_have_a_connection_each_where_none_is_to_be_kept() -> None:
    first, second = carried(saying(OK), HttpRequest("GET", "/"), HttpRequest("GET", "/"))

    assert isinstance(first, HttpResponse)
    assert isinstance(second, HttpResponse)


def test_calls_share_a_connection_where_it_is_to_be_kept() -> None:
    opened = []

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        await saying(OK, OK)(reader, writer)

    carried(counting, HttpRequest("GET", "/", keep_alive=True), HttpRequest("GET", "/", keep_alive=True))

    assert len(opened) == 1


def test_headers_may_repeat_and_a_body_goes_out_in_chunks() -> None:
    seen = bytearray()

    async def reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(OK)

    carried(reading, HttpRequest("PUT", "/a%20b?c[]=d", (("x-a", "1"), ("x-a", "2")), b"abcde", pieces=3))

    assert b"PUT /a%20b?c[]=d HTTP/1.1" in seen
    assert seen.lower().count(b"\r\nx-a: ") == 2
    assert b"2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n" in seen


def test_a_server_that_is_not_there_is_no_answer() -> None:
    async def nowhere() -> HttpResponse | LostResponse:
        async with open_client("http://127.0.0.1:9") as sending:
            return await sending.send(HttpRequest("GET", "/"))

    received = asyncio.run(nowhere())

    assert isinstance(received, LostResponse)
    assert received.kind == "refused"
