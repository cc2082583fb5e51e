from __future__ import annotations

import errno
import os
import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mockserver.installation import extra_command
from mockserver.server import listening
from mockserver.server.listening import (
    AddressError,
    Certificate,
    PortTakenError,
    StartupError,
    bind_socket,
    find_owner,
    listens_everywhere,
    make_certificate,
    server_url,
)

NOWHERE = Path("/nonexistent")


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A port on which everything is answered with this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_parts: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"status": "ok", "version": "9.8", "uptimeSeconds": 10900}', "another mockserver (9.8, up 3 h)"),
        (b'{"status": "ok", "version": "0.1.0"}', "another mockserver (0.1.0)"),
        *(
            (body, None)
            for body in (b"hello", b"[]", b'{"status": "ok"}', b'{"status": "up", "version": "1"}', b"")
        ),
    ],
)
def test_another_mockserver_is_named_and_another_web_server_is_not(body: bytes, name: str | None) -> None:
    with answering(body) as port:
        owner = find_owner("127.0.0.1", port, NOWHERE)

    assert (owner and (owner.name, owner.url)) == (name and (name, f"http://127.0.0.1:{port}"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by files who listens")
def test_linux_tells_the_process() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        owner = find_owner("127.0.0.1", listening.getsockname()[1])

    assert owner is not None
    assert owner.name.startswith(f"process {os.getpid()} (")
    assert owner.url == ""


def test_a_port_of_nobody_has_no_owner() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert find_owner("127.0.0.1", bound.getsockname()[1]) is None


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
    with pytest.raises(AddressError, match=r"192\.0\.2\.1 is not an address of this machine"):
        bind_socket("192.0.2.1", 0)


def test_a_port_that_needs_more_rights_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: socket.socket, _address: tuple[str, int]) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(AddressError, match="port 80 needs more rights: Permission denied"):
        bind_socket("127.0.0.1", 80)


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


def shake_hands(certificate: Certificate, name: str) -> set[str]:
    """Connect a client that trusts the authority; return the names in the certificate that it was shown."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = ssl.create_default_context(cafile=certificate.ca_file)
    client = trust.wrap_bio(to_client, to_server, server_hostname=name)
    server = certificate.context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
    shown = client.getpeercert() or {}
    return {str(pair[1]) for pair in shown["subjectAltName"]}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "mock.test", "10.1.2.3"])
def test_the_certificate_is_good_for_loopback_and_the_hosts_that_are_named(tmp_path: Path, name: str) -> None:
    names = shake_hands(make_certificate(tmp_path, ("mock.test:8443", "10.1.2.3")), name)

    assert names == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "mock.test", "10.1.2.3"}


def test_the_certificate_is_not_good_for_another_name(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(make_certificate(tmp_path, ("mock.test",)), "other.test")


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])  # noqa: S104 - nothing listens
def test_all_addresses_are_no_name(tmp_path: Path, everywhere: str) -> None:
    names = shake_hands(make_certificate(tmp_path, (everywhere,)), "localhost")

    assert names == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_folder_that_is_made_has_the_authority_alone_for_the_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    make_certificate(folder, ())

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "ca-key.pem")]
    assert modes == [0o700, 0o600]
    assert sorted(file.name for file in folder.iterdir()) == [".gitignore", "ca-key.pem", "ca.pem"]


def test_the_authority_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    first = make_certificate(tmp_path, ())
    trusted = first.ca_file.read_bytes()

    assert make_certificate(tmp_path, ()).ca_file.read_bytes() == trusted
    assert not (tmp_path / ".gitignore").exists()  # the folder was there


def test_a_broken_authority_is_refused_and_stays(tmp_path: Path) -> None:
    key_file = tmp_path / "ca-key.pem"
    key_file.write_text("nonsense", encoding="ascii")

    with pytest.raises(StartupError, match="cannot be read") as told:
        make_certificate(tmp_path, ())

    assert (told.value.where, key_file.read_text(encoding="ascii")) == (str(key_file), "nonsense")


@pytest.mark.parametrize(
    ("folder", "hosts", "said"),
    [
        ("file/folder", (), "cannot keep the certificate"),
        ("", ("not a host",), "no certificate can be made for not a host"),
    ],
)
def test_what_no_certificate_can_be_made_for_is_refused(
    tmp_path: Path, folder: str, hosts: tuple[str, ...], said: str
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartupError, match=said):
        make_certificate(tmp_path / folder, hosts)


def test_a_missing_library_is_told_with_the_line_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(StartupError, match="needs the package trustme") as told:
        listening.make_certificate(tmp_path, ())

    assert told.value.cure == extra_command("tls")
