"""Dates as .NET reads them and SQL Server's datetime keeps them: wall time, no zone."""

import re
from datetime import UTC, datetime

_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,16}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_KEPT_DIGITS = 7
_WALL = len("2025-03-01T00:00:00")


def is_date_time(text: str) -> bool:
    """Whether System.Text.Json reads `text` as a DateTime: ISO 8601, time and zone may be missing.

    Source: VBA fact sheet §3.3.
    """
    return _read(text) is not None


def wall_time(text: str) -> str:
    """`text` as it is stored: `Z` dropped, an offset turned into UTC, up to seven fractional digits.

    Source: VBA fact sheet §4.10.
    """
    if len(text) == _WALL + 1 and text[_WALL] == "Z":
        return text[:_WALL]
    found, moment = _ISO.fullmatch(text), _read(text)
    if found is None or moment is None:
        return text
    zone = found[4]
    if zone is not None and zone != "Z":
        moment = moment.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{zone}").tzinfo).astimezone(UTC)
    digits = (found[3] or "")[:_KEPT_DIGITS]
    return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(_WALL, "0") + (f".{digits}" if digits else "")


def stamp(moment: datetime) -> str:
    """The sandbox clock as wall time."""
    digits = f"{moment.microsecond:06d}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "")


def _read(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
        zone = datetime.fromisoformat(f"2000-01-01T00:00{found[4]}").tzinfo if found[4] else UTC
        moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
