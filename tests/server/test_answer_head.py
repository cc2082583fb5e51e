from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from weakref import ref

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from mockserver.server.protocol import (
    MockServerProtocol,
    ResponseHead,
    SocketConnection,
    checked_protocol,
    head_of,
    spell_names,
    spelled,
)

LENGTH = (b"Content-Length", b"2")


@dataclass
class Wire:
    """A transport that keeps each piece that it is given, as one system call would send it."""

    pieces: list[bytes] = field(default_factory=list)
    is_closed: bool = False

    def write(self, octets: bytes) -> None:
        self.pieces.append(octets)

    def writelines(self, pieces: tuple[bytes, ...]) -> None:
        self.pieces.append(b"".join(pieces))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, _name: str) -> None:
        return None

    def resume_reading(self) -> None:
        """Do nothing: nothing is read."""


def cycle_on(wire: Any, ended: list[bool], method: str = "GET", *, keep_alive: bool = True) -> Any:
    """A call under uvicorn, at the start of its answer."""
    scope: Any = {"type": "http", "method": method, "http_version": "1.1"}
    return RequestResponseCycle(
        scope,
        wire,
        FlowControl(wire),
        logging.getLogger("uvicorn.error"),
        logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: ended.append(True),
    )


def connection_on(cycle: Any) -> SocketConnection:
    protocol = object.__new__(MockServerProtocol)
    protocol.ended = asyncio.Event()
    protocol.ended.set()
    return SocketConnection(protocol, cycle)


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


def sent_by(connection: SocketConnection, *messages: dict[str, Any]) -> None:
    async def send_all() -> None:
        for message in messages:
            await connection.send(message)

    asyncio.run(send_all())


def test_head_and_body_leave_in_one_piece() -> None:
    wire = Wire()

    sent_by(connection_on(cycle_on(wire, [])), start(LENGTH), body(b"ok"))

    assert wire.pieces == [b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\nok"]


def test_a_head_of_no_known_length_leaves_at_once() -> None:
    wire = Wire()

    sent_by(connection_on(cycle_on(wire, [])), start())

    assert wire.pieces == [b"HTTP/1.1 200 OK\r\nDate: today\r\nTransfer-Encoding: chunked\r\n\r\n"]


@pytest.mark.parametrize("name", [b"Date", b"DATE", b"date"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_date_of_an_application_takes_the_place_of_the_machines(method: str, name: bytes) -> None:
    wire = Wire()

    sent_by(connection_on(cycle_on(wire, [], method)), start((name, b"then"), LENGTH), body(b"ok"))

    head = wire.pieces[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line for line in head if line.lower().startswith(b"date")] == [b"%s: then" % spelled(name)]


def test_a_head_comes_before_what_is_written_beside_uvicorn() -> None:
    wire = Wire()
    connection = connection_on(cycle_on(wire, []))
    sent_by(connection, start(LENGTH))

    connection.write(b"surplus")

    assert wire.pieces == [b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\n", b"surplus"]


def test_a_head_leaves_before_the_first_drop_is_waited_for() -> None:
    wire = Wire()
    connection = connection_on(cycle_on(wire, []))
    sent_by(connection, start(LENGTH))

    asyncio.run(connection.wait(1))

    assert len(wire.pieces) == 1


def test_a_client_that_has_left_is_sent_nothing() -> None:
    wire = Wire()
    cycle = cycle_on(wire, [])
    connection = connection_on(cycle)
    sent_by(connection, start(LENGTH))
    cycle.disconnected = True

    sent_by(connection, body(b"ok"))
    connection.send_head()

    assert wire.pieces == []


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
def test_a_call_that_has_ended_is_freed_without_the_collector() -> None:
    assert asyncio.run(call_left_over()) is None


async def call_left_over() -> Any:
    """The first of two calls on a connection, if anything still knows it after the second."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(start(LENGTH))
        await send(body(b"ok"))

    config = uvicorn.Config(app, http=checked_protocol(), lifespan="off", log_config=None)
    protocol = MockServerProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(cast("Any", Wire()))
    first = await cycle_of_call(protocol)
    await cycle_of_call(protocol)
    protocol.connection_lost(None)
    return first()


async def cycle_of_call(protocol: MockServerProtocol) -> ref[Any]:
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    await asyncio.gather(*protocol.tasks)
    await asyncio.sleep(0)  # the task itself leaves uvicorn's set in the next turn
    return ref(protocol.cycle)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [LENGTH, LENGTH],
        [(b"Content-Length", b"two")],
        [LENGTH, (b"Connection", b"close")],
        [LENGTH, (b"Transfer-Encoding", b"chunked")],
        [LENGTH, (b"no name", b"")],
        [LENGTH, (b"X-One", b"a\r\nb: c")],
    ],
    ids=str,
)
def test_uvicorn_writes_what_is_not_plain(headers: list[tuple[bytes, bytes]]) -> None:
    assert head_of(200, headers) is None


def test_a_head_knows_the_length_of_its_body() -> None:
    assert head_of(404, [LENGTH]) == ResponseHead(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n", 2)


NAMES = (b"X-One", b"x-two", b"content-type", b"Content-Length", b"Vary", b"connection", b"transfer-encoding")
TEXTS = (b"", b"1", b"2", b"3", b"text/plain", b"close", b"chunked", b"a\nb")
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)), max_size=4)
BODIES = st.lists(st.sampled_from((b"", b"1", b"ok", b"long")), max_size=3)


@given(
    headers=HEADERS,
    bodies=BODIES,
    method=st.sampled_from(("GET", "PUT", "HEAD")),
    status=st.sampled_from((200, 204, 207, 304, 500, 599)),
    keep_alive=st.booleans(),
)
def test_the_answer_is_the_one_that_uvicorn_would_send(
    *, headers: list[tuple[bytes, bytes]], bodies: list[bytes], method: str, status: int, keep_alive: bool
) -> None:
    messages = [start(*headers, status=status)]
    messages += [body(content, more=at < len(bodies) - 1) for at, content in enumerate(bodies)]

    theirs = outcome(method, messages, keep_alive=keep_alive, is_ours=False)
    ours = outcome(method, messages, keep_alive=keep_alive, is_ours=True)

    assert ours == theirs


def outcome(method: str, messages: list[dict[str, Any]], *, keep_alive: bool, is_ours: bool) -> Any:
    """The octets on the wire, and what became of the call."""
    wire, ended = Wire(), list[bool]()
    cycle = cycle_on(wire, ended, method, keep_alive=keep_alive)
    connection = connection_on(cycle)
    failed = ""
    try:
        if is_ours:
            sent_by(connection, *messages)
        else:
            asyncio.run(by_uvicorn(cycle, messages))
    except (RuntimeError, ValueError) as error:
        failed = str(error)
    connection.send_head()
    sent = b"".join(wire.pieces if is_ours else spelled_first(wire.pieces, messages[0]["headers"]))
    state = (cycle.response_started, cycle.response_complete, cycle.keep_alive, cycle.message_event.is_set())
    return sent, failed, state, cycle.expected_content_length, wire.is_closed, ended


async def by_uvicorn(cycle: Any, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        await cycle.send(message)


def spelled_first(pieces: list[bytes], headers: list[tuple[bytes, bytes]]) -> list[bytes]:
    return [spell_names(pieces[0], headers), *pieces[1:]] if pieces else []
