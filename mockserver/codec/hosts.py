"""Names and addresses of hosts."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

LOCALHOST = "localhost"


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return the origin of an address, such as `http://[::1]:8080`."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine: `localhost`, 127.0.0.0/8, the same in IPv6, or ::1."""
    if host.lower() == LOCALHOST:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
