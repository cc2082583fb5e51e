"""JSON with exact decimals and whole big integers; no amount ever passes through binary float.

Grammar: RFC 8259. NaN, Infinity, lone surrogates, numbers beyond all reason and nesting over the limit
are malformed; a repeated member's last value wins, as the vendors' parsers have it (design §6).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import json5
import msgspec

from mockserver.errors import Malformed
from mockserver.model import Json

MAX_DEPTH = 64
MAX_EXPONENT = 308
MAX_LENIENT_BYTES = 256 * 1024
"""The lenient reader is slow; what is longer than this must be strict JSON."""

_CONTAINERS = (dict, list)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("the exponent of a number is out of range") from None
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError("a number is out of range")
    return number


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def text_of(body: bytes, charset: str) -> bytes:
    """The body as UTF-8 bytes without a byte order mark, whatever of UTF-8 and UTF-16 it came in."""
    if charset.startswith("utf-16"):
        try:
            return body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le").encode()
        except UnicodeError:
            raise Malformed("the body is not valid UTF-16") from None
    return body.removeprefix(b"\xef\xbb\xbf")


def decode(body: bytes, *, charset: str = "utf-8", max_depth: int = MAX_DEPTH) -> Json:
    """The document that `body` holds.

    Raises:
        Malformed: it holds none, or one that is nested deeper than `max_depth`.
    """
    text = text_of(body, charset)
    try:
        document = _decoder.decode(text)
    except RecursionError:
        raise Malformed(f"nested deeper than {max_depth} levels") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(str(error)) from None
    if text.count(b"[") + text.count(b"{") > max_depth:
        _check_depth(document, max_depth)
    return document


def decode_lenient(body: bytes, *, charset: str = "utf-8", max_depth: int = MAX_DEPTH) -> Json:
    """As `decode`; where that fails, JSON5 is read: comments, single quotes, bare names, trailing commas.

    Source: PVEx fact sheet §2.1 (Json.NET reads all of these).
    """
    try:
        return decode(body, charset=charset, max_depth=max_depth)
    except Malformed:
        text = text_of(body, charset)
        if len(text) > MAX_LENIENT_BYTES or text.count(b"[") + text.count(b"{") > max_depth * 16:
            raise
        try:
            document = json5.loads(text.decode(), parse_float=_decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            document = None
        if document is None:
            raise
        _check_depth(document, max_depth)
        return document


def encode(document: Json) -> bytes:
    """Compact JSON in UTF-8; decimals are numbers and keep their scale."""
    return _encoder.encode(document)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _check_depth(document: Json, limit: int) -> None:
    level = [document] if isinstance(document, _CONTAINERS) else []
    depth = 0
    while level:
        depth += 1
        if depth > limit:
            raise Malformed(f"nested deeper than {limit} levels")
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) in _CONTAINERS
        ]
