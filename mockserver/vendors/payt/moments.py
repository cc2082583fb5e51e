"""Days and moments: moments are read as RFC 3339 with any offset, kept and printed in UTC.

Source: Payt fact sheet §1.5.
"""

from __future__ import annotations

import re
from datetime import datetime

from mockserver.clock import parse_instant, print_instant
from mockserver.formats import DATE_PATTERN, DATE_TIME_PATTERN

_DAY = re.compile(DATE_PATTERN)
_MOMENT = re.compile(DATE_TIME_PATTERN)


def is_day(text: str) -> bool:
    """Whether `text` is a day of the calendar, year first."""
    return _DAY.fullmatch(text) is not None


def is_moment(text: str) -> bool:
    """Whether `text` is a moment, and one that UTC has a year for."""
    if _MOMENT.fullmatch(text) is None:
        return False
    try:
        read_moment(text)
    except ValueError:
        return False
    return True


def is_local(text: str) -> bool:
    """Whether `text` would be a moment if it named a zone."""
    return is_moment(f"{text}Z")


def read_moment(text: str) -> datetime:
    """The moment that `text` is known to spell; without a zone it is one of UTC."""
    return parse_instant(text.upper())


def in_utc(text: str | None) -> str | None:
    """The same moment as it is kept."""
    return None if text is None else print_instant(read_moment(text))
