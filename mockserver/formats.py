"""Checks for the string formats that specs name; a vendor overrides those it reads its own way."""

from __future__ import annotations

import re
from datetime import date, datetime
from uuid import UUID

from mockserver.schema import Formats

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def is_uuid(text: str) -> bool:
    """The 8-4-4-4-12 form, in either letter case."""
    return _UUID.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """A day of the calendar, `YYYY-MM-DD`."""
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    """RFC 3339 with a zone; any number of fractional digits, no leap second."""
    if (found := _DATE_TIME.fullmatch(text)) is None:
        return False
    try:
        datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError:
        return False
    return True


def new_uuid(octets: bytes) -> str:
    """A version 4 UUID in lower case out of sixteen given bytes."""
    return str(UUID(bytes=octets, version=4))


COMMON: Formats = {"uuid": is_uuid, "date": is_date, "date-time": is_date_time}
