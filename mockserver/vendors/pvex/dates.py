"""Dates: the forms that each body reader accepts, and the one form in which they are stored and printed.

Source: docs/vendors/pvex.md#json, #xml, #forms. `Z` stays, no zone stays bare, an offset becomes server time
(UTC, so `+00:00`); seven decimals at most, no trailing zeros.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from mockserver.vendors.pvex.media_types import BodyReader

_EPOCH = datetime.fromisoformat("1970-01-01")
_FIRST = datetime.fromisoformat("0001-01-01")
_LAST = datetime.fromisoformat("9999-12-31T23:59:59")
_XSD = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_AMERICAN = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ([AP])M)?)?"
)
_MILLISECONDS = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")


def normalize_date(text: str, reader: BodyReader = BodyReader.JSON) -> str | None:
    """Return the date-time in the vendor's format, None if `reading` does not accept the text."""
    text = text.strip()
    for form, read in _FORMS_BY_READER[reader]:
        if found := form.fullmatch(text):
            try:
                return read(found)
            except (ValueError, OverflowError):
                return None
    return None


def is_date(text: str) -> bool:
    """Return whether any reader takes `text` for a moment: JSON's, whose forms include all others."""
    return normalize_date(text) is not None


def print_server_time(now: datetime) -> str:
    """Return the sandbox clock as the vendor prints it."""
    whole = now.replace(tzinfo=None, microsecond=0)
    return _print(whole, f"{now.microsecond:06}", "Z")


def _read_iso(found: re.Match[str]) -> str:
    day, time, fraction, zone = found.groups()
    return _print(datetime.fromisoformat(f"{day}T{time or '00:00'}"), fraction or "", zone or "")


def _read_american(found: re.Match[str]) -> str:
    month, day, year, hour, minute, second, half = found.groups()
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:  # noqa: PLR2004 - the hours of half a day
            raise ValueError("a half day has hours 1 to 12")
        hours = hours % 12 + (12 if half == "P" else 0)
    text = f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{minute or '00'}:{second or '00'}"
    return _print(datetime.fromisoformat(text), "", "")


def _read_milliseconds(found: re.Match[str]) -> str:
    seconds, rest = divmod(int(found[1]), 1000)
    return _print(_EPOCH + timedelta(seconds=seconds), f"{rest:03}", "+0000" if found[2] else "Z")


def _print(moment: datetime, fraction: str, zone: str) -> str:
    decimals = fraction[:7].rstrip("0")
    kind = zone.upper()
    if len(kind) > 1:
        moment, kind = _to_utc(moment, zone), "+00:00"
    return moment.isoformat() + (f".{decimals}" if decimals else "") + kind


def _to_utc(moment: datetime, zone: str) -> datetime:
    """Return the clock face in UTC; past either end of the calendar it stops there, as .NET's does."""
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - a clock's
        raise ValueError("no zone is that far off")
    ahead = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return moment - ahead
    except OverflowError:
        return _FIRST if zone[0] == "+" else _LAST


_DateForm = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_FORMS_BY_READER: Mapping[BodyReader, tuple[_DateForm, ...]] = {
    BodyReader.JSON: ((_ISO, _read_iso), (_AMERICAN, _read_american), (_MILLISECONDS, _read_milliseconds)),
    BodyReader.XML: ((_XSD, _read_iso),),
    BodyReader.FORM: ((_ISO, _read_iso), (_AMERICAN, _read_american)),
}
