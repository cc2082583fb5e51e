"""Patterns for the string formats that specs name; a vendor overrides those it reads its own way."""

from __future__ import annotations

from uuid import UUID

from mockserver.schema import Formats

_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_DAYS = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
HEX = "[0-9a-fA-F]"
DAY = f"(?:{_YEAR}-{_DAYS}|{_LEAP_YEAR}-02-29)"
"""A day of the calendar, years 1 to 9999."""

MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
ZONE = f"(?:[Zz]|[+-]{MINUTE})"

UUID_PATTERN = f"^{HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}$"
DATE_PATTERN = f"^{DAY}$"
DATE_TIME_PATTERN = rf"^{DAY}[Tt ]{MINUTE}:[0-5][0-9](?:\.[0-9]+)?{ZONE}$"
"""RFC 3339 with a zone; any number of fractional digits, no leap second."""

COMMON: Formats = {"uuid": UUID_PATTERN, "date": DATE_PATTERN, "date-time": DATE_TIME_PATTERN}


def new_uuid(octets: bytes) -> str:
    """A version 4 UUID in lower case out of sixteen given bytes."""
    return str(UUID(bytes=octets, version=4))
