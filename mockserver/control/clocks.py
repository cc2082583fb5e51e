"""Show, freeze, advance and thaw the clock of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.model import Document
from mockserver.sandbox.clock import FIRST_YEAR, LAST_YEAR, ClockSettings, normalize_clock_instant
from mockserver.sandbox.sandboxes import Sandboxes, SandboxStatus


def read_instant(text: str, pointer: str) -> str:
    """Return the instant `text` in UTC.

    Raises:
        UnprocessableMemberError: the member at `pointer` is not an instant, or outside the supported years.
    """
    try:
        parse_instant(text)
    except ValueError:
        raise UnprocessableMemberError(
            pointer, f"{text} is not an instant", "write 2026-01-05T09:00:00Z"
        ) from None
    try:
        return normalize_clock_instant(text)
    except ValueError as error:
        raise UnprocessableMemberError(
            pointer, str(error), f"use a year from {FIRST_YEAR} to {LAST_YEAR}"
        ) from None


@dataclass(frozen=True, slots=True)
class ClockOperations:
    """Operations on a sandbox's clock. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes

    def show_clock(self, name: str) -> Document:
        """Return the clock's time and settings."""
        return clock_document(self.sandboxes.show(name))

    def freeze_clock(self, name: str, body: Document) -> Document:
        """Freeze the clock at an instant, or at its current time.

        Raises:
            UnprocessableMemberError: `at` is not a supported instant.
        """
        at = read_instant(body["at"], "/at") if "at" in body else None
        self.sandboxes.set_clock(name, lambda now, _clock: ClockSettings(at or print_instant(now)))
        return self.show_clock(name)

    def advance_clock(self, name: str, body: Document) -> Document:
        """Advance the clock, whether it is frozen or running.

        Raises:
            UnprocessableMemberError: the clock would pass the last supported year.
        """

        def change(now: datetime, clock: ClockSettings) -> ClockSettings:
            seconds = int(body["seconds"])
            try:
                moved = normalize_clock_instant(print_instant(now + timedelta(seconds=seconds)))
            except (OverflowError, ValueError):
                raise UnprocessableMemberError(
                    "/seconds", f"the clock ends with the year {LAST_YEAR}"
                ) from None
            return ClockSettings(moved) if clock.frozen else ClockSettings(ahead=clock.ahead + seconds)

        self.sandboxes.set_clock(name, change)
        return self.show_clock(name)

    def thaw_clock(self, name: str) -> Document:
        """Set the clock back to the machine's time."""
        self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings())
        return self.show_clock(name)


def clock_document(status: SandboxStatus) -> Document:
    """Return a sandbox's clock as the spec describes it."""
    settings = status.clock
    return {
        "mode": "frozen" if settings.frozen else "system",
        "at": settings.frozen,
        "now": print_instant(status.now),
        "aheadSeconds": settings.ahead,
    }
