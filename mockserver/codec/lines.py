"""Bodies of lines, such as NDJSON: one JSON value in each line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Json, Value

_LINES = re.compile(r"[\w.-]+/([\w.-]+\+)?(x-)?(ndjson|ldjson|jsonl|json-?lines)")


class Line(Value, frozen=True):
    """A line of a body that is not blank."""

    number: int
    """Number of the line, from 1; blank lines count."""
    value: Json
    """The value, or the text of a line that cannot be read."""
    fault: str = ""
    """Why the line has no JSON object; "" if the line has one."""


@lru_cache(256)
def is_lines_type(media_type: str) -> bool:
    """Return whether bodies of a media type, without parameters, are lines."""
    return _LINES.fullmatch(media_type) is not None


def read_lines(body: bytes, charset: str) -> Iterator[Line]:
    """Yield the lines that are not blank. Raises MalformedBody: the body is not in its charset."""
    for number, text in enumerate(json.to_utf_8(body, charset).split(b"\n"), 1):
        if text.strip():
            yield _read_line(number, text)


def _read_line(number: int, text: bytes) -> Line:
    try:
        value = json.decode(text)
        json.check_depth(value)
    except MalformedBody as error:
        return Line(number, text.decode("utf-8", "replace").strip(), f"line {number}: {error.detail}")
    return Line(number, value, "" if isinstance(value, dict) else f"line {number} is no JSON object")


def write_lines(values: Iterable[Json]) -> bytes:
    return b"".join(json.encode(value) + b"\n" for value in values)
