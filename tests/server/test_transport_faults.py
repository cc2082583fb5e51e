from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message

from mockserver.model import Delivery
from mockserver.scenario.language import build_schema
from mockserver.server.transport_faults import (
    CONNECTION_KEY,
    FAULTS,
    SURPLUS_BYTES,
    Connection,
    ConnectionLostError,
    OutgoingReply,
    connection_of,
    deliver,
    is_bodiless,
)
from tests.support.skipping_loop import run_skipping

CONTENT = b'[{"id": "A"}, {"id": "B"}]'
HALF = CONTENT[: len(CONTENT) // 2]
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(CONTENT)),
    (b"x-own", b"1"),
]


@dataclass(slots=True)
class Recorder(Connection):
    """A connection and a `send` that record their calls in order; its clock is the sum of all waits."""

    done: list[Any] = field(default_factory=list)
    stands: bool = True

    async def send(self, message: Message) -> None:
        self.done.append(message)

    async def wait(self, seconds: float) -> bool:
        self.done.append(("rest", round(seconds, 2)))
        return self.stands

    async def wait_closed(self) -> None:
        self.done.append("abandoned")

    async def flush(self) -> None:
        self.done.append("flushed")

    def write(self, octets: bytes) -> None:
        self.done.append(octets)

    @contextmanager
    def buffered(self) -> Iterator[None]:
        self.done.append("gather")
        yield
        self.done.append("release")

    def close(self) -> None:
        self.done.append("close")

    def reset(self) -> None:
        self.done.append("reset")

    def close_on_next_call(self) -> None:
        self.done.append("forsake")


def done(
    delivery: Delivery, content: bytes = CONTENT, *, bare: bool = False, stands: bool = True
) -> list[Any]:
    """Deliver this content and return the actions: heads as (status, framing), bodies as (bytes, more)."""
    recorder = Recorder(stands=stands)
    headers = [(name, b"%d" % len(content) if name == b"content-length" else text) for name, text in HEADERS]
    asyncio.run(deliver(OutgoingReply(207, headers, content, bare, delivery, recorder.send, recorder)))
    return [_short(one) if isinstance(one, dict) else one for one in recorder.done]


def _short(message: Message) -> Any:
    if message["type"] == "http.response.body":
        return message["body"], message["more_body"]
    names = dict(message["headers"])
    assert names[b"content-type"] == b"application/json"
    assert names[b"x-own"] == b"1"
    return message["status"], names.get(b"content-length", names.get(b"transfer-encoding"))


def head(length: int = len(CONTENT)) -> Any:
    return 207, b"%d" % length


WHOLE = [head(), (CONTENT, False)]
LONGER = head(len(CONTENT) + SURPLUS_BYTES)
DRIP = Delivery(chunks=4, spread_ms=400)


@pytest.mark.parametrize(
    ("delivery", "sent"),
    [
        (Delivery(), WHOLE),
        (Delivery(delay_ms=1500), [("rest", 1.5), *WHOLE]),
        (Delivery(delay_ms=1500, fault="EMPTY_RESPONSE"), [("rest", 1.5), "close"]),
        (Delivery(fraction=0.25), [head(6), (CONTENT[:6], False)]),
        (Delivery(fraction=0.0), [head(0), (b"", False)]),
        (Delivery(fraction=1.0), WHOLE),
        (Delivery(fault="TRUNCATED_BODY"), [head(len(HALF)), (HALF, False)]),
        (Delivery(fault="TRUNCATED_BODY", fraction=0.25), [head(6), (CONTENT[:6], False)]),
        (Delivery(fault="WRONG_LENGTH"), [LONGER, (CONTENT, True), "close"]),
        (Delivery(fault="WRONG_LENGTH", fraction=0.5), [head(), (HALF, True), "close"]),
        (
            Delivery(fault="LENGTH_TOO_SMALL"),
            ["gather", head(len(HALF)), (HALF, True), CONTENT[len(HALF) :], (b"", False), "release"],
        ),
        (Delivery(fault="CONNECTION_RESET_BY_PEER"), ["reset"]),
        (
            Delivery(fault="CONNECTION_RESET_BY_PEER", fraction=0.5),
            [head(), (HALF, True), "flushed", "reset"],
        ),
        (Delivery(fault="EMPTY_RESPONSE"), ["close"]),
        (Delivery(fault="NO_RESPONSE"), ["abandoned", "close"]),
        (Delivery(fault="CLOSE_IDLE"), ["forsake", *WHOLE]),
    ],
)
def test_a_delivery_does_to_the_answer_what_it_says(delivery: Delivery, sent: list[Any]) -> None:
    assert done(delivery) == sent


def test_a_malformed_chunk_follows_a_good_head() -> None:
    _, begun, chunk, end, _ = done(Delivery(fault="MALFORMED_RESPONSE_CHUNK"))

    assert (begun, end) == ((207, b"chunked"), "close")
    with pytest.raises(ValueError, match="invalid literal"):
        int(chunk.partition(b"\r\n")[0], 16)


def test_random_data_is_no_http() -> None:
    octets, end = done(Delivery(fault="RANDOM_DATA_THEN_CLOSE"))

    assert (octets[:5] == b"HTTP/", len(octets), end) == (False, 64, "close")


def test_random_data_is_the_same_for_the_same_answer() -> None:
    random = Delivery(fault="RANDOM_DATA_THEN_CLOSE")

    assert done(random) == done(random)
    assert done(random) != done(random, b"[]")


@pytest.mark.parametrize(
    "fault", ["", "WRONG_LENGTH", "LENGTH_TOO_SMALL", "MALFORMED_RESPONSE_CHUNK", "CLOSE_IDLE"]
)
def test_an_answer_without_a_body_has_none_to_break(fault: str) -> None:
    assert [one for one in done(Delivery(fault=fault), bare=True) if one != "forsake"] == [
        head(),
        (CONTENT, False),
    ]


@pytest.mark.parametrize(
    ("delivery", "content", "sent"),
    [
        (Delivery(fault="TRUNCATED_BODY"), CONTENT, [head(len(HALF)), (HALF, False)]),
        (DRIP, CONTENT, WHOLE),
        (DRIP, b"", [head(0), (b"", False)]),
    ],
)
def test_an_answer_without_a_body_does_not_drip(delivery: Delivery, content: bytes, sent: list[Any]) -> None:
    assert done(delivery, content, bare=bool(content)) == sent


@pytest.mark.parametrize(
    ("method", "status", "bare"),
    [("HEAD", 200, True), ("GET", 204, True), ("GET", 304, True), ("GET", 200, False), ("PUT", 207, False)],
)
def test_which_answers_have_no_body(method: str, status: int, bare: bool) -> None:  # noqa: FBT001
    assert is_bodiless(method, status) is bare


# Drops


def drops(delivery: Delivery, content: bytes = CONTENT, **kind: bool) -> list[tuple[bytes, bool]]:
    return [one for one in done(delivery, content, **kind)[1:] if one[0] != "rest"]


def test_drops_come_after_the_head_each_after_a_rest() -> None:
    shape = [one[0] if one[0] == "rest" else "drop" for one in done(Delivery(chunks=3, spread_ms=300))[1:]]

    assert shape == ["rest", "drop"] * 3


def test_drops_are_all_of_the_body_and_only_the_last_ends_it() -> None:
    sent = drops(DRIP)

    assert b"".join(piece for piece, _ in sent) == CONTENT
    assert [more for _, more in sent] == [True, True, True, False]


def test_drops_are_alike() -> None:
    sizes = {len(piece) for piece, _ in drops(DRIP)}

    assert sizes == {6, 7}


def test_drops_fall_at_their_times_however_long_the_sending_takes() -> None:
    assert [one[1] for one in done(Delivery(chunks=4, spread_ms=4000)) if one[0] == "rest"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("chunks", "spread_ms", "expected"), [(1, 100, 1), (5000, 10_000, len(CONTENT)), (20, 5, 5), (20, 0.5, 1)]
)
def test_there_are_no_more_drops_than_bytes_or_milliseconds(
    chunks: int, spread_ms: float, expected: int
) -> None:
    assert len(drops(Delivery(chunks=chunks, spread_ms=spread_ms))) == expected


def test_the_rest_leaves_at_once_when_it_is_over() -> None:
    assert drops(DRIP, stands=False) == [(CONTENT, False)]


def test_a_part_may_drip() -> None:
    sent = drops(Delivery(chunks=2, spread_ms=100, fraction=0.5))

    assert b"".join(piece for piece, _ in sent) == HALF


def test_a_reset_may_come_after_drops() -> None:
    sent = done(Delivery(chunks=2, spread_ms=100, fraction=0.5, fault="CONNECTION_RESET_BY_PEER"))

    assert [one for one in sent[1:] if one[0] != "rest"] == [
        (HALF[:6], True),
        (HALF[6:], True),
        "flushed",
        "reset",
    ]


# Without a wire


def unwired(delivery: Delivery) -> list[Any]:
    """Return what is sent without access to the connection; the last element is the error, if any."""
    recorder = Recorder()
    going = OutgoingReply(
        207,
        HEADERS,
        CONTENT,
        bodiless=False,
        delivery=delivery,
        send=recorder.send,
        connection=Connection(),
    )
    try:
        asyncio.run(deliver(going))
    except ConnectionLostError:
        return [*map(_short, recorder.done), "lost"]
    return [_short(one) for one in recorder.done]


@pytest.mark.parametrize(
    ("delivery", "sent"),
    [
        (Delivery(fault="CONNECTION_RESET_BY_PEER"), ["lost"]),
        (Delivery(fault="EMPTY_RESPONSE"), ["lost"]),
        (Delivery(fault="RANDOM_DATA_THEN_CLOSE"), ["lost"]),
        (Delivery(fault="NO_RESPONSE"), ["lost"]),
        (Delivery(fault="WRONG_LENGTH"), [LONGER, (CONTENT, True), "lost"]),
        (Delivery(fault="CONNECTION_RESET_BY_PEER", fraction=0.5), [head(), (HALF, True), "lost"]),
        (Delivery(fault="MALFORMED_RESPONSE_CHUNK"), [(207, b"chunked"), "lost"]),
        (Delivery(fault="TRUNCATED_BODY"), [head(len(HALF)), (HALF, False)]),
        (Delivery(fault="CLOSE_IDLE"), WHOLE),
        (Delivery(fault="LENGTH_TOO_SMALL"), [head(len(HALF)), (HALF, True), (b"", False)]),
    ],
)
def test_without_a_wire_what_asgi_can_say_is_said_and_the_rest_is_lost(
    delivery: Delivery, sent: list[Any]
) -> None:
    assert unwired(delivery) == sent


def test_without_a_wire_a_delay_is_one_still() -> None:
    async def timed() -> float:
        clock = asyncio.get_running_loop().time
        begun = clock()
        assert await Connection().wait(20)
        return clock() - begun

    assert run_skipping(timed()) == 20


def test_the_wire_of_a_call_is_the_one_that_the_server_lends() -> None:
    lent = Recorder()

    assert connection_of({"extensions": {CONNECTION_KEY: lent}}) is lent


@pytest.mark.parametrize("scope", [{}, {"extensions": {}}])
def test_where_the_server_lends_none_there_is_none(scope: dict[str, Any]) -> None:
    assert isinstance(connection_of(scope), Connection)


def test_every_fault_of_the_language_is_known_and_no_other() -> None:
    faults = build_schema(())["$defs"]["response"]["properties"]["fault"]["enum"]

    assert FAULTS.keys() == {"", *faults}
