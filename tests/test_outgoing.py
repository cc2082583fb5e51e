from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from socket import AF_INET, SHUT_RDWR, SOCK_STREAM, create_server, socket
from threading import Event
from types import SimpleNamespace
from typing import Any

import httpcore
import pytest
import trustme

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
    "text",
    [
        "http://127.0.0.1:9",
        "https://localhost/x",
        "http://[::1]:80/",
        "http://127.8.8.8",
        "http://0.0.0.0:9",
        "http://[::]",
        "http://[0::0]",
    ],
)
def test_loopback_may_be_called(text: str) -> None:
    assert Door().check(text).host


@pytest.mark.parametrize(
    "text",
    [
        "http://example.test",
        "http://127.0.0.1.example.test",
        "http://localhost.example.test",
        "http://[64:ff9b::7f00:1]",
        "http://[2002:7f00:1::]",
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


BARRED = (
    *("127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "224.0.0.1"),  # noqa: S104 - called
    *("fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fe80::1%1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::7f00:1"),
    *("2001:0:c000:201::5601:5601", "2001:db8::5efe:7f00:1", "2001:db8::200:5efe:a9fe:a9fe"),
    *("fe80::5efe:808:808", "::ffff:169.254.169.254", "::ffff:a83f:8110"),
)


@pytest.mark.parametrize("address", BARRED)
def test_a_remote_name_leads_to_no_address_of_this_machine_or_link(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolved(monkeypatch, address)

    with pytest.raises(HostNotAllowedError, match="is no address for it"):
        call("http://partner.example/", Door(("partner.example",)))


def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no connection be made; return the list of the addresses to which connections were wanted."""
    wanted: list[str] = []

    async def connect_tcp(_network: object, host: str, *_: object, **__: object) -> None:
        wanted.append(host)
        raise httpcore.ConnectError("not in this test")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return wanted


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.9", "fd00:1::9", "64:ff9b::808:808", "2002:808:808::1", "8.8.8.8"]
)
def test_a_name_that_is_allowed_may_lead_into_a_network_and_through_a_gateway(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolved(monkeypatch, address)
    wanted = connected(monkeypatch)

    with pytest.raises(LostAnswerError, match="refused"):
        call("http://partner.example/", Door(("partner.example",)))

    assert wanted == [address]


@pytest.mark.parametrize(
    "named", ["10.0.0.1", "[2001:DB8:0::1]", "2001:db8::1", "Partner.Example", "xn--bcher-kva.example"]
)
def test_a_host_is_allowed_in_every_spelling(named: str) -> None:
    urls = ("http://10.0.0.1", "http://[2001:db8::1]", "http://partner.example", "http://b\u00fccher.example")
    allowed = [url for url in urls if _is_allowed(Door((named,)), url)]

    assert len(allowed) == 1


@pytest.mark.parametrize("named", ["partner.example:80", "http://partner.example", "partner.example/x", ""])
def test_what_is_no_host_allows_nothing(named: str) -> None:
    assert not _is_allowed(Door((named,)), "http://partner.example")


def _is_allowed(door: Door, url: str) -> bool:
    try:
        return bool(door.check(url))
    except HostNotAllowedError:
        return False


HERE = "127.0.0.1"
ANYWHERE = "0.0.0.0"  # noqa: S104 - what a server listens at
PARTNER = "partner.example"


@pytest.mark.parametrize(
    ("listening", "host", "leads_to"),
    [
        (HERE, HERE, HERE),
        (HERE, "localhost", HERE),
        (HERE, "0.0.0.0", "0.0.0.0"),  # noqa: S104
        (HERE, "[::]", "::"),
        (HERE, "[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        (HERE, PARTNER, HERE),
        (HERE, PARTNER, "64:ff9b::7f00:1"),
        (ANYWHERE, HERE, HERE),
        (ANYWHERE, "127.0.0.9", "127.0.0.9"),
        (ANYWHERE, "0.0.0.0", "0.0.0.0"),  # noqa: S104
        (ANYWHERE, PARTNER, "127.0.0.9"),
        ("::", HERE, HERE),
        ("::", "[::ffff:127.0.0.9]", "::ffff:127.0.0.9"),
        ("::1", "[::]", "::"),
        ("10.1.2.3", PARTNER, "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", PARTNER, "::ffff:10.1.2.3"),
    ],
)
def test_this_server_is_not_called_whatever_leads_to_it(
    monkeypatch: pytest.MonkeyPatch, listening: str, host: str, leads_to: str
) -> None:
    resolved(monkeypatch, leads_to)
    wanted = connected(monkeypatch)
    door = Door((PARTNER, "10.1.2.3"), [(listening, 8080)])

    with pytest.raises(HostNotAllowedError, match=r"is this server itself, at .* port 8080") as refused:
        call(f"http://{host}:8080/_mock/sandboxes/default/reset", door)

    assert (wanted, refused.value.cure.startswith("give the address of another server")) == ([], True)


@pytest.mark.parametrize(
    ("listening", "url"),
    [
        (HERE, "http://127.0.0.1:8081"),
        (HERE, "http://127.0.0.2:8080"),
        (HERE, "http://10.1.2.3:8080"),
        ("::1", "http://127.0.0.1:8080"),
        (ANYWHERE, "http://192.0.2.7:8080"),
        (ANYWHERE, "http://127.0.0.1"),
    ],
)
def test_other_servers_of_this_machine_and_of_its_network_are_called(
    monkeypatch: pytest.MonkeyPatch, listening: str, url: str
) -> None:
    wanted = connected(monkeypatch)
    door = Door(("10.1.2.3", "192.0.2.7"), [(listening, 8080)])

    with pytest.raises(LostAnswerError, match="refused"):
        call(url, door)

    assert len(wanted) == 1


def test_a_name_of_this_server_is_found_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(_host: str, port: int) -> list[Any]:
        return [(AF_INET, SOCK_STREAM, 0, "", ("10.1.2.3", port))]

    monkeypatch.setattr("mockserver.outgoing.socket.getaddrinfo", getaddrinfo)

    with pytest.raises(HostNotAllowedError, match=f"{PARTNER} is this server itself, at 10.1.2.3"):
        Door((PARTNER,), [("10.1.2.3", 443)]).check_other(f"https://{PARTNER}/v1")


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/..",
            "/../x",
            "/a/../x",
            "/a/..?q=1",
            "/%2e%2e/x",
            "/.%2E/x",
            "/%2E./x",
            "/..;a=1/x",
            "/..%3Ba/x",
        ),
        *(
            "/a%2F..%2Fx",
            "/a\\..\\x",
            "/..%5cx",
            "/%252e%252e/x",
            "/%25%32%65%2e/x",
            "..",
            f"/%{'25' * 2000}2e./x",
        ),
    ],
)
def test_no_path_has_a_parent_segment(target: str) -> None:
    with (
        raw_server(ANSWER) as (url, received),
        pytest.raises(AddressError, match=r"a segment \.\. of the path"),
    ):
        call(f"{url}/base", target=target)

    assert received == []


@pytest.mark.parametrize(
    "target", ["/...", "/a..b/..c/d..", "/./x", "/?to=/../x", "/a%20b%2Fc", "/%25%25", "/100%"]
)
def test_every_other_path_is_sent(target: str) -> None:
    with raw_server(ANSWER) as (url, received):
        call(f"{url}/base", target=target)

    assert received[0].startswith(f"GET /base{target} ".encode())


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


Behave = Callable[[ssl.SSLSocket], object]
PART = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"


@contextmanager
def tls_server(
    monkeypatch: pytest.MonkeyPatch, folder: Path, behave: Behave, *, version: ssl.TLSVersion
) -> Iterator[str]:
    """Yield the address of a server that the client trusts; its one connection stays open until the end."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HERE).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED if behave is ssl.SSLSocket.do_handshake else ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    is_over = Event()

    def serve() -> None:
        wire = listening.accept()[0]
        with closing(context.wrap_socket(wire, server_side=True, do_handshake_on_connect=False)) as tls:
            with suppress(ssl.SSLError):
                behave(tls)
            is_over.wait(PATIENCE_S)

    with create_server((HERE, 0)) as listening, ThreadPoolExecutor() as threads:
        serving = threads.submit(serve)
        try:
            yield f"https://{HERE}:{listening.getsockname()[1]}"
        finally:
            is_over.set()
        serving.result()


def hang_up(tls: ssl.SSLSocket) -> None:
    tls.shutdown(SHUT_RDWR)


def garble(begun: bytes) -> Behave:
    def behave(tls: ssl.SSLSocket) -> None:
        tls.do_handshake()
        tls.recv(1 << 16)
        if begun:
            tls.sendall(begun)
        with socket(fileno=os.dup(tls.fileno())) as wire:
            wire.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)

    return behave


@pytest.mark.parametrize(
    ("behave", "version", "says"),
    [
        (ssl.SSLSocket.do_handshake, ssl.TLSVersion.TLSv1_2, "refused: .*HANDSHAKE_FAILURE"),
        (ssl.SSLSocket.do_handshake, ssl.TLSVersion.TLSv1_3, "refused: TLS: .*CERTIFICATE_REQUIRED"),
        (hang_up, ssl.TLSVersion.TLSv1_3, "refused: no connection came about"),
        (garble(b""), ssl.TLSVersion.TLSv1_3, "malformed: TLS: .*BAD_RECORD_MAC"),
        (garble(PART), ssl.TLSVersion.TLSv1_3, "truncated: TLS: .*BAD_RECORD_MAC"),
    ],
    ids=["certificate, 1.2", "certificate, 1.3", "hung up", "before the answer", "within the answer"],
)
def test_an_error_of_tls_loses_the_answer_and_is_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, behave: Behave, version: ssl.TLSVersion, says: str
) -> None:
    with (
        tls_server(monkeypatch, tmp_path, behave, version=version) as url,
        pytest.raises(LostAnswerError, match=says),
    ):
        call(url)


@pytest.mark.parametrize(("seconds", "connections"), [(0.1, 1), (1.0, 2)])
def test_an_idle_connection_is_used_for_less_than_a_second(
    monkeypatch: pytest.MonkeyPatch, seconds: float, connections: int
) -> None:
    now = [0.0]
    monkeypatch.setattr("httpcore._async.http11.time", SimpleNamespace(monotonic=lambda: now[0]))
    accepted: list[socket] = []

    def serve(listening: socket) -> None:
        with suppress(OSError):
            while True:
                accepted.append(listening.accept()[0])
                threads.submit(answer, accepted[-1])

    def answer(wire: socket) -> None:
        with wire:
            while wire.recv(1 << 16):
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def call_twice(url: str) -> None:
        door = Door()
        for _ in range(2):
            await called(door, OutgoingCall("POST", url, "/", keep_alive=True))
            now[0] += seconds

    with ThreadPoolExecutor() as threads, create_server((HERE, 0)) as listening:
        threads.submit(serve, listening)
        asyncio.run(call_twice(f"http://{HERE}:{listening.getsockname()[1]}"))
        listening.shutdown(SHUT_RDWR)

    assert len(accepted) == connections
