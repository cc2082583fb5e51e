"""Read durations such as `90s`, `10m` or `1h30m`."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile("([0-9]{1,5})([smhd])")
_DURATION = re.compile(f"(?:{_PART.pattern}){{1,4}}")


def parse_duration(text: str) -> timedelta:
    """Return the duration: whole numbers with the units s, m, h or d (a day has 24 hours), added up.

    Raises:
        ValueError: the text is not a duration.
    """
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text} is not a duration")
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
