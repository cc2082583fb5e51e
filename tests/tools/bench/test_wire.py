from __future__ import annotations

import pytest

from tests.tools.bench.wire import Reading, header_of, request, status_of

ANSWER = b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 5\r\nMock-Journal: 12\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [ANSWER, CHUNKED], ids=["length", "chunks"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_answer_is_complete_with_its_last_byte_and_not_before(answer: bytes, size: int) -> None:
    reading = Reading()
    seen = []
    for start in range(0, len(answer), size):
        reading.add(answer[start : start + size])
        seen.append(reading.complete)

    assert seen == [False] * (len(seen) - 1) + [True]
    assert reading.answer == answer


def test_status_and_headers_are_read_from_an_answer() -> None:
    assert (status_of(ANSWER), header_of(ANSWER, "mock-journal"), header_of(ANSWER, "x")) == (207, "12", "")


def test_a_call_says_how_long_its_body_is() -> None:
    assert b"\r\nContent-Length: 3\r\n" in request("PUT", "/a", {}, b"abc")
