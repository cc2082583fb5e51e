from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import pytest

from mockserver.codec.content_codings import MAX_MEMBERS, decode
from mockserver.errors import MalformedBody, TooLarge, UnsupportedMediaType
from tests.support.engine_samples import CALL

BODY = b'{"orders": [{"id": "A"}]}'
LIMIT = 1000


def decoded(body: bytes, coding: str = "gzip", **headers: str) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body of a request with that content coding."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return decode({**CALL.headers, "content-encoding": coding, **named}, body, LIMIT)


PACKED = gzip.compress(BODY)


@pytest.mark.parametrize(
    ("body", "coding", "undone"),
    [
        pytest.param(PACKED, "gzip", BODY, id="gzip"),
        pytest.param(PACKED, "x-gzip", BODY, id="x-gzip"),
        pytest.param(zlib.compress(BODY), "deflate", BODY, id="deflate"),
        pytest.param(PACKED, "GZIP", BODY, id="in capitals"),
        pytest.param(PACKED, " gzip ", BODY, id="with blanks"),
        pytest.param(gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "gzip", BODY, id="two members"),
        pytest.param(gzip.compress(bytes(LIMIT)), "gzip", bytes(LIMIT), id="as long as the limit"),
        pytest.param(gzip.compress(bytes(LIMIT // 2)) * 2, "gzip", bytes(LIMIT), id="two halves"),
        pytest.param(
            gzip.compress(bytes(LIMIT)) + gzip.compress(b""), "gzip", bytes(LIMIT), id="an empty member"
        ),
    ],
)
def test_a_known_coding_is_undone(body: bytes, coding: str, undone: bytes) -> None:
    assert decoded(body, coding)[1] == undone


@pytest.mark.parametrize(
    ("body", "coding"), [(BODY, ""), (BODY, "identity"), (BODY, "Identity"), (b"", "gzip")]
)
def test_without_a_coding_or_a_body_a_call_stays_as_it_is(body: bytes, coding: str) -> None:
    assert decoded(body, coding) == ({**CALL.headers, "content-encoding": coding}, body)


def test_what_is_undone_says_so() -> None:
    headers, _ = decoded(gzip.compress(BODY), content_length="45")

    assert ("content-encoding" in headers, headers["content-length"]) == (False, str(len(BODY)))


def test_what_came_in_chunks_is_given_no_length() -> None:
    assert "content-length" not in decoded(gzip.compress(BODY))[0]


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip;q=1", "utf-8", "gzip\xa0"])
def test_another_coding_is_not_supported(coding: str) -> None:
    with pytest.raises(UnsupportedMediaType) as raised:
        decoded(gzip.compress(BODY), coding)

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
        decoded(body)


def test_members_without_end_are_malformed() -> None:
    decoded(gzip.compress(b"") * MAX_MEMBERS)

    with pytest.raises(MalformedBody):
        decoded(gzip.compress(b"") * (MAX_MEMBERS + 1))


@pytest.mark.parametrize("sizes", [(LIMIT + 1,), (LIMIT, 1), (1000 * LIMIT,)])
def test_one_byte_over_the_limit_is_too_large(sizes: tuple[int, ...]) -> None:
    body = b"".join(gzip.compress(bytes(size)) for size in sizes)

    with pytest.raises(TooLarge):
        decoded(body)
