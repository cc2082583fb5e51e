"""Durations in words."""

from __future__ import annotations

from datetime import timedelta


def said_duration(span: timedelta) -> str:
    """Return `6 min 1 s`, `2 days 3 h`: the two largest units."""
    seconds = int(span.total_seconds())
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    named = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    parts = [f"{count:,} {unit}" for count, unit in named if count]
    return " ".join(parts[:2]) or "0 s"
