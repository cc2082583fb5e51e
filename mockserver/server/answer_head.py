"""The head of an answer as it goes over the wire, for answers of a known length."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from mockserver.server.header_spelling import spelled

_LENGTH = b"content-length"
_FRAMED_BY_UVICORN = frozenset({b"connection", b"transfer-encoding"})
_KNOWN_NAMES = 1024


class Head(NamedTuple):
    """The octets of a head, and the length of the body that it announces."""

    octets: bytes
    length: int


class _Name(NamedTuple):
    """A header's name in lower case, and the start of its line; empty if uvicorn must write it."""

    lower: bytes
    line_start: bytes


def head_of(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Head | None:
    """Return the head, with names as `spelled`; None if uvicorn must write it.

    That is a head without one Content-Length, with a header that says how the connection is used, or with a
    header that uvicorn refuses.
    """
    length: int | None = None
    pieces, texts = [STATUS_LINE.get(status, b"")], []
    for name, text in headers:
        lower, line_start = _name(name)
        if not line_start:
            return None
        if lower == _LENGTH:
            if length is not None or not text.isdigit():
                return None
            length = int(text)
        texts.append(text)
        pieces += (line_start, text, b"\r\n")
    if length is None or not pieces[0] or HEADER_VALUE_RE.search(b"".join(texts)):
        return None
    pieces.append(b"\r\n")
    return Head(b"".join(pieces), length)


@lru_cache(_KNOWN_NAMES)
def _name(name: bytes) -> _Name:
    lower = name.lower()
    is_left = lower in _FRAMED_BY_UVICORN or HEADER_RE.search(name)
    return _Name(lower, b"" if is_left else b"%s: " % spelled(name))
