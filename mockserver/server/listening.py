"""Bind the socket that the server listens on, and say where it can be reached."""

from __future__ import annotations

import errno
import socket
import sys
from ipaddress import ip_address

from mockserver.codec.hosts import origin_of
from mockserver.errors import MockServerError
from mockserver.server.port_owner import PortOwner, find_owner

_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_WINDOWS = "win32"


class PortTakenError(MockServerError):
    """The port is already in use, by `owner` if that is known."""

    def __init__(self, port: int, owner: PortOwner | None) -> None:
        super().__init__(f"port {port} is taken{f' by {owner.name}' if owner else ''}")
        self.owner = owner


class AddressError(MockServerError):
    """The address does not belong to this machine."""


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 picks a free port.

    Raises:
        PortTakenError: the port is already in use.
        AddressError: the address does not belong to this machine, or the port needs more rights.
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
        raise AddressError(f"{host} is no address of this machine: {error.strerror}") from None
    return listening


def _family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _claim_address(listening: socket.socket, platform: str) -> None:
    """Set how the address is shared with other sockets.

    On POSIX, SO_REUSEADDR lets a server start again at once. On Windows it would let two servers share one
    port; there SO_EXCLUSIVEADDRUSE is what refuses the second.
    """
    option = "SO_EXCLUSIVEADDRUSE" if platform == _WINDOWS else "SO_REUSEADDR"
    listening.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)


def _is_taken(error: OSError, platform: str) -> bool:
    """Return whether binding failed because of another socket; Windows denies access to an exclusive one."""
    return error.errno == errno.EADDRINUSE or (platform == _WINDOWS and error.errno == errno.EACCES)


def listens_everywhere(host: str) -> bool:
    """Return whether the host stands for all addresses of the machine: 0.0.0.0, :: or ""."""
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False


def reachable_host(host: str) -> str:
    """Return a host that a client on this machine can call."""
    return _LOOPBACK[_family_of(host)] if listens_everywhere(host) else host


def server_url(scheme: str, host: str, port: int) -> str:
    """Return the address for clients on this machine, with a slash at its end."""
    return f"{origin_of(scheme, reachable_host(host), port)}/"
