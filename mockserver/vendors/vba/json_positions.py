"""Positions in a JSON body as System.Text.Json counts them: lines from 0, bytes within the line."""

from json import JSONDecoder

from mockserver.codec.http import parse_content_type
from mockserver.codec.json import to_utf_8
from mockserver.model import Call, Path

_SPACE = " \t\r\n"
# Numbers of any length are skipped, not read.
_skip = JSONDecoder(parse_int=str, parse_float=str).raw_decode


def value_position(call: Call, path: Path) -> str:
    """Return where reading the value at `path` ended: behind a scalar, or behind an opening bracket.

    The body is known to be JSON that has a value there. Source: docs/vendors/vba.md#refusals.
    """
    text = _body_text(call).decode()
    at = _skip_spaces(text, 0)
    for step in path:
        at = _element_start(text, at, step) if isinstance(step, int) else _member_start(text, at, step)
    end = at + 1 if text[at] in "[{" else _skip(text, at)[1]
    return _print_position(text[:end].encode())


def byte_position(call: Call, position: int) -> str:
    """Return where the byte at `position` stands in what is, up to there, text."""
    return _print_position(_body_text(call)[:position] if position else b"")


def _body_text(call: Call) -> bytes:
    return to_utf_8(call.body, parse_content_type(call.headers)[1])


def _print_position(read: bytes) -> str:
    line = read.count(b"\n")
    column = len(read) - read.rfind(b"\n") - 1
    return f"LineNumber: {line} | BytePositionInLine: {column}"


def _element_start(text: str, at: int, index: int) -> int:
    """Return where the element begins, in the list that begins at `at`."""
    at = _skip_spaces(text, at + 1)
    for _ in range(index):
        at = _skip_spaces(text, _skip(text, at)[1])
        at = _skip_spaces(text, at + 1)
    return at


def _member_start(text: str, at: int, name: str) -> int:
    """Return where the member's value begins, in the object at `at`; any letter case, the last of several."""
    at, found = _skip_spaces(text, at + 1), at
    while text[at] == '"':
        given, at = _skip(text, at)
        at = _skip_spaces(text, _skip_spaces(text, at) + 1)
        if given.lower() == name.lower():
            found = at
        at = _skip_spaces(text, _skip(text, at)[1])
        at = _skip_spaces(text, at + 1) if text[at] == "," else at
    return found


def _skip_spaces(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
