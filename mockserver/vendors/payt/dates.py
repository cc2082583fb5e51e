"""Days and instants: RFC 3339 with any offset on input, UTC in storage and replies."""

from __future__ import annotations

import re
from datetime import datetime

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.spec.formats import DATE_PATTERN, DATE_TIME_PATTERN

_DAY = re.compile(DATE_PATTERN)
_INSTANT = re.compile(DATE_TIME_PATTERN)


def is_day(text: str) -> bool:
    """Return whether `text` is a day of the calendar, year first."""
    return _DAY.fullmatch(text) is not None


def is_instant(text: str) -> bool:
    """Return whether `text` is a moment, and one that UTC has a year for."""
    if _INSTANT.fullmatch(text) is None:
        return False
    try:
        read_instant(text)
    except ValueError:
        return False
    return True


def is_local_instant(text: str) -> bool:
    """Return whether `text` would be a moment if it named a zone."""
    return is_instant(f"{text}Z")


def read_instant(text: str) -> datetime:
    """Return the moment that `text` is known to spell; without a zone it is one of UTC."""
    return parse_instant(text.upper())


def to_utc(text: str | None) -> str | None:
    """Return the same moment as it is kept."""
    return None if text is None else print_instant(read_instant(text))
