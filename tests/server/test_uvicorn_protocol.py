from __future__ import annotations

import logging
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Literal, Self, TypeAlias, TypeVar, get_args
from urllib.parse import quote, unquote

import msgspec
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mockserver.model import Delivery
from mockserver.server import protocol
from mockserver.server.listening import make_certificate
from mockserver.server.protocol import ProtocolError, checked_protocol, reset_on_close
from mockserver.server.transport_faults import (
    FAULTS,
    SURPLUS_BYTES,
    OutgoingReply,
    connection_of,
    deliver,
    is_bodiless,
)

CONTENT = b'[{"id": "A"}, {"id": "B"}]'
HALF = CONTENT[: len(CONTENT) // 2]
PATIENCE_S = 5
T = TypeVar("T")
LoopName: TypeAlias = Literal["asyncio", "uvloop"]


@dataclass(frozen=True, slots=True)
class Setup:
    """An event loop, and whether it serves https."""

    loop: LoopName
    is_tls: bool = False

    def __str__(self) -> str:
        return f"{self.loop}{' https' if self.is_tls else ''}"


SETUPS = [Setup(loop, is_tls) for is_tls in (False, True) for loop in get_args(LoopName)]
every_setup = pytest.mark.parametrize("setup", SETUPS, ids=str)


@dataclass(frozen=True, slots=True)
class Visit:
    """Events of one call: its start and its end."""

    begun: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Shop:
    """ASGI application whose query selects the delivery; `visits` are by path."""

    visits: defaultdict[str, Visit] = field(default_factory=lambda: defaultdict(Visit))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        visit = self.visits[scope["path"]]
        visit.begun.set()
        said = msgspec.json.decode(unquote(scope["query_string"].decode()) or b"{}", type=Delivery)
        headers = [(b"content-length", b"%d" % len(CONTENT))]
        bare = is_bodiless(scope["method"], 200)
        await deliver(OutgoingReply(200, headers, CONTENT, bare, said, send, connection_of(scope)))
        visit.over.set()


class TlsWire:
    """A TLS connection whose reset can be seen: Python's own `SSLSocket` shows it as the end."""

    def __init__(self, wire: socket.socket, trust: ssl.SSLContext) -> None:
        self._wire, self._in, self._out = wire, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._in, self._out, server_hostname="127.0.0.1")
        self._until_done(self._tls.do_handshake)
        self.settimeout = wire.settimeout
        self.close = wire.close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def sendall(self, octets: bytes) -> None:
        self._until_done(partial(self._tls.write, octets))

    def recv(self, size: int) -> bytes:
        try:
            return self._until_done(partial(self._tls.read, size))
        except ssl.SSLZeroReturnError:
            return b""

    def _until_done(self, step: Callable[[], T]) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                octets = self._wire.recv(1 << 16)
                if not octets:
                    raise ssl.SSLZeroReturnError from None
                self._in.write(octets)
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if octets := self._out.read():  # to send nothing fails after a reset, too
            self._wire.sendall(octets)


Wire: TypeAlias = socket.socket | TlsWire


@dataclass(frozen=True, slots=True)
class Open:
    """A shop that listens on a port."""

    shop: Shop
    port: int
    server: uvicorn.Server
    thread: Thread
    trust: ssl.SSLContext | None = None

    def connect(self) -> Wire:
        wire = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        return TlsWire(wire, self.trust) if self.trust else wire


@contextmanager
def opened(setup: Setup) -> Iterator[Open]:
    shop = Shop()
    with (
        TemporaryDirectory() as folder,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening,
    ):
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        certificate = make_certificate(Path(folder), ()) if setup.is_tls else None
        config = uvicorn.Config(
            shop,
            http=checked_protocol(),
            loop=setup.loop,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=PATIENCE_S,
            ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        trust = ssl.create_default_context(cafile=certificate.ca_file) if certificate else None
        yield Open(shop, listening.getsockname()[1], server, thread, trust)
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module", params=SETUPS, ids=str)
def open_shop(request: pytest.FixtureRequest) -> Iterator[Open]:
    with opened(request.param) as shop:
        yield shop


@pytest.fixture
def wire(open_shop: Open) -> Iterator[Wire]:
    """A connection to the shop."""
    with open_shop.connect() as connected:
        yield connected


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that uvicorn logs nothing about intended faults."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


def request(path: str = "/", head: str = "", method: str = "GET", **delivery: Any) -> bytes:
    """Return a request that selects this delivery."""
    asked = quote(msgspec.json.encode(delivery).decode())
    return f"{method} {path}?{asked} HTTP/1.1\r\nHost: h\r\n{head}\r\n".encode()


def rest_of(wire: Wire) -> tuple[bytes, bool]:
    """Return all received bytes, and whether the connection ends with a reset."""
    received = b""
    try:
        while octets := wire.recv(1 << 16):
            received += octets
    except ConnectionResetError:
        return received, True
    return received, False


def one_of(wire: Wire, length: int = len(CONTENT)) -> bytes:
    """Return the next response, whose body has that length; the connection stays open."""
    received = b""
    while not received.partition(b"\r\n\r\n")[2][length - 1 :]:
        octets = wire.recv(1)
        assert octets
        received += octets
    return received


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def length_of(answer: bytes) -> int:
    return int(answer.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


@pytest.mark.parametrize("size", [b"10000000000", b"8000000000000000", b"0FFFFFFFFFFFFFFFF; far=1"])
def test_a_chunk_that_nobody_could_send_whole_is_refused_at_once(wire: Wire, size: bytes) -> None:
    wire.sendall(
        request(head="Transfer-Encoding: chunked\r\n", method="POST") + b"2\r\n{}\r\n" + size + b"\r\n[]"
    )

    answer, is_reset = rest_of(wire)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not is_reset


LENGTH = len(CONTENT)
RESET = {"fault": "CONNECTION_RESET_BY_PEER"}
CLOSE = "Connection: close\r\n"


@pytest.mark.parametrize("delivery", [RESET, {"fault": "EMPTY_RESPONSE"}])
def test_a_connection_ends_without_a_byte(wire: Wire, delivery: dict[str, Any]) -> None:
    wire.sendall(request(**delivery))

    assert rest_of(wire) == (b"", delivery is RESET)


@pytest.mark.parametrize(
    ("asked", "length", "body", "is_reset"),
    [
        (request(**RESET, fraction=0.5), LENGTH, HALF, True),
        (request(**RESET, fraction=0), LENGTH, b"", True),
        (request(fault="WRONG_LENGTH"), LENGTH + SURPLUS_BYTES, CONTENT, False),
        (request(head=CLOSE, fault="LENGTH_TOO_SMALL"), len(HALF), CONTENT, False),
        (request(head=CLOSE, chunks=3, spread_ms=2), LENGTH, CONTENT, False),
        *(  # HEAD has no body to break
            (request(method="HEAD", head=CLOSE, fault=fault), LENGTH, b"", False)
            for fault in ("", "WRONG_LENGTH", "LENGTH_TOO_SMALL", "MALFORMED_RESPONSE_CHUNK", "CLOSE_IDLE")
        ),
    ],
)
def test_a_length_and_a_body_arrive_before_the_end(
    wire: Wire, asked: bytes, length: int, body: bytes, *, is_reset: bool
) -> None:
    wire.sendall(asked)

    answer, reset = rest_of(wire)

    assert (length_of(answer), body_of(answer), reset) == (length, body, is_reset)


@pytest.mark.parametrize(("fault", "body"), [("LENGTH_TOO_SMALL", CONTENT), ("TRUNCATED_BODY", HALF)])
def test_a_connection_goes_on_after_a_length_that_is_too_small(wire: Wire, fault: str, body: bytes) -> None:
    wire.sendall(request(fault=fault))
    first = one_of(wire, len(body))
    wire.sendall(request())

    assert (length_of(first), body_of(first), body_of(one_of(wire))) == (len(HALF), body, CONTENT)


@pytest.mark.parametrize(
    ("delivery", "length"),
    [
        ({"fault": "NO_RESPONSE"}, 0),
        ({"chunks": 2, "spread_ms": 60_000}, 0),
        ({"fault": "CLOSE_IDLE"}, LENGTH),
    ],
)
def test_a_connection_stays_open_and_silent(wire: Wire, delivery: dict[str, Any], length: int) -> None:
    wire.sendall(request(**delivery))
    if length:
        one_of(wire, length)
    wire.settimeout(0.05)

    with pytest.raises(TimeoutError):
        one_of(wire)


def test_random_data_is_followed_by_the_end(wire: Wire) -> None:
    wire.sendall(request(fault="RANDOM_DATA_THEN_CLOSE"))

    received, reset = rest_of(wire)

    assert (len(received), received[:5] == b"HTTP/", reset) == (64, False, False)


def test_a_malformed_chunk_is_followed_by_the_end(wire: Wire) -> None:
    wire.sendall(request(fault="MALFORMED_RESPONSE_CHUNK"))

    answer, reset = rest_of(wire)

    assert b"Transfer-Encoding: chunked" in answer
    assert (b"content-length" in answer.lower(), body_of(answer), reset) == (
        False,
        b"this is no chunk\r\n",
        False,
    )


@pytest.mark.parametrize(
    ("path", "delivery"),
    [
        ("/none", {"fault": "NO_RESPONSE"}),
        ("/late", {"delay_ms": 60_000}),
        ("/drops", {"chunks": 10, "spread_ms": 60_000}),
    ],
)
def test_a_client_that_leaves_ends_the_waiting(open_shop: Open, path: str, delivery: dict[str, Any]) -> None:
    visit = open_shop.shop.visits[path]
    with open_shop.connect() as wire:
        wire.sendall(request(path, **delivery))
        assert visit.begun.wait(PATIENCE_S)
        assert not visit.over.is_set()

    assert visit.over.wait(PATIENCE_S)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_nobody_complains_of_a_fault_that_its_client_does_not_wait_for(open_shop: Open, fault: str) -> None:
    visit = open_shop.shop.visits[f"/unmet-{fault}"]
    with open_shop.connect() as wire:
        wire.sendall(request(f"/unmet-{fault}", delay_ms=60_000, fraction=0.5, fault=fault))
        assert visit.begun.wait(PATIENCE_S)

    assert visit.over.wait(PATIENCE_S)


def test_a_client_that_asks_again_and_leaves_ends_the_waiting(
    open_shop: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_POLL_S", 0.02)
    visit = open_shop.shop.visits["/thrice"]
    with open_shop.connect() as wire:
        wire.sendall(request("/thrice", fault="NO_RESPONSE") * 3)
        assert visit.begun.wait(PATIENCE_S)

    assert visit.over.wait(PATIENCE_S)


@every_setup
def test_a_server_with_calls_that_hang_stops_at_once(setup: Setup) -> None:
    with opened(setup) as shop:
        wires = [shop.connect() for _ in range(3)]
        for number, wire in enumerate(wires):
            wire.sendall(request(f"/{number}", fault="NO_RESPONSE"))
            assert shop.shop.visits[f"/{number}"].begun.wait(PATIENCE_S)
        shop.server.should_exit = True
        shop.thread.join(PATIENCE_S / 2)

        assert not shop.thread.is_alive()
        assert [rest_of(wire) for wire in wires] == [(b"", False)] * 3
    for wire in wires:
        wire.close()


@every_setup
@pytest.mark.parametrize("late", [{"delay_ms": 60_000}, {"chunks": 5, "spread_ms": 60_000}])
def test_a_server_that_stops_sends_at_once_what_is_late(setup: Setup, late: dict[str, Any]) -> None:
    with opened(setup) as shop, shop.connect() as wire:
        wire.sendall(request(**late))
        assert shop.shop.visits["/"].begun.wait(PATIENCE_S)
        shop.server.should_exit = True

        assert body_of(rest_of(wire)[0]) == CONTENT


# Idle connections


def test_an_idle_connection_dies_under_the_next_request(open_shop: Open, wire: Wire) -> None:
    wire.sendall(request("/idle", fault="CLOSE_IDLE"))
    first = one_of(wire)
    wire.sendall(request("/never"))

    assert (body_of(first), rest_of(wire)) == (CONTENT, (b"", False))
    assert not open_shop.shop.visits["/never"].begun.is_set()


@pytest.mark.parametrize(
    ("head", "parts"),
    [
        ("Content-Length: 300000\r\n", [bytes(100_000)] * 3),
        ("Content-Length: 9\r\nExpect: 100-continue\r\n", []),
    ],
)
def test_an_idle_connection_takes_in_what_is_sent_before_it_dies(
    wire: Wire, head: str, parts: list[bytes]
) -> None:
    wire.sendall(request(fault="CLOSE_IDLE"))
    one_of(wire)
    for part in (request(method="PUT", head=head), *parts):
        wire.sendall(part)

    assert rest_of(wire) == (b"", False)


@pytest.mark.parametrize("delay_ms", [0, 20])
def test_an_idle_connection_dies_under_requests_that_came_early(
    open_shop: Open, wire: Wire, delay_ms: int
) -> None:
    early = request("/early") * 2
    wire.sendall(request(fault="CLOSE_IDLE", delay_ms=delay_ms) + early)

    received, _ = rest_of(wire)

    assert body_of(received) == CONTENT
    assert not open_shop.shop.visits["/early"].begun.is_set()


def test_the_next_connection_is_as_good_as_any(open_shop: Open, wire: Wire) -> None:
    wire.sendall(request(fault="CLOSE_IDLE"))
    one_of(wire)
    with open_shop.connect() as other:
        other.sendall(request() * 2)

        assert [body_of(one_of(other)) for _ in range(2)] == [CONTENT] * 2


# What it leans on


def test_a_cycle_that_is_built_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_CYCLE_NAMES", ("flow", "gone"))

    with pytest.raises(ProtocolError, match="this uvicorn has no gone: "):
        checked_protocol()


# Windows


def test_the_socket_option_of_a_reset_has_the_platforms_shape() -> None:
    assert (len(reset_on_close("linux")), len(reset_on_close("win32"))) == (8, 4)
