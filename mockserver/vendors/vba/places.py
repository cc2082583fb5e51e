"""Where a value stands in a body, as System.Text.Json counts: lines from 0, bytes within the line."""

from json import JSONDecoder

from mockserver.codec.json import text_of
from mockserver.model import Call, Path
from mockserver.reply import media_type_of

_SPACE = " \t\r\n"
# Numbers of any length are skipped, not read.
_skip = JSONDecoder(parse_int=str, parse_float=str).raw_decode


def place_of_value(call: Call, path: Path) -> str:
    """Where reading the value at `path` ended: behind a scalar, behind the bracket that opens a container.

    The body is known to be JSON that has a value there. Source: VBA fact sheet §3.2.
    """
    text = _text(call).decode()
    at = _spaces(text, 0)
    for step in path:
        at = _element(text, at, step) if isinstance(step, int) else _member(text, at, step)
    end = at + 1 if text[at] in "[{" else _skip(text, at)[1]
    return _place(text[:end].encode())


def place_of_byte(call: Call, position: int) -> str:
    """Where the byte at `position` stands in what is, up to there, text."""
    return _place(_text(call)[:position] if position else b"")


def _text(call: Call) -> bytes:
    return text_of(call.body, media_type_of(call.headers)[1])


def _place(read: bytes) -> str:
    line = read.count(b"\n")
    column = len(read) - read.rfind(b"\n") - 1
    return f"LineNumber: {line} | BytePositionInLine: {column}"


def _element(text: str, at: int, index: int) -> int:
    """Where the element begins, in the list that begins at `at`."""
    at = _spaces(text, at + 1)
    for _ in range(index):
        at = _spaces(text, _skip(text, at)[1])
        at = _spaces(text, at + 1)
    return at


def _member(text: str, at: int, name: str) -> int:
    """Where the member's value begins, in the object at `at`; any letter case, the last of several."""
    at, found = _spaces(text, at + 1), at
    while text[at] == '"':
        given, at = _skip(text, at)
        at = _spaces(text, _spaces(text, at) + 1)
        if given.lower() == name.lower():
            found = at
        at = _spaces(text, _skip(text, at)[1])
        at = _spaces(text, at + 1) if text[at] == "," else at
    return found


def _spaces(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
