"""Hosts and paths of URLs; an escaped slash in a path stays escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote

LOCALHOST = "localhost"

_RAW = re.compile(rb"%(?:25)*2[fF]")
_READ = re.compile("%(?:25)*2[fF]")
_SLASH_LENGTH = len("%2F")


def origin_of(scheme: str, host: str, port: int | None) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine: `localhost`, ::1, or 127.0.0.0/8, also as mapped into IPv6."""
    if host.lower() == LOCALHOST:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def path_of(scope: Mapping[str, Any]) -> str:
    """Return the path of an ASGI request, decoded except for escaped slashes."""
    raw: bytes = scope.get("raw_path") or b""
    if not _RAW.search(raw):
        return str(scope["path"])
    return unquote(_RAW.sub(lambda found: b"%25" + found[0][1:], raw).decode("latin-1"))


def decoded_path(path: str) -> str:
    """Return the path of a URL, decoded except for escaped slashes."""
    return unquote(_READ.sub(lambda found: "%25" + found[0][1:], path), errors="replace")


def key_of(segment: str) -> str:
    """Return the key in one segment of a decoded path; escaped slashes in the segment are decoded too."""
    return _READ.sub(lambda found: "/" if len(found[0]) == _SLASH_LENGTH else "%" + found[0][3:], segment)
