from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from socket import AF_INET, SOCK_STREAM, create_server, socket
from typing import Any

import pytest

from mockserver.outgoing import AddressError, Door, HostNotAllowedError, LostAnswerError, OutgoingCall
from tests.support.raw_server import raw_server
from tests.support.wire import PATIENCE_S

ANSWER = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


async def called(door: Door, call: OutgoingCall) -> tuple[int, Any, bytes]:
    async with door.call(call) as answer:
        return answer.status, answer.headers, await answer.read(1000)


def call(url: str, door: Door | None = None, **sent: Any) -> tuple[int, Any, bytes]:
    method, target = sent.pop("method", "GET"), sent.pop("target", "/")
    return asyncio.run(called(door or Door(), OutgoingCall(method, url, target, **sent)))


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:9", "https://localhost/x", "http://[::1]:80/", "http://127.8.8.8"]
)
def test_loopback_may_be_called(text: str) -> None:
    assert Door().check(text).host


@pytest.mark.parametrize(
    "text",
    [
        "http://example.test",
        "http://127.0.0.1.example.test",
        "http://localhost.example.test",
        "http://0.0.0.0",
        "http://169.254.169.254/latest",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
    ],
)
def test_nowhere_else_is_called(text: str) -> None:
    with pytest.raises(HostNotAllowedError, match="neither loopback nor allowed"):
        call(text)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://localhost",
        "http://",
        "http://localhost:0",
        "http://me@localhost",
        "http://localhost/?a=1",
        "http://[::1",
    ],
)
def test_an_address_has_host_port_and_path_alone(text: str) -> None:
    with pytest.raises(AddressError):
        Door().check(text)


def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let each name resolve to `addresses`; return the list of the names that are asked for."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(AF_INET, SOCK_STREAM, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "224.0.0.1"],  # noqa: S104 - called
)
def test_a_remote_name_leads_to_no_address_of_this_machine_or_link(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolved(monkeypatch, address)

    with pytest.raises(HostNotAllowedError, match="is no address for it"):
        call("http://partner.example/", Door(("partner.example",)))


def test_a_name_of_loopback_leads_to_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "10.0.0.1")

    with pytest.raises(HostNotAllowedError, match=r"leads to 10\.0\.0\.1"):
        call("http://localhost:1/")


def test_a_name_is_resolved_once_a_connection_and_the_checked_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = resolved(monkeypatch, "169.254.169.254", "127.0.0.1")

    with raw_server(ANSWER) as (url, received):
        assert call(url.replace("127.0.0.1", "localhost"))[0] == 200

    assert (asked, len(received)) == (["localhost"], 1)


def test_headers_of_the_connection_are_left_out_and_others_are_as_spelled() -> None:
    with raw_server(ANSWER) as (url, _):
        assert call(url) == (200, ((b"X-One", b"1"), (b"Content-Length", b"2")), b"ok")


def test_the_target_and_the_headers_are_sent_as_they_are() -> None:
    with raw_server(ANSWER) as (url, received):
        call(
            f"{url}/base/",
            target="/a%2Fb//?q=%20",
            headers=((b"X-ODD", b"\xe9"),),
            method="POST",
            content=b"{}",
        )

    head = received[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /base/a%2Fb//?q=%20 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert head.endswith(b"Content-Length: 2\r\nX-ODD: \xe9")


def test_a_redirect_is_not_followed() -> None:
    octets = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with raw_server(octets) as (url, received):
        assert call(url)[0] == 302

    assert len(received) == 1


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"", "empty"),
        (b"nonsense\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "truncated"),
    ],
)
def test_an_answer_that_does_not_come_whole_is_lost(octets: bytes, kind: str) -> None:
    with raw_server(octets) as (url, _), pytest.raises(LostAnswerError) as lost:
        call(url)

    assert lost.value.kind == kind


def test_a_server_that_is_not_there_refuses() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(LostAnswerError, match="refused"):
        call(f"http://127.0.0.1:{port}/")


def test_an_answer_over_the_limit_is_lost() -> None:
    octets = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"a" * 1001
    with raw_server(octets) as (url, _), pytest.raises(LostAnswerError, match="over 1,000 bytes"):
        call(url)


def test_a_connection_that_is_kept_ends_with_its_event_loop() -> None:
    def answer_once(listening: socket) -> bytes:
        with listening.accept()[0] as wire:
            wire.settimeout(PATIENCE_S)
            wire.recv(1 << 16)
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return wire.recv(1)

    with create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as threads:
        after_the_answer = threads.submit(answer_once, listening)
        door = Door()
        call(f"http://127.0.0.1:{listening.getsockname()[1]}/", door, keep_alive=True)

        assert after_the_answer.result() == b""
