"""Read request bodies to their end and undo their content coding (RFC 9110 §8.4), within a limit."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from mockserver.errors import MalformedBody, Refusal, TooLarge, UnsupportedMediaType

CODINGS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content codings that are decoded, with zlib's word for each; `identity` needs none."""

_LENGTH = re.compile("[0-9]{1,19}")

MAX_MEMBERS = 64
"""A gzip body may be several in a row (RFC 1952 §2.2); each one costs, however little it holds."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body without its coding, the headers that describe it, and why it cannot be used."""

    headers: Mapping[str, str]
    content: bytes = b""
    refusal: Refusal | None = None


async def read(receive: Receive, headers: Mapping[str, str], limit: int) -> Body:
    """Return the body of a request, up to `limit` bytes; a body that cannot be decoded is kept as it came.

    Raises:
        ClientDisconnect: the client left before the end of it.
    """
    try:
        content = await read_body(receive, headers.get("content-length", ""), limit)
    except TooLarge as refusal:
        return Body(headers, refusal=refusal)
    if "content-encoding" not in headers:
        return Body(headers, content)
    try:
        return Body(*decode(headers, content, limit))
    except Refusal as refusal:
        return Body(headers, content, refusal)


def decode(headers: Mapping[str, str], body: bytes, limit: int) -> tuple[Mapping[str, str], bytes]:
    """Headers and body as if that had come without a coding; its length says what it is now.

    Raises:
        UnsupportedMediaType: the coding is not known here, or there are several.
        MalformedBody: the body is not what its coding says.
        TooLarge: it is over `limit` bytes when undone; no more than that is ever held.
    """
    coding = headers.get("content-encoding", "").strip(" \t").lower()
    if not coding or coding == "identity" or not body:
        return headers, body
    if coding not in CODINGS:
        raise UnsupportedMediaType(coding, CODINGS)
    body = _inflate(body, CODINGS[coding], limit)
    others = {name: text for name, text in headers.items() if name != "content-encoding"}
    if "content-length" in others:
        others["content-length"] = str(len(body))
    return others, body


def _inflate(body: bytes, window_bits: int, limit: int) -> bytes:
    """Return what zlib makes of all the members of a body, up to `limit` bytes.

    Raises:
        MalformedBody: it makes nothing of it, or the body ends too early or too late.
        TooLarge: there is more.
    """
    pieces: list[bytes] = []
    room = limit
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(window_bits)
        try:
            # One byte more than there is room for tells a body of the limit from one beyond it.
            pieces.append(member.decompress(body, room + 1))
        except zlib.error as error:
            raise MalformedBody(f"the body is not what its Content-Encoding says: {error}") from None
        room -= len(pieces[-1])
        if room < 0:
            raise TooLarge(limit)
        if not member.eof:
            raise MalformedBody("the body ends before its Content-Encoding does")
        body = member.unused_data
        if not body:
            return b"".join(pieces)
    raise MalformedBody(f"the body holds over {MAX_MEMBERS} members of its Content-Encoding")


async def read_body(receive: Receive, length: str, limit: int) -> bytes:
    """Return the whole body; `length` is what its Content-Length says, "" when it has none.

    Raises:
        TooLarge: it is over `limit` bytes, or says so.
        ClientDisconnect: the client left before the end of it.
    """
    if _LENGTH.fullmatch(length) and int(length) > limit:
        raise TooLarge(limit)
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
