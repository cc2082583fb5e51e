"""Content codings of request bodies (RFC 9110 §8.4): undone at the door, within the limit on bodies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.errors import Malformed, TooLarge, UnsupportedMediaType
from mockserver.model import Call

CODINGS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Those that are undone, each with zlib's word for it; `identity` is none."""

MAX_MEMBERS = 64
"""A gzip body may be several in a row (RFC 1952 §2.2); each one costs, however little it holds."""


def plain(call: Call, limit: int) -> Call:
    """The call as if its body had come without a coding; its length says what it is now.

    Raises:
        UnsupportedMediaType: the coding is not known here, or there are several.
        Malformed: the body is not what its coding says.
        TooLarge: it is over `limit` bytes when undone; no more than that is ever held.
    """
    coding = call.headers.get("content-encoding", "").strip(" \t").lower()
    if not coding or coding == "identity" or not call.body:
        return call
    if coding not in CODINGS:
        raise UnsupportedMediaType(coding, CODINGS)
    body = decoded(call.body, CODINGS[coding], limit)
    headers = {name: text for name, text in call.headers.items() if name != "content-encoding"}
    if "content-length" in headers:
        headers["content-length"] = str(len(body))
    return replace(call, headers=headers, body=body)


def decoded(body: bytes, window_bits: int, limit: int) -> bytes:
    """What zlib makes of all the members of a body, up to `limit` bytes.

    Raises:
        Malformed: it makes nothing of it, or the body ends too early or too late.
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
            raise Malformed(f"the body is not what its Content-Encoding says: {error}") from None
        room -= len(pieces[-1])
        if room < 0:
            raise TooLarge(limit)
        if not member.eof:
            raise Malformed("the body ends before its Content-Encoding does")
        body = member.unused_data
        if not body:
            return b"".join(pieces)
    raise Malformed(f"the body holds over {MAX_MEMBERS} members of its Content-Encoding")
