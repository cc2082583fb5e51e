"""A request as it goes over the wire: its headers are complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx

_CLIENT_HEADERS: Mapping[str, tuple[bytes, bytes]] = MappingProxyType(
    {
        "accept": (b"Accept", b"*/*"),
        "accept-encoding": (b"Accept-Encoding", b"gzip, deflate"),
        "connection": (b"Connection", b"keep-alive"),
        "user-agent": (b"User-Agent", f"python-httpx/{httpx.__version__}".encode()),
    }
)
"""Sent with every call that does not say otherwise, by name in lower case."""

_ALWAYS_MEASURED = ("POST", "PUT", "PATCH")
"""Methods that say the length of their body even if there is none."""


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """Method, address, headers in their order, and body of a request."""

    method: str
    url: httpx.URL
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


def outgoing_request(
    method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes = b""
) -> OutgoingRequest:
    """Return the request with the headers that every client adds; those of `headers` win."""
    named = {name.lower() for name in headers}
    first: list[tuple[bytes, bytes]] = []
    last: list[tuple[bytes, bytes]] = []
    if "host" not in named and url.host:
        first.append((b"Host", url.netloc))
    if named.isdisjoint(("content-length", "transfer-encoding")) or (body and "content-length" not in named):
        if body:
            last.append((b"Content-Length", str(len(body)).encode()))
        elif method.upper() in _ALWAYS_MEASURED:
            first.append((b"Content-Length", b"0"))
    own = [pair for name, pair in _CLIENT_HEADERS.items() if name not in named]
    given = [(name.encode("latin-1"), _octets(text)) for name, text in headers.items()]
    return OutgoingRequest(method.upper(), url, (*first, *own, *given, *last), body)


def _octets(text: str) -> bytes:
    """Return a header's text on the wire, which knows no characters beyond Latin-1."""
    return text.encode("latin-1", "replace")
