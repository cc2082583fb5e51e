"""Positions in a JSON text as Json.NET reports them: path, line and position.

The text is read as far as the lenient reader can read it, and not validated.
Source: docs/vendors/pvex.md#modelstate.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Path, Value

_TOKEN = re.compile(
    r"""(?P<blank>[\s\ufeff]+|//[^\r\n]*|/\*.*?\*/)
    |(?P<mark>[{}\[\]:,])
    |(?P<text>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|[^\s{}\[\]:,"'/]+)""",
    re.DOTALL | re.VERBOSE,
)
_BLANK = re.compile(r"(?:[\s\ufeff]++|//[^\r\n]*+|/\*.*?\*/)*+", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPECIAL = re.compile(r"[.' /\"\[\]()\t\n\r\f\b\\]")

_MAX_DEPTH = 2
MAX_TEXT_LENGTH = 256 * 1024
"""Longer texts are not searched: it takes 0.3 µs a character, and nobody else is served meanwhile."""

TokenKey: TypeAlias = tuple[str, Path]
"""Search target: a `name`, the first token of a `value`, or its `end`; paths in lower case."""


class TokenEnd(Value, frozen=True):
    """The end of a token; `path` has names as they were sent."""

    path: Path
    offset: int


@dataclass(slots=True)
class _OpenContainer:
    """An open list or object; `step` is the last index or name in it, None at its start."""

    is_list: bool
    step: str | int | None = None
    named: bool = False


class _Cursor:
    """Json.NET's idea of where it is: a container counts for the path once something stands in it."""

    def __init__(self) -> None:
        self._open: list[_OpenContainer] = []

    @property
    def depth(self) -> int:
        """Number of open lists and objects."""
        return len(self._open)

    @property
    def path(self) -> Path:
        """Current path."""
        return tuple(one.step for one in self._open if one.step is not None)

    def pass_mark(self, mark: str) -> str:
        """Pass a bracket, colon or comma; return the kind of token that ended, "" for none."""
        if mark in "[{":
            self._begin()
            return "value"
        if mark in "]}" and self._open:
            self._open.pop()
            return "end"
        if self._open and not self._open[-1].is_list:
            self._open[-1].named = mark == ":"
        return "name" if mark == ":" else ""

    def enter(self, mark: str) -> None:
        """Be inside the list or object that begins here."""
        if mark in "[{":
            self._open.append(_OpenContainer(is_list=mark == "["))

    def pass_text(self, text: str) -> str:
        """Go over a name or a scalar."""
        top = self._open[-1] if self._open else None
        if top is None or top.is_list or top.named:
            self._begin()
            return "value"
        top.step = _unquote(text)
        return ""

    def _begin(self) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.is_list:
            top.step = top.step + 1 if isinstance(top.step, int) else 0


@dataclass(frozen=True, slots=True)
class JsonPositions:
    """Positions in one JSON text, down to the members of list elements."""

    text: str
    token_ends: Mapping[TokenKey, TokenEnd]
    line_starts: tuple[int, ...]

    def describe(self, kind: str, path: Path) -> str:
        """Path, line and position of a spot as Json.NET ends its messages with them."""
        spot = self.token_ends.get((kind, _lower_path(path)))
        return (
            self.describe_offset(spot.path, spot.offset)
            if spot
            else self.describe_offset(path, len(self.text))
        )

    def describe_offset(self, path: Path, offset: int) -> str:
        """Return the same of any offset."""
        line = bisect_right(self.line_starts, offset) if offset else 0
        position = offset - self.line_starts[line - 1] if offset else 0
        return f"Path '{print_path(path)}', line {line}, position {position}."


def find_positions(text: str) -> JsonPositions:
    """Return every place of `text`; of equal names the last counts. One that is too long has none."""
    if len(text) > MAX_TEXT_LENGTH:
        return JsonPositions(text, {}, (0,))
    spots = {(kind, _lower_path(spot.path)): spot for kind, spot in _token_ends(text)}
    starts = (0, *(found.end() for found in _LINE_END.finditer(text)))
    return JsonPositions(text, spots, starts)


def path_at(text: str, stop: int) -> Path:
    """Return the path at which a reader stops at the offset `stop`; the root if it is far."""
    if stop > MAX_TEXT_LENGTH:
        return ()
    cursor = _Cursor()
    for _ in _tokens(text, stop, cursor):
        pass
    return cursor.path


def is_blank(text: str) -> bool:
    """Return whether there is nothing in `text` but white space and comments."""
    return _BLANK.fullmatch(text) is not None


def print_path(path: Path) -> str:
    """Return the path in Json.NET's spelling: `[0].Number`, or `[0]['a b']` for odd names."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _SPECIAL.search(step):
            text += f"['{step}']"
        else:
            text += f".{step}" if text else step
    return text


def _token_ends(text: str) -> Iterator[tuple[str, TokenEnd]]:
    cursor = _Cursor()
    for kind, offset in _tokens(text, len(text), cursor):
        if cursor.depth <= _MAX_DEPTH:
            yield kind, TokenEnd(cursor.path, offset)


def _tokens(text: str, stop: int, cursor: _Cursor) -> Iterator[tuple[str, int]]:
    """Move the cursor over every token that begins before `stop`; the kinds of spots and where they end."""
    at = 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if start != at or start >= stop:
            return
        at = end
        kind = token.lastgroup
        if kind == "blank":
            continue
        if kind == "text":
            if found := cursor.pass_text(token[0]):
                yield found, end
        else:
            if found := cursor.pass_mark(token[0]):
                yield found, end
            cursor.enter(token[0])


def _unquote(text: str) -> str:
    if text[0] not in "\"'":
        return text
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.decode_lenient(text.encode()))
    except MalformedBody:
        return text[1:-1]


def _lower_path(path: Path) -> Path:
    return tuple(step.lower() if isinstance(step, str) else step for step in path)
