from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from msgspec import structs

from mockserver.errors import MalformedBody, TooLarge, UnsupportedMediaType
from mockserver.model import Call, Json
from mockserver.server.application import Application
from mockserver.server.asgi import MAX_BODY_BYTES
from mockserver.server.request_body import MAX_MEMBERS, plain
from tests.support.client import Client, Response
from tests.support.engine_samples import CALL
from tests.support.operations import BatchAttempt, CalledOperation, batch_operations, stored

BODY = b'{"orders": [{"id": "A"}]}'
LIMIT = 1000
ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}


def coded(body: bytes, coding: str = "gzip", **headers: str) -> Call:
    """A call whose body came under that coding."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return structs.replace(CALL, body=body, headers={**CALL.headers, "content-encoding": coding, **named})


@pytest.mark.parametrize("coding", ENCODE)
def test_a_known_coding_is_undone(coding: str) -> None:
    assert plain(coded(ENCODE[coding](BODY), coding), LIMIT).body == BODY


@pytest.mark.parametrize("coding", ["GZIP", " gzip "])
def test_a_coding_has_no_case_and_no_edges(coding: str) -> None:
    assert plain(coded(gzip.compress(BODY), coding), LIMIT).body == BODY


def test_what_is_undone_says_so() -> None:
    call = plain(coded(gzip.compress(BODY), content_length="45"), LIMIT)

    assert ("content-encoding" in call.headers, call.headers["content-length"]) == (False, str(len(BODY)))


def test_what_came_in_chunks_is_given_no_length() -> None:
    assert "content-length" not in plain(coded(gzip.compress(BODY)), LIMIT).headers


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
def test_no_coding_leaves_a_call_as_it_is(coding: str) -> None:
    assert plain(coded(BODY, coding), LIMIT) == coded(BODY, coding)


def test_where_nothing_came_nothing_is_undone() -> None:
    assert plain(coded(b""), LIMIT) == coded(b"")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip;q=1", "utf-8", "gzip\xa0"])
def test_another_coding_is_not_supported(coding: str) -> None:
    with pytest.raises(UnsupportedMediaType) as raised:
        plain(coded(gzip.compress(BODY), coding), LIMIT)

    assert raised.value.supported == ("gzip", "x-gzip", "deflate")


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"\x1f\x8b",
        gzip.compress(BODY)[:-1],
        gzip.compress(BODY)[:-8] + bytes(8),
        gzip.compress(BODY) + b"\n",
        zlib.compress(BODY),
    ],
    ids=["plain", "magic alone", "cut short", "wrong sum", "more after it", "deflate"],
)
def test_what_is_no_gzip_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        plain(coded(body), LIMIT)


def test_members_follow_one_another() -> None:
    halves = gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])

    assert plain(coded(halves), LIMIT).body == BODY


def test_members_without_end_are_malformed() -> None:
    plain(coded(gzip.compress(b"") * MAX_MEMBERS), LIMIT)

    with pytest.raises(MalformedBody):
        plain(coded(gzip.compress(b"") * (MAX_MEMBERS + 1)), LIMIT)


@pytest.mark.parametrize("sizes", [(LIMIT,), (LIMIT // 2, LIMIT // 2), (LIMIT, 0)])
def test_the_limit_itself_is_undone(sizes: tuple[int, ...]) -> None:
    body = b"".join(gzip.compress(bytes(size)) for size in sizes)

    assert len(plain(coded(body), LIMIT).body) == LIMIT


@pytest.mark.parametrize("sizes", [(LIMIT + 1,), (LIMIT, 1), (1000 * LIMIT,)])
def test_one_byte_over_the_limit_is_too_large(sizes: tuple[int, ...]) -> None:
    body = b"".join(gzip.compress(bytes(size)) for size in sizes)

    with pytest.raises(TooLarge):
        plain(coded(body), LIMIT)


BOMB = gzip.compress(bytes(MAX_BODY_BYTES + 1))
BATCHES = pytest.mark.parametrize("batch", batch_operations(), ids=lambda batch: batch.name)


@pytest.fixture
def attempt(client: Client, app: Application, sandbox: str, batch: CalledOperation) -> BatchAttempt:
    """A caller in a fresh sandbox that has what the operation asks for."""
    caller = Client(app, {**client.headers, **batch.headers(app)})
    return BatchAttempt(batch, app, caller, stored(app, sandbox))


def kind(answered: Response) -> tuple[int, str]:
    return answered.status, answered.media_type


def sent(attempt: BatchAttempt, body: bytes, coding: str = "") -> tuple[Response, Json]:
    """The answer to a body in a sandbox that begins anew, and what it leaves there."""
    name = attempt.client.headers["mock-sandbox"]
    attempt.app.sandboxes.reset(name)
    attempt.app.journal.forget(name)
    caller = attempt.having(content_encoding=coding)
    return caller.send(body), attempt.app.sandboxes.dump(name)


@BATCHES
def test_a_batch_in_gzip_is_as_one_without(attempt: BatchAttempt) -> None:
    body = attempt.batch.example()

    packed, left = sent(attempt, gzip.compress(body), "gzip")

    assert packed.status // 100 == 2, packed
    assert (packed, left) == sent(attempt, body)


@BATCHES
def test_the_journal_keeps_what_was_in_the_gzip(attempt: BatchAttempt) -> None:
    body = attempt.batch.example()
    sent(attempt, gzip.compress(body), "gzip")

    assert attempt.app.journal.entries(attempt.client.headers["mock-sandbox"])[-1].call.body == body


@BATCHES
@pytest.mark.parametrize("broken", [b"[]", gzip.compress(b"[]")[:-4]], ids=["plain", "cut short"])
def test_a_broken_gzip_is_what_broken_json_is(attempt: BatchAttempt, broken: bytes) -> None:
    answered, _ = sent(attempt, broken, "gzip")

    assert attempt.refused(answered), answered
    assert kind(answered) == kind(sent(attempt, b"{")[0])


@BATCHES
def test_a_bomb_is_too_large(attempt: BatchAttempt) -> None:
    answered, _ = sent(attempt, BOMB, "gzip")

    assert attempt.refused(answered), answered
    assert answered.status == 413


@BATCHES
def test_a_coding_that_nobody_knows_is_refused(attempt: BatchAttempt) -> None:
    answered, _ = sent(attempt, b"[]", "br")

    assert attempt.refused(answered), answered
    assert answered.status == 415
