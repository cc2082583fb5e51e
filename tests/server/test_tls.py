from __future__ import annotations

import ssl
import stat
import sys
from pathlib import Path

import pytest

from mockserver.server import listening
from mockserver.server.listening import Certificate, StartupError, make_certificate


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


def test_the_authority_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    first = make_certificate(tmp_path, ())
    trusted = first.ca_file.read_bytes()

    assert make_certificate(tmp_path, ()).ca_file.read_bytes() == trusted


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_key_is_for_the_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    make_certificate(folder, ())

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "ca-key.pem")]
    assert modes == [0o700, 0o600]


def test_nothing_but_the_authority_is_left_in_the_folder(tmp_path: Path) -> None:
    make_certificate(tmp_path / "new", ())

    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        ".gitignore",
        "ca-key.pem",
        "ca.pem",
    ]


def test_a_folder_that_was_there_is_not_ignored_by_git(tmp_path: Path) -> None:
    make_certificate(tmp_path, ())

    assert not (tmp_path / ".gitignore").exists()


def test_a_broken_authority_is_refused_and_stays(tmp_path: Path) -> None:
    key_file = tmp_path / "ca-key.pem"
    key_file.write_text("nonsense", encoding="ascii")

    with pytest.raises(StartupError, match="cannot be read") as told:
        make_certificate(tmp_path, ())

    assert (told.value.where, key_file.read_text(encoding="ascii")) == (str(key_file), "nonsense")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartupError, match="cannot keep the certificate"):
        make_certificate(tmp_path / "file" / "folder", ())


def test_a_host_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="no certificate can be made for not a host"):
        make_certificate(tmp_path, ("not a host",))


def test_a_missing_library_is_told_with_the_line_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(StartupError, match="needs the package trustme") as told:
        listening.make_certificate(tmp_path, ())

    assert told.value.cure == "pip install '.[tls]' in the folder of the checkout"
