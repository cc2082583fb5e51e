"""Date-times: read with any offset and fraction, print in UTC with milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def read_instant(text: str) -> datetime | None:
    """Parse an instant, in UTC if it has no offset; None if the text is none.

    Source: docs/vendors/guidewire.md#values (other forms than milliseconds and Z: assumed).
    """
    if (found := _INSTANT.fullmatch(text)) is None:
        return None
    day, time, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}.{(fraction or '')[:6]:0<6}{(zone or 'Z').upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_instant(text: str) -> bool:
    """Return whether `text` names an instant."""
    return read_instant(text) is not None


def lacks_offset(text: str) -> bool:
    """Return whether `text` names an instant without saying of which zone."""
    found = _INSTANT.fullmatch(text)
    return found is not None and found[4] is None


def print_instant(moment: datetime) -> str:
    """`2026-03-10T00:00:00.000Z`; what is below a millisecond is cut off."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def normalize_instant(text: str | None) -> str | None:
    """Return what was sent for a date-time as it is stored and answered."""
    moment = read_instant(text) if text is not None else None
    return print_instant(moment) if moment is not None else None


def start_of_day(moment: datetime) -> str:
    """Return the beginning of that day."""
    return print_instant(moment.replace(hour=0, minute=0, second=0, microsecond=0))


def calendar_day(text: str) -> str:
    """Return the calendar day of an instant as it is stored; days compare as texts."""
    return text[:10]
