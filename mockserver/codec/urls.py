"""Hosts and paths of URLs; an escaped slash in a path stays escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote

LOCALHOST = "localhost"

_RAW = re.compile(rb"%(?:25)*2[fF]")
_READ = re.compile("%(?:25)*2[fF]")
_SLASH_LENGTH = len("%2F")
_MAX_ESCAPES = 8
_PARENT = re.compile(r"(?:^|[/\\])\.\.(?:[;/\\]|$)")
"""Segment `..` of a decoded path, as the servers read it that take a backslash or `;` for an end."""

_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?")
_EMBEDDED_LAST = tuple(map(IPv6Network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""Networks whose last 32 bits are an IPv4 address: compatible (RFC 4291) and NAT64 (RFC 6052, RFC 8215)."""


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


def host_key(text: str) -> str | None:
    """Return a text that is equal for all spellings of a host, or None if `text` is no host alone.

    A host is a name or an address; an IPv6 address may have brackets.
    """
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ip_address(inner))
    except ValueError:
        return text.lower() if _NAME.fullmatch(text) else None


def judged_address(text: str) -> IPv4Address | IPv6Address:
    """Return an address without zone, or the IPv4 address that it embeds. Raises ValueError.

    Embedding addresses are mapped, compatible, NAT64, 6to4, Teredo (its client) and ISATAP addresses.
    """
    found = ip_address(text.partition("%")[0])
    if isinstance(found, IPv4Address) or found.is_unspecified or found.is_loopback:
        return found
    teredo = found.teredo[1] if found.teredo else None
    if inner := found.ipv4_mapped or found.sixtofour or teredo:
        return inner
    bits = int(found)
    is_isatap = bits >> 32 & 0xFDFF_FFFF == 0x5EFE  # noqa: PLR2004 - RFC 5214 §6.1
    is_last = is_isatap or any(found in one for one in _EMBEDDED_LAST)
    return IPv4Address(bits & 0xFFFF_FFFF) if is_last else found


def has_parent_segment(target: str) -> bool:
    """Return whether a segment of the path may be `..` to a server, however often that is escaped."""
    path = target.partition("?")[0]
    for _ in range(_MAX_ESCAPES):
        escaped, path = path, unquote(path)
        if path == escaped:
            return bool(_PARENT.search(path))
    return True


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
