"""Read dates as .NET does; normalize them to wall time without zone, as SQL Server's datetime stores it."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mockserver.spec.formats import DAY_PATTERN, MINUTE_PATTERN

_SECONDS = r"(?::[0-5][0-9](?:\.[0-9]{1,16})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
DATE_TIME_PATTERN = f"^{DAY_PATTERN}(?:T{MINUTE_PATTERN}{_SECONDS}{_ZONE})?$"
"""DateTime as System.Text.Json reads it: ISO 8601; time, seconds and zone may be missing.

Source: docs/vendors/vba.md#bodies-that-cannot-be-read.
"""

_PARTS = re.compile(
    r"([0-9-]{10})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.([0-9]+))?(Z|([+-])([0-9]{2}):([0-9]{2}))?)?"
)
_FRACTION_DIGITS = 7
FIRST_YEAR = "1753"


class TooEarlyError(ValueError):
    """SQL Server's calendar begins in 1753; the date lies before."""


@lru_cache(maxsize=4096)
def normalize_date(text: str) -> str:
    """`text`, which keeps the pattern, as it is stored: `Z` dropped, an offset turned into UTC.

    Of a fraction .NET keeps seven digits and writes no zeros at its end.
    Source: docs/vendors/vba.md#claim-invoice, #failed-rows, #state.

    Raises:
        TooEarlyError: it is, in UTC, before the first day that can be stored.
    """
    found = _PARTS.fullmatch(text)
    if found is None:
        return text
    day, minute, second, fraction, zone, sign, hours, minutes = found.groups()
    wall = f"{day}T{minute or '00:00'}{second or ':00'}"
    if zone not in (None, "Z"):
        wall = _to_utc(wall, int(f"{sign}1") * timedelta(hours=int(hours), minutes=int(minutes)))
    if wall < FIRST_YEAR:
        raise TooEarlyError(text)
    digits = (fraction or "")[:_FRACTION_DIGITS].rstrip("0")
    return f"{wall}.{digits}" if digits else wall


@lru_cache(maxsize=16)
def print_wall_time(moment: datetime) -> str:
    """Return the sandbox clock as wall time."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text


def _to_utc(wall: str, offset: timedelta) -> str:
    """Return the edges of the calendar stay where they are: there is no day beyond them to move to."""
    try:
        return (datetime.fromisoformat(wall) - offset).isoformat()
    except OverflowError:
        return wall
