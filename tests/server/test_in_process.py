from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse
from mockserver.server.in_process import InProcessClient
from mockserver.server.transport_faults import ConnectionLostError
from tests.support import sample_vendor
from tests.support.skipping_loop import run_skipping


def sent(app: ASGIApp, request: HttpRequest) -> HttpResponse | LostResponse:
    return asyncio.run(InProcessClient(app).send(request))


def seen(request: HttpRequest) -> Any:
    """Scope and body as the application sees them."""
    found: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        messages = [await receive()]
        while messages[-1]["more_body"]:
            messages.append(await receive())
        pieces = [message["body"] for message in messages]
        found.update(scope=scope, pieces=pieces)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    sent(app, request)
    return found


async def begin(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_a_call_is_answered_without_a_socket(tmp_path: Path) -> None:
    app = sample_vendor.create_application(tmp_path)

    answered = sent(app, HttpRequest("GET", "/acme/orders", (("authorization", "Bearer abc"),)))

    assert isinstance(answered, HttpResponse)
    assert (answered.status, answered.body, answered.headers["mock-journal"]) == (200, b"[]", "1")


def test_a_target_arrives_as_it_is_written() -> None:
    scope = seen(HttpRequest("GET", "/a%2Fb/%C3%A9?q=%20&é"))["scope"]

    assert (scope["raw_path"], scope["path"]) == (b"/a%2Fb/%C3%A9", "/a/b/é")
    assert scope["query_string"] == b"q=%20&\xe9"


def test_headers_arrive_in_lower_case_and_those_of_the_frame_anew() -> None:
    headers = (("X-One", "é"), ("Content-Length", "999"), ("Transfer-Encoding", "chunked"))

    assert seen(HttpRequest("PUT", "/", headers, b"abc"))["scope"]["headers"] == [
        (b"host", b"127.0.0.1"),
        (b"x-one", b"\xe9"),
        (b"content-length", b"3"),
    ]


def test_a_host_that_is_named_stays() -> None:
    assert seen(HttpRequest("GET", "/", (("host", "mock:8080"),)))["scope"]["headers"] == [
        (b"host", b"mock:8080")
    ]


def test_a_body_arrives_in_its_pieces() -> None:
    assert seen(HttpRequest("PUT", "/", (), b"abcde", pieces=3))["pieces"] == [b"ab", b"cd", b"e"]


def test_a_header_that_is_answered_twice_holds_both_texts() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        twice = [(b"Link", b"a"), (b"link", b"b")]
        await send({"type": "http.response.start", "status": 200, "headers": twice})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"y"})

    answered = sent(app, HttpRequest("GET", "/"))

    assert isinstance(answered, HttpResponse)
    assert (answered.headers, answered.body) == ({"link": "a, b"}, b"xy")


@pytest.mark.parametrize(("begun", "kind", "status"), [(False, "empty", None), (True, "truncated", 200)])
def test_a_connection_that_breaks_is_a_lost_answer(*, begun: bool, kind: str, status: int | None) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if begun:
            await begin(send)
        raise ConnectionLostError("gone")

    lost = sent(app, HttpRequest("GET", "/"))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.status, lost.detail) == (kind, status, "gone")


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await begin(send)
        await asyncio.Event().wait()

    lost = run_skipping(InProcessClient(app).send(HttpRequest("GET", "/", timeout_ms=5_000)))

    assert isinstance(lost, LostResponse)
    assert (lost.kind, lost.status, lost.elapsed_ms) == ("timeout", 200, 5_000)


def test_an_application_that_answers_nothing_has_lost_its_answer() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    lost = sent(app, HttpRequest("GET", "/"))

    assert isinstance(lost, LostResponse)
    assert lost.kind == "empty"


def test_the_application_takes_the_origin_for_its_address() -> None:
    scope = seen(HttpRequest("GET", "/", origin="https://[::1]:8443"))["scope"]

    assert (scope["scheme"], scope["server"]) == ("https", ("::1", 8443))
