"""Content codings of bodies, such as gzip."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.errors import MalformedBody, TooLarge, UnsupportedMediaType
from mockserver.model import Reply

CODINGS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Supported content codings, each with its `wbits` for zlib."""

MAX_MEMBERS = 64
"""Maximum number of gzip members in a body (RFC 1952 §2.2), because even an empty member costs time."""


def decode(headers: Mapping[str, str], body: bytes, limit: int) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body without Content-Encoding; adapt a Content-Length to the decoded body.

    Raises UnsupportedMediaType if the coding is unknown, or if several are named; MalformedBody if decoding
    fails; TooLarge if the decoded body has over `limit` bytes (decoding stops one byte after `limit`).
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


def decode_reply(reply: Reply, limit: int) -> Reply:
    """Return the reply without its content coding. Raises what `decode` raises."""
    left, body = decode({name.lower(): text for name, text in reply.headers}, reply.body, limit)
    if body is reply.body:
        return reply
    return replace(reply, body=body, headers=tuple([one for one in reply.headers if one[0].lower() in left]))


def _inflate(body: bytes, window_bits: int, limit: int) -> bytes:
    """Decompress all members of a body.

    Raises MalformedBody if a member is invalid or truncated, or if there are too many members; TooLarge if
    the decompressed members have over `limit` bytes.
    """
    pieces: list[bytes] = []
    left = limit
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(window_bits)
        try:
            # One byte more than the limit distinguishes a body of exactly that size from a larger one.
            pieces.append(member.decompress(body, left + 1))
        except zlib.error as error:
            raise MalformedBody(f"the body is not what its Content-Encoding says: {error}") from None
        left -= len(pieces[-1])
        if left < 0:
            raise TooLarge(limit)
        if not member.eof:
            raise MalformedBody("the body ends before its Content-Encoding does")
        body = member.unused_data
        if not body:
            return b"".join(pieces)
    raise MalformedBody(f"the body holds over {MAX_MEMBERS} members of its Content-Encoding")
