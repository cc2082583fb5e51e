"""Make the certificate for https: an authority of its own, kept in a folder, and a fresh one a start."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mockserver.server.access_guard import host_name
from mockserver.server.listening import listens_everywhere
from mockserver.server.startup_error import StartupError

CA_FILE = "ca.pem"
_KEY_FILE = "ca-key.pem"
_IGNORE_FILE = ".gitignore"
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_ORGANIZATION = "mockserver"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_PEM_END = b"-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The TLS context of the server, and the file of the authority that clients have to trust."""

    context: ssl.SSLContext
    ca_file: Path


def make_certificate(folder: Path, hosts: Iterable[str]) -> Certificate:
    """Return a certificate for loopback and `hosts`, signed by the authority in the folder.

    The authority is made if it is not there, so that clients have to be told of it once only. Its key stays
    in the folder, readable by the user alone.

    Raises:
        StartupError: the library for certificates is missing, the folder or a file in it cannot be used, or
            a host cannot be in a certificate.
    """
    library = _load_library()
    try:
        authority = _authority(folder, library)
        names = [*_LOCAL_NAMES, *(host_name(host) for host in hosts if not listens_everywhere(host))]
        leaf = _issue(authority, list(dict.fromkeys(names)))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with leaf.private_key_and_cert_chain_pem.tempfile(dir=str(folder)) as file:
            context.load_cert_chain(file)
    except OSError as error:
        what = f"cannot keep the certificate: {error.strerror}"
        raise StartupError(what, f"--tls-dir {folder}", "mockserver run --tls --tls-dir FOLDER") from None
    return Certificate(context, folder / CA_FILE)


def _load_library() -> Any:
    try:
        return import_module("trustme")
    except ImportError:
        what = "--tls needs the package trustme, which makes the certificate"
        raise StartupError(what, "--tls", "pip install '.[tls]' in the folder of the checkout") from None


def _authority(folder: Path, library: Any) -> Any:
    """Return the authority in the folder; make and store one if there is none."""
    if not folder.is_dir():
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True)
        (folder / _IGNORE_FILE).write_text("*\n", encoding="ascii")
    key_file = folder / _KEY_FILE
    with suppress(FileExistsError):
        made = library.CA(organization_name=_ORGANIZATION, organization_unit_name=f"{_ORGANIZATION} CA")
        _write_private(key_file, made.cert_pem.bytes() + made.private_key_pem.bytes())
    kept = key_file.read_bytes()
    certificate, end, key = kept.partition(_PEM_END)
    try:
        authority = library.CA.from_pem(certificate + end, key)
    except ValueError:
        what = "the authority of certificates cannot be read"
        raise StartupError(
            what, str(key_file), f"delete {key_file}; the next start makes a new one"
        ) from None
    (folder / CA_FILE).write_bytes(certificate + end)
    return authority


def _issue(authority: Any, names: list[str]) -> Any:
    try:
        return authority.issue_cert(*names, organization_name=_ORGANIZATION, common_name=names[0])
    except ValueError as error:  # of the library's own kind, which says why
        what = f"no certificate can be made for {', '.join(names[len(_LOCAL_NAMES) :])}: {error}"
        raise StartupError(what, "--host and --allow-host", "give names or addresses of hosts") from None


def _write_private(file: Path, content: bytes) -> None:
    """Write a new file that only the user can read.

    Raises:
        FileExistsError: it is there already.
    """
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "wb") as opened:
        opened.write(content)
