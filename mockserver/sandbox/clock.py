"""Clock of a sandbox: system time, frozen or shifted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.model import Value

Clock: TypeAlias = Callable[[], datetime]

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""First and last year of a sandbox's clock. Tokens may expire later: Python's last year is 9999."""


def system_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock


class ClockSettings(Value, frozen=True):
    """Setting of a sandbox's clock, which is frozen or runs."""

    frozen: str | None = None
    """ISO instant at which the clock stands; None if the clock runs."""
    ahead: int = 0
    """Seconds by which a running clock is ahead of the machine's clock."""

    def reading(self, machine: Clock) -> datetime:
        return parse_instant(self.frozen) if self.frozen else machine() + timedelta(seconds=self.ahead)

    def advanced(self, seconds: int, now: datetime) -> ClockSettings:
        """Return the setting for `now` plus `seconds`, or this setting if the sum is after LAST_YEAR."""
        try:
            later = now + timedelta(seconds=seconds)
        except OverflowError:
            return self
        if later.year > LAST_YEAR:
            return self
        return (
            ClockSettings(print_instant(later)) if self.frozen else ClockSettings(None, self.ahead + seconds)
        )


def normalize_clock_instant(text: str) -> str:
    """Return an instant in the form that a sandbox's clock stores.

    Raises ValueError if the text is no instant, or if its year is outside the clock's limits.
    """
    moment = parse_instant(text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{text} is outside the years {FIRST_YEAR} to {LAST_YEAR} in UTC")
    return print_instant(moment)
