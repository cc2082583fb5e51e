"""Where the server listens: the socket, the owner of a taken port, the certificate for https."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mockserver.codec import json
from mockserver.codec.instants import print_units
from mockserver.codec.urls import origin_of
from mockserver.errors import MalformedBody, MockServerError
from mockserver.installation import extra_command
from mockserver.model import Document, Value
from mockserver.server.access import HEALTH_PATH, host_name

_TIMEOUT_S = 0.5
_MAX_ANSWER_BYTES = 64 * 1024
_LISTENING = "0A"
_PROC = Path("/proc")
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_WINDOWS = "win32"
CA_FILE = "ca.pem"
_KEY_FILE = "ca-key.pem"
_IGNORE_FILE = ".gitignore"
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_ORGANIZATION = "mockserver"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_PEM_END = b"-----END CERTIFICATE-----\n"


class StartupError(MockServerError):
    def __init__(self, what: str, where: str, cure: str) -> None:
        super().__init__(what)
        self.where, self.cure = where, cure


class PortOwner(Value, frozen=True):
    """The program that listens on a port."""

    name: str
    """The program in words, such as `process 4711 (node)`."""
    url: str = ""
    """Address of the program if it is a mockserver, else ""."""


def find_owner(host: str, port: int, proc: Path = _PROC) -> PortOwner | None:
    """Return the program that listens on the port; None if unknown. Each network step takes 0.5 s at most."""
    for scheme in ("http", "https"):
        health = _ask_health(scheme, host, port)
        if health is not None:
            return PortOwner(_describe(health), origin_of(scheme, host, port))
    found = _process_on(port, proc)
    return PortOwner(f"process {found}") if found else None


def _ask_health(scheme: str, host: str, port: int) -> Document | None:
    if scheme == "http":
        connection = HTTPConnection(host, port, timeout=_TIMEOUT_S)
    else:
        # Only the program's name is wanted, and its certificate is signed by its own authority.
        unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001 - no secret is sent
        connection = HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=unchecked)
    with closing(connection), suppress(OSError, HTTPException, MalformedBody):
        connection.request("GET", HEALTH_PATH)
        found = json.decode(connection.getresponse().read(_MAX_ANSWER_BYTES))
        if isinstance(found, dict) and found.get("status") == "ok" and isinstance(found.get("version"), str):
            return found
    return None


def _describe(health: Document) -> str:
    uptime = health.get("uptimeSeconds")
    facts = [
        str(health["version"]),
        *([f"up {print_units(uptime)}"] if isinstance(uptime, int) else []),
    ]
    return f"another mockserver ({', '.join(facts)})"


def _process_on(port: int, proc: Path) -> str:
    """Return id and name of a process that listens on the port, from Linux's /proc; "" if unknown."""
    sockets = set(_listening_sockets(port, proc))
    for folder in proc.glob("[0-9]*") if sockets else ():
        with suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                return f"{folder.name} ({(folder / 'comm').read_text(encoding='utf-8').strip()})"
    return ""


def _listening_sockets(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{columns[9]}]"


class PortTakenError(MockServerError):
    def __init__(self, port: int, owner: PortOwner | None) -> None:
        super().__init__(f"port {port} is taken{f' by {owner.name}' if owner else ''}")
        self.owner = owner


class AddressError(MockServerError):
    """The address does not belong to this machine, or its port needs more rights."""


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 picks a free port.

    Raises PortTakenError; AddressError if the address is another machine's, or the port needs more rights.
    """
    family = _family_of(host)
    # asyncio sets TCP_NODELAY only if the protocol is given; otherwise each reply waits 40 ms (measured).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    _claim_address(listening, sys.platform)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if _is_taken(error, sys.platform):
            raise PortTakenError(port, find_owner(reachable_host(host), port)) from None
        if isinstance(error, PermissionError):
            raise AddressError(f"port {port} needs more rights: {error.strerror}") from None
        raise AddressError(f"{host} is not an address of this machine: {error.strerror}") from None
    return listening


def _family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _claim_address(listening: socket.socket, platform: str) -> None:
    """Set whether other sockets may share the address.

    On POSIX, SO_REUSEADDR lets a server start again at once. On Windows, SO_REUSEADDR would let two servers
    share one port, and SO_EXCLUSIVEADDRUSE refuses the second server.
    """
    option = "SO_EXCLUSIVEADDRUSE" if platform == _WINDOWS else "SO_REUSEADDR"
    listening.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)


def _is_taken(error: OSError, platform: str) -> bool:
    """Return whether another socket has the address; Windows may report that as a denial of access."""
    return error.errno == errno.EADDRINUSE or (platform == _WINDOWS and error.errno == errno.EACCES)


def listens_everywhere(host: str) -> bool:
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False


def reachable_host(host: str) -> str:
    return _LOOPBACK[_family_of(host)] if listens_everywhere(host) else host


def server_url(scheme: str, host: str, port: int) -> str:
    return f"{origin_of(scheme, reachable_host(host), port)}/"


class Certificate(Value, frozen=True):
    """The TLS context of the server, and the file of the authority that clients have to trust."""

    context: ssl.SSLContext
    ca_file: Path


def make_certificate(folder: Path, hosts: Iterable[str]) -> Certificate:
    """Return a certificate for loopback and `hosts`, signed by the authority in the folder.

    The authority is created once, so that clients have to trust it only once. The authority's key stays in
    the folder, and only the user can read it. Raises StartupError if the library for certificates is missing,
    if a folder or file cannot be used, or if a host cannot be in a certificate.
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
        raise StartupError(what, "--tls", extra_command("tls")) from None


def _authority(folder: Path, library: Any) -> Any:
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
    except ValueError as error:  # the library's own error says why
        what = f"no certificate can be made for {', '.join(names[len(_LOCAL_NAMES) :])}: {error}"
        raise StartupError(what, "--host and --allow-host", "give names or addresses of hosts") from None


def _write_private(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "wb") as opened:
        opened.write(content)
