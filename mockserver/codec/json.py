"""JSON with exact decimals and whole big integers; no amount ever passes through binary float.

Grammar: RFC 8259. NaN, Infinity, lone surrogates, numbers beyond doubles and nesting over the limit are
malformed; a repeated member's last value wins, as in the vendors' parsers
(docs/decisions.md#members-that-come-twice).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import MAX_PREC, Clamped, Context, Decimal, InvalidOperation, Overflow, Subnormal
from hashlib import blake2b
from json import loads

import json5
import msgspec

from mockserver.errors import MalformedBody, TakesLongError
from mockserver.model import Json, Path, values_in

MAX_DEPTH = 64
NUMBER_PATTERN = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*")
"""A number inside a text: in quotes, or in a query."""

MIN_EXPONENT, MAX_EXPONENT = -324, 308
MAX_LENIENT_BYTES = 16 * 1024
"""Maximum length of lenient JSON, whose reader takes 13 µs a byte; a longer body must be strict JSON."""

MAX_LENIENT_BRACKETS = 1024
QUICK_LENIENT_BYTES = 1024
"""Maximum length of lenient JSON that is decoded in the event loop, where it makes other calls wait."""

HOLE = msgspec.Raw(b"\n")
"""Value in whose place other JSON is put; compact JSON has no line break."""

_BYTE_POSITION = re.compile(r"\(byte ([0-9]+)\)")
_ESCAPED_NUL = rb"\u0000"
_CONTAINERS = (dict, list)
_CONTAINERS_SET = frozenset(_CONTAINERS)

_EXACT = Context(
    prec=MAX_PREC,
    Emin=MIN_EXPONENT,
    Emax=MAX_EXPONENT,
    traps=[Clamped, InvalidOperation, Overflow, Subnormal],
)
"""Context that reads numbers like `parse_decimal`, in half the time; it also accepts a zero like `0e-400`."""


def parse_decimal(text: str) -> Decimal:
    """Return the exact number. Raises ValueError: the number is beyond the range of a double."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("the exponent of a number is out of range") from None
    if not number.is_finite() or not MIN_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise ValueError("a number is out of range")
    return number


_decoder = msgspec.json.Decoder(float_hook=_EXACT.create_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_sorting_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")


def to_utf_8(body: bytes, charset: str) -> bytes:
    if charset.startswith("utf-16"):
        try:
            marked = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
            bare = "utf-16-be" if charset.endswith("be") else "utf-16-le"
            return body.decode("utf-16" if marked else bare).encode()
        except UnicodeError:
            raise MalformedBody("the body is not valid UTF-16") from None
    return body.removeprefix(b"\xef\xbb\xbf")


def decode(body: bytes, charset: str = "utf-8") -> Json:
    """Return the document of a body. The caller limits the nesting by `check_depth`. Raises MalformedBody."""
    text = to_utf_8(body, charset)
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise MalformedBody("nested too deep") from None
    except UnicodeError:
        raise MalformedBody("the body is not valid UTF-8") from None
    except (msgspec.ValidationError, ArithmeticError):
        raise MalformedBody("a number is out of range") from None
    except msgspec.DecodeError as error:
        raise _syntax_error(str(error), text) from None


def decode_lenient(body: bytes, charset: str = "utf-8", most_bytes: int = MAX_LENIENT_BYTES) -> Json:
    """Decode a body as JSON; if that fails, as JSON5: comments, single quotes, bare names, trailing commas.

    Text after the document is ignored. Source: docs/vendors/pvex.md#json (Json.NET reads all of these).
    Raises MalformedBody, with the position at which the JSON5 reader stopped, or at which the JSON reader
    stopped if JSON5 was not tried; TakesLongError: JSON5 of more than `most_bytes`.
    """
    text = to_utf_8(body, charset)
    try:
        return decode(text)
    except MalformedBody as strict:
        if strict.position:
            with suppress(MalformedBody):
                return decode(text[: strict.position])
        if len(text) > MAX_LENIENT_BYTES or text.count(b"[") + text.count(b"{") > MAX_LENIENT_BRACKETS:
            raise
        if len(text) > most_bytes:
            raise TakesLongError from None
        return _decode_json5(text, strict)


def _decode_json5(text: bytes, strict: MalformedBody) -> Json:
    """Return the JSON5 document at the beginning of `text`; `strict` is the error of the JSON reader."""
    try:
        document, error, stopped = json5.parse(
            written := text.decode(),
            parse_float=parse_decimal,
            parse_constant=_refuse_constant,
            consume_trailing=False,
        )
        _encoder.encode(document)  # refuses lone surrogates, which JSON5 allows but no answer could contain
    except (ValueError, ArithmeticError, RecursionError):
        raise strict from None
    if error:
        raise _malformed_at(len(written[:stopped].encode()))
    return document


def find_repeated_member(body: bytes, charset: str = "utf-8") -> str | None:
    """Return the first member name that occurs twice in one object, or None; stop at a syntax error."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Json]]) -> None:
        names = Counter(name for name, _ in pairs)
        repeated.extend(name for name, times in names.items() if times > 1)

    with suppress(ValueError, RecursionError):
        loads(to_utf_8(body, charset), object_pairs_hook=note, parse_int=str, parse_float=str)
    return repeated[0] if repeated else None


def encode(document: Json) -> bytes:
    """Return compact JSON in UTF-8; decimals are numbers and keep their scale."""
    return _encoder.encode(document)


def encode_each(documents: Sequence[Json]) -> list[bytes]:
    """Return the JSON of each document; faster than to encode one document after the other."""
    return _encoder.encode_lines(documents).splitlines()  # JSON escapes the line breaks inside texts


def around_hole(document: Json) -> tuple[bytes, bytes]:
    """Return the JSON of a document before and after its only `HOLE`."""
    start, _, end = _encoder.encode(document).partition(bytes(HOLE))
    return start, end


def digest(document: Json) -> str:
    """Return a short hash of a document; the order of its members does not matter."""
    return blake2b(_sorting_encoder.encode(document), digest_size=6).hexdigest()


def _syntax_error(message: str, text: bytes) -> MalformedBody:
    """Return the decoder's error in our words, with its position in bytes."""
    match = _BYTE_POSITION.search(message)
    if not match:
        return _malformed_at(len(text))
    # If text follows the document, the decoder tells the position after the first character of that text.
    return _malformed_at(int(match[1]) - ("trailing characters" in message))


def _malformed_at(position: int) -> MalformedBody:
    return MalformedBody(f"the JSON cannot be read beyond byte {position}", position)


def may_contain_nul(body: bytes) -> bool:
    if b"\\" not in body:  # fifty times as fast as the search below
        return False
    return _ESCAPED_NUL in (body.replace(b"\0", b"") if b"\0" in body else body)


def find_nul(value: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each text that contains the character NUL; every path begins with `path`."""
    return (at for at, text in values_in(value, path) if isinstance(text, str) and "\0" in text)


def check_depth(document: Json, limit: int = MAX_DEPTH, above: int = 0) -> None:
    """Raise MalformedBody if the nesting, with `above` levels around the document, exceeds `limit`."""
    level = [document] if isinstance(document, _CONTAINERS) else []
    depth = above
    while level:
        depth += 1
        if depth > limit:
            raise MalformedBody(f"nested deeper than {limit} levels")
        level = [child for node in level for child in _nested_containers(node)]


def is_deep(document: Json, levels: int) -> bool:
    """Return whether a value of the document lies inside `levels` nested lists or objects."""
    level = [document]
    for _ in range(levels):
        containers = (one for one in level if isinstance(one, _CONTAINERS))
        level = [child for one in containers for child in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def _refuse_constant(name: str) -> Json:
    raise ArithmeticError(f"{name} is not a JSON number")  # json5 would report a ValueError as a syntax error


def _nested_containers(node: Json) -> Iterable[Json]:
    values = node.values() if type(node) is dict else node
    if _CONTAINERS_SET.isdisjoint(map(type, values)):
        return ()
    return (value for value in values if type(value) in _CONTAINERS)
