from __future__ import annotations

import errno
import socket
import sys
from typing import Any

import pytest

from mockserver.server import listening
from mockserver.server.listening import (
    AddressError,
    PortTakenError,
    bind_socket,
    listens_everywhere,
    server_url,
)

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens


class SocketOfWindows:
    """A socket that records its options, and fails to bind as Windows does."""

    def __init__(self, *_kind: Any) -> None:
        self.options: list[int] = []

    def setsockopt(self, _level: int, option: int, _value: int) -> None:
        self.options.append(option)

    def bind(self, _address: Any) -> None:
        raise OSError(errno.EACCES, "access denied")

    def close(self) -> None:
        self.options.append(-1)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> SocketOfWindows:
    """The socket that is made next, on a platform that says it is Windows."""
    made = SocketOfWindows()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    monkeypatch.setattr(socket, "socket", lambda *_kind: made)
    monkeypatch.setattr(listening, "find_owner", lambda _host, _port: None)
    return made


def test_windows_claims_the_port_for_itself_alone(windows: SocketOfWindows) -> None:
    with pytest.raises(PortTakenError):
        bind_socket("127.0.0.1", 8080)

    assert windows.options == [-5, -1]


def test_a_server_can_start_again_at_once_on_its_port() -> None:
    with bind_socket("127.0.0.1", 0) as first:
        assert first.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) != 0


def test_a_port_that_somebody_listens_on_is_taken() -> None:
    with bind_socket("127.0.0.1", 0) as first:
        first.listen()

        with pytest.raises(PortTakenError, match=f"port {first.getsockname()[1]} is taken"):
            bind_socket("127.0.0.1", first.getsockname()[1])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressError, match=r"192\.0\.2\.1 is no address of this machine"):
        bind_socket("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "is_all"),
    [(EVERYWHERE, True), ("::", True), ("", True), ("127.0.0.1", False), ("mock.test", False)],
)
def test_some_hosts_stand_for_all_addresses(host: str, is_all: bool) -> None:  # noqa: FBT001
    assert listens_everywhere(host) == is_all


@pytest.mark.parametrize(
    ("scheme", "host", "url"),
    [
        ("http", "127.0.0.1", "http://127.0.0.1:80/"),
        ("https", "localhost", "https://localhost:80/"),
        ("http", EVERYWHERE, "http://127.0.0.1:80/"),
        ("http", "::", "http://[::1]:80/"),
        ("http", "::1", "http://[::1]:80/"),
    ],
)
def test_the_address_is_one_that_can_be_called(scheme: str, host: str, url: str) -> None:
    assert server_url(scheme, host, 80) == url
