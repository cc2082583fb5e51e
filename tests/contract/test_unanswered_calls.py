"""What a call comes to that is not answered as HTTP has it, over HTTP and in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mockserver.contract.exchange import (
    CallLimits,
    Request,
    TargetUnreachableError,
    UnansweredCallError,
    UnsendableCallError,
)
from mockserver.contract.target import Address, Target
from tests.contract import bad_servers
from tests.contract.bad_servers import HASTY, PATIENT, SOON, Behaviour, answer

ANSWERED, READ = "every-call-is-answered", "answers-can-be-read"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("behaviour", "limits", "check", "message"),
    [
        (bad_servers.say_nothing, HASTY, ANSWERED, r"no answer in 0\.1 seconds"),
        (bad_servers.reset, PATIENT, ANSWERED, r"onnection (reset|aborted)|closed|without response"),
        (answer(b""), PATIENT, ANSWERED, "without response"),
        (answer(b"220 mail.example ESMTP\r\n"), PATIENT, ANSWERED, "220 mail"),
        (answer(b"\x00\xff\xfe\r\n\r\n"), PATIENT, ANSWERED, "."),
        (answer(HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n"), PATIENT, ANSWERED, "."),
        (answer(HEAD + b"Content-Length: 9\r\n\r\n{}"), PATIENT, READ, "the answer 200 is cut"),
        (answer(CHUNKED + b"9\r\n{}"), PATIENT, READ, "the answer 200 is cut"),
        (answer(CHUNKED + b"zz\r\n{}"), PATIENT, READ, "the answer 200 is cut"),
        (answer(HEAD + b"Content-Encoding: gzip\r\n\r\n{}"), PATIENT, READ, "not in the content encoding"),
        (bad_servers.send_without_end, PATIENT, READ, "the answer 200 has more than 100,000 bytes"),
        (bad_servers.send_in_drops, SOON, READ, r"the answer 200 did not end in 1\.5 seconds"),
        (bad_servers.send_head_in_drops, HASTY, ANSWERED, r"no answer in 0\.1 seconds"),
        (bad_servers.continue_without_end, HASTY, ANSWERED, r"no answer in 0\.1 seconds"),
    ],
    ids=[
        *("silent", "reset", "empty", "mail", "octets", "long-header"),
        *("cut", "cut-chunk", "no-chunk", "no-gzip", "endless", "drops", "head-in-drops", "continue"),
    ],
)
def test_a_call_without_a_whole_answer_breaks_a_check(
    behaviour: Behaviour, limits: CallLimits, check: str, message: str
) -> None:
    with (
        bad_servers.serve(behaviour) as url,
        Target(Address(url, limits=limits)) as target,
        pytest.raises(UnansweredCallError, match=message) as raised,
    ):
        target.send(Request("GET", "/things"))

    assert raised.value.check == check
    assert str(raised.value).startswith(f"GET {url}/things: ")


def test_a_body_of_several_parts_is_read_whole() -> None:
    body = b"[" + b" " * 90_000 + b"]"
    good = answer(bad_servers.message(body))
    with bad_servers.serve(good) as url, Target(Address(url, limits=PATIENT)) as target:
        assert target.send(Request("GET", "/")).response.body == body


def test_the_next_call_is_answered_after_one_that_was_not() -> None:
    bad = bad_servers.of_operation("/bad", bad_servers.send_in_drops, bad_servers.message(b"{}"))
    with bad_servers.serve(bad) as url, Target(Address(url, limits=SOON)) as target:
        with pytest.raises(UnansweredCallError):
            target.send(Request("GET", "/bad"))

        assert target.send(Request("GET", "/good")).response.status == 200


def test_a_server_that_takes_too_long_again_and_again_counts_as_gone() -> None:
    with bad_servers.serve(bad_servers.say_nothing) as url, Target(Address(url, limits=HASTY)) as target:
        kinds = []
        for _ in range(3):
            with pytest.raises(TargetUnreachableError) as raised:
                target.send(Request("GET", "/"))
            kinds.append(type(raised.value))

    assert kinds == [UnansweredCallError, UnansweredCallError, TargetUnreachableError]


def test_nobody_there_is_no_unanswered_call() -> None:
    with Target(Address("http://127.0.0.1:9")) as target, pytest.raises(TargetUnreachableError) as raised:
        target.send(Request("GET", "/"))

    assert not isinstance(raised.value, UnansweredCallError)


@pytest.mark.parametrize(
    "request_", [Request("GET", "/", {"a b:": "x"}), Request("GET", "/", {"ž": "x"})], ids=["odd", "unicode"]
)
def test_a_request_that_no_client_sends_is_told_so(request_: Request) -> None:
    with (
        bad_servers.serve(answer(bad_servers.message(b"{}"))) as url,
        Target(Address(url)) as target,
        pytest.raises(UnsendableCallError),
    ):
        target.send(request_)


async def _hangs(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.Event().wait()


async def _ends(_scope: Any, _receive: Any, _send: Any) -> None:
    """Say nothing."""


async def _begin(send: Callable[[dict[str, Any]], Awaitable[None]], *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def _cuts(_scope: Any, _receive: Any, send: Any) -> None:
    await _begin(send)
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _goes_on(_scope: Any, _receive: Any, send: Any) -> None:
    await _begin(send)
    while True:
        await send({"type": "http.response.body", "body": b" " * 1000, "more_body": True})


async def _lies(_scope: Any, _receive: Any, send: Any) -> None:
    await _begin(send, (b"content-encoding", b"gzip"))
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.mark.parametrize(
    ("app", "limits", "check", "message"),
    [
        (_hangs, HASTY, ANSWERED, r"no answer in 0\.1 seconds"),
        (_ends, PATIENT, ANSWERED, "ended without an answer"),
        (_cuts, PATIENT, ANSWERED, "ended without an answer"),
        (_goes_on, PATIENT, READ, "the answer 200 has more than 100,000 bytes"),
        (_lies, PATIENT, READ, "not in the content encoding"),
    ],
)
def test_an_application_without_a_whole_answer_breaks_a_check(
    app: Any, limits: CallLimits, check: str, message: str
) -> None:
    with (
        Target(Address("http://127.0.0.1:8080", app, limits=limits)) as target,
        pytest.raises(UnansweredCallError, match=message) as raised,
    ):
        target.send(Request("GET", "/things"))

    assert raised.value.check == check
