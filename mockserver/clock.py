"""Where time comes from; everything but this module reads the sandbox clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Where a sandbox's clock may stand: there is time after it, for tokens to expire, and before it."""


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How a sandbox's clock is set: it stands at `frozen`, an ISO instant, or runs `ahead` seconds fast."""

    frozen: str | None = None
    ahead: int = 0

    def reading(self, machine: Clock) -> datetime:
        """What the clock shows when the machine's is `machine`."""
        return parse_instant(self.frozen) if self.frozen else machine() + timedelta(seconds=self.ahead)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant in UTC; one without a zone is read as UTC.

    Raises:
        ValueError: the text is no instant.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is outside the years 1 to 9999 in UTC") from None


def clock_instant(text: str) -> str:
    """The instant at which a sandbox's clock is to stand, as it is kept.

    Raises:
        ValueError: the text is no instant, or one at which no clock may stand.
    """
    moment = parse_instant(text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{text} is outside the years {FIRST_YEAR} to {LAST_YEAR} in UTC")
    return print_instant(moment)


def print_instant(moment: datetime) -> str:
    """`2026-01-05T09:00:00Z`, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
