"""Parse and print ISO 8601 instants and HTTP dates in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

_KNOWN_SECONDS = 64


def parse_instant(text: str) -> datetime:
    """Return an ISO 8601 instant in UTC; one without a zone is read as UTC.

    Raises:
        ValueError: the text is no instant.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is outside the years 1 to 9999 in UTC") from None


def print_instant(moment: datetime) -> str:
    """`2026-01-05T09:00:00Z`, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def print_http_date(moment: datetime) -> str:
    """`Mon, 05 Jan 2026 09:00:00 GMT`; each second is written once."""
    return _http_date(int(moment.timestamp()))


@lru_cache(_KNOWN_SECONDS)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
