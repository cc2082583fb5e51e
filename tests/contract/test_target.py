from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract.exchange import Request, TargetUnreachableError
from mockserver.contract.target import Address, Target
from tests.support.asgi_server import listen


async def echo(scope: Any, _receive: Any, send: Any) -> None:
    """Leads elsewhere, and says where it was called."""
    headers = [(b"location", b"http://example.com/"), (b"x-path", scope["raw_path"])]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def target() -> Iterator[Target]:
    with Target(Address("http://127.0.0.1:8080", echo)) as one:
        yield one


def test_a_redirect_is_an_answer_and_is_not_followed(target: Target) -> None:
    assert target.send(Request("GET", "/x")).response.status == 302


@pytest.mark.parametrize("path", ["@example.com/x", ".example.com/x", ":1/x", "x"])
def test_no_path_leads_to_another_host(target: Target, path: str) -> None:
    assert target.send(Request("GET", path)).response.headers["x-path"] == f"/{path}"


def test_a_target_that_was_stopped_calls_nobody(target: Target) -> None:
    target.stop()

    with pytest.raises(KeyboardInterrupt):
        target.send(Request("GET", "/x"))


def test_a_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with listen(echo) as url, Target(Address(url)) as one:
        assert one.send(Request("GET", "/x")).response.status == 302


def test_a_proxy_is_used_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with listen(echo) as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("http_proxy", url)
        with Target(Address("http://host.invalid")) as one:
            assert one.send(Request("GET", "/x")).response.status == 302


def test_nobody_at_an_address_is_told_with_the_call() -> None:
    with (
        Target(Address("http://127.0.0.1:1")) as one,
        pytest.raises(TargetUnreachableError, match=r"GET http://127\.0\.0\.1:1/x: "),
    ):
        one.send(Request("GET", "/x"))


def test_an_application_that_crashes_is_a_500_as_for_its_other_callers() -> None:
    async def crashing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError

    with Target(Address("http://127.0.0.1:8080", crashing)) as one:
        assert one.send(Request("GET", "/x")).response.status == 500


def test_a_header_goes_out_as_latin_1_and_what_that_lacks_as_question_marks() -> None:
    received: dict[bytes, bytes] = {}

    async def heard(scope: Any, receive: Any, send: Any) -> None:
        received.update(scope["headers"])
        await echo(scope, receive, send)

    with Target(Address("http://127.0.0.1:8080", heard)) as one:
        one.send(Request("GET", "/x", {"a": "\xe9", "b": "\u017e"}))

    assert (received[b"a"], received[b"b"]) == (b"\xe9", b"?")


@pytest.mark.parametrize("name", ["cafe", "café"])
def test_values_of_a_repeated_header_are_joined_by_commas_and_read_as_utf_8(name: str) -> None:
    async def say_twice(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"Vary", b"Accept"), (b"vary", b"Origin"), (b"x-name", name.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    with Target(Address("http://127.0.0.1:8080", say_twice)) as one:
        headers = one.send(Request("GET", "/x")).response.headers

    assert headers == {"vary": "Accept, Origin", "x-name": name}


def test_a_header_that_a_user_gave_replaces_one_of_the_call_in_whatever_case() -> None:
    received: list[tuple[bytes, bytes]] = []

    async def heard(scope: Any, receive: Any, send: Any) -> None:
        received.extend(scope["headers"])
        await echo(scope, receive, send)

    given = {"authorization": "Bearer given"}
    with Target(Address("http://127.0.0.1:8080", heard, given=given)) as one:
        sent = one.send(Request("GET", "/x", {"Authorization": "Bearer made", "a": "1"})).request

    assert [text for name, text in received if name == b"authorization"] == [b"Bearer given"]
    assert sent.headers == {"authorization": "Bearer given", "a": "1"}
