"""Names and addresses of hosts."""

from __future__ import annotations

from ipaddress import ip_address

LOCALHOST = "localhost"


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return the origin of an address, such as `http://[::1]:8080`."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == LOCALHOST:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
