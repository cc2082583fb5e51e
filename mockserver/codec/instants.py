"""Parse instants and durations; print instants and HTTP dates in UTC, and durations in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import lru_cache

_KNOWN_SECONDS = 64

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile("([0-9]{1,5})([smhd])")
_DURATION = re.compile(f"(?:{_PART.pattern}){{1,4}}")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def parse_instant(text: str) -> datetime:
    """Parse an ISO 8601 instant; an instant without a zone is in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is outside the years 1 to 9999 in UTC") from None


def print_instant(moment: datetime) -> str:
    """Return a text such as `2026-01-05T09:00:00Z`, with a fraction of a second if there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def print_http_date(moment: datetime) -> str:
    """Return a text such as `Mon, 05 Jan 2026 09:00:00 GMT`."""
    return _http_date(int(moment.timestamp()))


@lru_cache(_KNOWN_SECONDS)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def parse_duration(text: str) -> timedelta:
    """Parse a duration: whole numbers with the units s, m, h or d (24 hours), added up. Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text} is not a duration")
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))


def print_span(millis: int) -> str:
    """Return a duration in one unit with at most one decimal, such as `340 ms`, `1.2 s` or `5 min`."""
    if abs(millis) < 1000:  # noqa: PLR2004 - milliseconds of a second
        return f"{millis} ms"
    seconds = millis / 1000
    unit, sign = next(((unit, sign) for unit, sign in _UNITS if abs(seconds) >= 2 * unit), (1, "s"))
    return f"{seconds / unit:.1f}".removesuffix(".0") + f" {sign}"


def print_units(seconds: int) -> str:
    """Return a duration in its largest unit, rounded down, such as `59 s` or `1,000 d`."""
    size, unit = next((one for one in _UNITS if seconds >= one[0]), (1, "s"))
    return f"{seconds // size:,} {unit}"
