"""Patterns for the string formats that specs use."""

from __future__ import annotations

from mockserver.spec.schema import Formats

_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_DAYS = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
HEX_DIGIT = "[0-9a-fA-F]"
DAY_PATTERN = f"(?:{_YEAR}-{_DAYS}|{_LEAP_YEAR}-02-29)"
"""A day of the calendar, years 1 to 9999."""

MINUTE_PATTERN = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
ZONE_PATTERN = f"(?:[Zz]|[+-]{MINUTE_PATTERN})"

UUID_PATTERN = f"^{HEX_DIGIT}{{8}}(?:-{HEX_DIGIT}{{4}}){{3}}-{HEX_DIGIT}{{12}}$"
DATE_PATTERN = f"^{DAY_PATTERN}$"
DATE_TIME_PATTERN = rf"^{DAY_PATTERN}[Tt ]{MINUTE_PATTERN}:[0-5][0-9](?:\.[0-9]+)?{ZONE_PATTERN}$"
"""RFC 3339 with a zone; any number of fractional digits, no leap second."""

COMMON_FORMATS: Formats = {"uuid": UUID_PATTERN, "date": DATE_PATTERN, "date-time": DATE_TIME_PATTERN}
