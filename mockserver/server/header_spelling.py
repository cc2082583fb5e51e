"""Write header names as those who sent them spell them; uvicorn would put all of them in lower case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

_LOWERED_BY_LIBRARIES = (
    b"Access-Control-Allow-Credentials",
    b"Access-Control-Allow-Headers",
    b"Access-Control-Allow-Methods",
    b"Access-Control-Allow-Origin",
    b"Access-Control-Allow-Private-Network",
    b"Access-Control-Expose-Headers",
    b"Access-Control-Max-Age",
    b"Allow",
    b"Cache-Control",
    b"Connection",
    b"Content-Disposition",
    b"Content-Encoding",
    b"Content-Length",
    b"Content-Security-Policy",
    b"Content-Type",
    b"Date",
    b"Location",
    b"Mock-Journal-Dropped",
    b"Mock-Reason",
    b"Referrer-Policy",
    b"Transfer-Encoding",
    b"Vary",
    b"WWW-Authenticate",
    b"X-Accel-Buffering",
    b"X-Content-Type-Options",
)
_USUAL: Mapping[bytes, bytes] = {name.lower(): name for name in _LOWERED_BY_LIBRARIES}
"""The usual spelling of what uvicorn and Starlette send in lower case."""

_BY_UVICORN = ((b"date", b""), (b"connection", b""), (b"transfer-encoding", b""))
_KNOWN_NAMES = 1024


def spell_names(head: bytes, sent: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a response with the names as in `sent`, the headers that an application gave.

    What an application gave with a capital letter, or under no usual name, stays as it is.
    """
    for name, _ in (*sent, *_BY_UVICORN):
        lower, spelled = _line_starts(name)
        head = head.replace(lower, spelled)
    return head


@lru_cache(_KNOWN_NAMES)
def _line_starts(name: bytes) -> tuple[bytes, bytes]:
    """Return how the line of a header starts as uvicorn writes it, and as it is to be."""
    return b"\r\n%s: " % name.lower(), b"\r\n%s: " % spelled(name)


def spelled(name: bytes) -> bytes:
    """Return a header's name as it is to be written."""
    return _USUAL.get(name, name)
