"""Names of hosts."""

from __future__ import annotations

from ipaddress import ip_address

LOCALHOST = "localhost"


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == LOCALHOST:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
