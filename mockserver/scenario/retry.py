"""`Retry-After`: seconds, an HTTP date, or whatever else a rule says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime

_DATE = re.compile(r"date([+-][0-9]{1,6})")


def retry_after(said: int | str, now: datetime) -> str:
    """The header's text: seconds as they are, `date+30` the HTTP date that far from `now`, else the text.

    A clock at either end of time stays where it is.
    """
    relative = _DATE.fullmatch(said) if isinstance(said, str) else None
    if relative is None:
        return str(said)
    try:
        return format_datetime(now + timedelta(seconds=int(relative[1])), usegmt=True)
    except OverflowError:
        return format_datetime(now, usegmt=True)
